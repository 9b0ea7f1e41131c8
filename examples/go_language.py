"""Go functions as a language from outside the package: one row, a runtime for the value judge, stubs and mutants.

Use it from a checkout with Go installed: a task with ``language: examples.go_language:GO`` and checks such as
``assert Add(1, 2) == 3``, one a line. The left side is a Go expression; the right side, JSON, never enters the sandbox. Several
results are a list: ``assert Div(1, 2) == [0, null]``. A suite that has both is ``examples/data/go_suite``::

    python -m loop goldens verify examples/data/go_suite

Covers functions of one file on the standard library. Does not cover generics without arguments that fix their types, structs
as results (they equal nothing), hidden inputs, programs and test files.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from evals.checks import Step
from evals.errors import SandboxFault, TaskFault
from evals.files import canonical_json
from evals.languages import Language
from evals.records import Task
from evals.sandboxes.base import Job
from goldens.mutants.candidates import Candidates, Mutant, changed_line
from goldens.stubs import StubMaker

_BUILD_SECONDS = 30.0  # added to the task's: an empty build cache has Go compile parts of its library
_LEAST_MEMORY_MB, _LEAST_PROCESSES, _LEAST_FILE_MB = 2048, 128, 256
_CHECK = re.compile(r"assert (?P<call>.+) == (?P<expected>.+)")
_FUNCTION = re.compile(r"^func (?P<name>\w+)(?P<rest>\([^\n]*)\{", re.MULTILINE)
_SWAPS = (("comparison", "<", ">="), ("comparison", ">", "<="), ("comparison", "==", "!="), ("arithmetic", "+", "-"),
          ("arithmetic", "*", "+"), ("boolean", "&&", "||"), ("boolean", "||", "&&"))  # fmt: skip

_DRIVER = b"""
import json, os, subprocess, sys
job = json.load(open("job.json"))
os.unlink("job.json")
out = os.dup(1)
null = os.open(os.devnull, os.O_RDWR)
here = os.getcwd()
paths = {name: os.path.join(here, "." + name) for name in ("GOCACHE", "GOPATH", "GOTMPDIR", "HOME")}
for path in paths.values():
    os.mkdir(path)
fixed = {"PATH": "/usr/bin:/bin", "GOROOT": job["root"], "GO111MODULE": "off", "CGO_ENABLED": "0", "GOTOOLCHAIN": "local"}
build = [job["go"], "build", "-o", "answer", "answer.go", "main.go"]
done = subprocess.run(build, env={**fixed, **paths}, capture_output=True, stdin=null)
if done.returncode:
    load = {"raised": ["SyntaxError"], "message": done.stderr.decode(errors="replace")[:400]}
    os.write(out, json.dumps({"load": load, "syntax": True}).encode() + b"\\n")
    sys.exit(1)
ended = subprocess.run([os.path.join(here, "answer"), str(out)], env={}, stdin=null, stdout=null, pass_fds=(out,))
sys.exit(ended.returncode and 1)
"""

_HARNESS = r"""
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strconv"
)

var goldloopOut *os.File

func goldloopSay(record map[string]any) {
	line, _ := json.Marshal(record)
	goldloopOut.Write(append(line, '\n'))
}

func goldloopTyped(value reflect.Value) any {
	if !value.IsValid() {
		return nil
	}
	switch value.Kind() {
	case reflect.Bool:
		return value.Bool()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return []any{"i", strconv.FormatInt(value.Int(), 16)}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return []any{"i", strconv.FormatUint(value.Uint(), 16)}
	case reflect.Float32, reflect.Float64:
		return []any{"f", strconv.FormatFloat(value.Float(), 'g', -1, 64)}
	case reflect.String:
		return []any{"s", value.String()}
	case reflect.Slice, reflect.Array:
		items := []any{}
		for i := 0; i < value.Len(); i++ {
			items = append(items, goldloopTyped(value.Index(i)))
		}
		return []any{"l", items}
	case reflect.Map:
		items := []any{}
		for _, key := range value.MapKeys() {
			items = append(items, []any{goldloopTyped(key), goldloopTyped(value.MapIndex(key))})
		}
		return []any{"d", items}
	case reflect.Interface:
		return goldloopTyped(value.Elem())
	}
	return []any{"object", value.Type().String(), ""}
}

func goldloopStep(number int, evaluate func() []any) {
	defer func() {
		if raised := recover(); raised != nil {
			goldloopSay(map[string]any{"step": number, "raised": []string{"panic"}, "message": fmt.Sprint(raised)})
		}
	}()
	values := evaluate()
	if len(values) == 1 {
		goldloopSay(map[string]any{"step": number, "value": goldloopTyped(reflect.ValueOf(values[0]))})
		return
	}
	goldloopSay(map[string]any{"step": number, "value": goldloopTyped(reflect.ValueOf(values))})
}

func goldloopAll(values ...any) []any { return values }

func main() {
	number, _ := strconv.Atoi(os.Args[1])
	goldloopOut = os.NewFile(uintptr(number), "report")
	goldloopSay(map[string]any{"load": nil})
STEPS
	goldloopSay(map[string]any{"end": true})
}
"""


class GoRuntime:
    """See ``evals.graders.runtimes.Runtime``."""

    def parse(self, checks: str, place: str) -> tuple[Step, ...]:
        """See ``Runtime.parse``; empty lines and ``//`` comments are left out."""
        steps = []
        for number, line in enumerate(checks.splitlines(), 1):
            text = line.strip()
            if text and not text.startswith("//"):
                steps.append(_step(text, number, place))
        if not steps:
            raise TaskFault(f"{place}: no assertion; add lines such as `assert Add(1, 2) == 3`")
        return tuple(steps)

    def job(self, task: Task, code: str, steps: Sequence[Step]) -> Job:
        """See ``Runtime.job``.

        Raises:
            SandboxFault: Go is not installed.
        """
        go, root, readable = _installed()
        lines = "\n".join(
            f"\tgoldloopStep({number}, func() []any {{ return goldloopAll({step.source}) }})" for number, step in enumerate(steps)
        )
        limits = task.limits
        return Job(
            files={
                "driver.py": _DRIVER,
                "job.json": canonical_json({"go": go, "root": root}),
                "answer.go": as_package(code).encode(errors="replace"),
                "main.go": _HARNESS.replace("STEPS", lines).encode(),
            },
            command=("{python}", "-I", "-S", "-B", "driver.py"),
            limits=limits.model_copy(
                update={
                    "wall_seconds": limits.wall_seconds + _BUILD_SECONDS,
                    "memory_mb": max(limits.memory_mb, _LEAST_MEMORY_MB),
                    "processes": max(limits.processes, _LEAST_PROCESSES),
                    "file_mb": max(limits.file_mb, _LEAST_FILE_MB),
                }
            ),
            readable=readable,
        )


def _step(text: str, line: int, place: str) -> Step:
    match = _CHECK.fullmatch(text)
    if match is None:
        raise TaskFault(f"{place}:{line}: expected `assert CALL == JSON`, such as `assert Add(1, 2) == 3`, found {text[:80]!r}")
    try:
        expected = json.loads(match["expected"])
    except ValueError:
        raise TaskFault(f"{place}:{line}: expected JSON after ==, found {match['expected'][:80]!r}") from None
    return Step(kind="value", source=match["call"], text=text, line=line, expected=expected)


@cache
def _installed() -> tuple[str, str, tuple[str, ...]]:
    """The path of Go, its root, and the folders that a job must be able to read.

    Raises:
        SandboxFault: it is not installed.
    """
    found = shutil.which("go")
    if found is None:
        raise SandboxFault("Go is not installed: put `go` on PATH (apt-get install golang-go, or https://go.dev/dl)")
    root = Path(subprocess.run([found, "env", "GOROOT"], capture_output=True, text=True, check=True).stdout.strip())
    linked = {str(path.resolve()) for path in root.iterdir() if path.is_symlink()}  # Debian keeps the library elsewhere
    return str(root / "bin" / "go"), str(root), (str(root), *sorted(linked))


def as_package(code: str) -> str:
    """An answer as a file of the package that the checks are in; its own ``main`` is renamed, since the checks have one."""
    named = re.sub(r"^func main\(\)", "func answerMain()", code, flags=re.MULTILINE)
    clause = re.search(r"^package \w+", named, re.MULTILINE)
    if clause is None:
        return f"package main\n\n{named}"
    return f"{named[: clause.start()]}package main{named[clause.end() :]}"


def mutate_go(text: str) -> Candidates:
    """Operators between blanks, one at a time; equivalent ones are not told apart."""
    mutants = Candidates()
    for operator, old, new in _SWAPS:
        for match in re.finditer(rf" {re.escape(old)} ", text):
            code = f"{text[: match.start()]} {new} {text[match.end() :]}"
            before, after = changed_line(text, code)
            line = text.count("\n", 0, match.start()) + 1
            mutants.made.append(Mutant(operator=operator, line=line, before=before, after=after, code=code))
    return mutants


def _stub(task: Task, returns: str | None) -> str:
    """The golden's functions, which panic; Go's types leave no room for a stub that returns any value."""
    heads = [f"func {match['name']}{match['rest']}" for match in _FUNCTION.finditer(task.golden)]
    return "package main\n\n" + "\n".join(f'{head}{{ panic("empty") }}' for head in heads) + "\n"


STUBS = StubMaker(stub=_stub, text=lambda value: None)

GO = Language(
    name="go",
    fences=("go", "golang"),
    suffixes=(".go",),
    definition=re.compile(r"^func ", re.MULTILINE),
    first_line=re.compile(r"^(?:package |import |func |type |// )", re.MULTILINE),
    comment_pattern=re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL),
    runtime="examples.go_language:GoRuntime",
    mutator="examples.go_language:mutate_go",
    stubs="examples.go_language:STUBS",
)
