"""Pytest projects, on the standard library alone; pytest itself travels with the job.

Each test file runs in a child of the process that reports. Import paths are rootdir, the test file's folder and what the
project's configuration names (``pythonpath``, a ``src`` layout). Covers ``conftest.py`` of the task's starter and tests. Does not
cover other settings, plugins, parallel runs and asynchronous tests.
"""

from __future__ import annotations

import ast
import io
import json
import marshal
import random
import re
import secrets
import zipfile
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import MAGIC_NUMBER, source_hash
from pathlib import PurePosixPath

from evals.errors import SandboxFault, TaskFault
from evals.graders.base import inside
from evals.graders.disarm import without
from evals.graders.runners import FOLDER, Copy, Judge, Left, Prepared, copies_for
from evals.graders.runners.pytest_judge import RecordJudge
from evals.graders.runners.pytest_paths import import_paths
from evals.graders.runners.pytest_source import (
    canaries,
    copied,
    decided,
    find_tests,
    find_tests_in,
    flip,
    ids_of,
    parse_tests,
    woven,
)
from evals.graders.runners.pytest_taken import take
from evals.records import Limits
from evals.sandboxes.base import Job
from evals.source import python_tree

_PACKAGES = ("pytest", "pluggy", "iniconfig", "packaging", "pygments")
_LEXER = re.compile(r"pygments/lexers/(?!__init__|_mapping|python|diff)")
"""Of the languages that pygments can colour, pytest needs two; the rest is most of its size."""

_RECORD_BYTES = 8_000_000

_MODULES = {
    *("pytest", "_pytest", "pluggy", "iniconfig", "unittest", "ctypes", "_ctypes", "atexit", "gc", "faulthandler", "py"),
    *("tests", "conftest", "sitecustomize", "usercustomize", "_posixsubprocess"),
}
_REACHES = {
    *("sys.modules", "sys.settrace", "sys.setprofile", "sys._getframe", "sys._current_frames", "sys.meta_path", "sys.path_hooks"),
    *("sys.excepthook", "os._exit", "os.kill", "os.fork"),
    *("inspect.stack", "inspect.currentframe", "inspect.trace", "inspect.getouterframes", "inspect.getinnerframes"),
}
_ORDINARY = frozenset({"atexit", "faulthandler", "sys.excepthook", "os._exit", "os.kill", "os.fork"})
"""Those of both that honest code uses too, and that show it nothing of the tests."""
_FRAMES = {
    *("f_back", "f_code", "f_globals", "f_locals", "f_builtins", "tb_frame", "gi_frame", "cr_frame", "ag_frame", "co_consts"),
    *("__subclasses__", "__globals__", "__builtins__"),
}
"""Attributes that lead from a candidate's code to its caller's, and so to what the test is about to compare with."""


class PytestRunner:
    """See ``Runner``."""

    name = "pytest"

    def runs(self, file: str) -> bool:
        """See ``Runner.runs``."""
        name = PurePosixPath(file).name
        return name.endswith(".py") and (name.startswith("test_") or name.endswith("_test.py"))

    def ids(self, file: str, text: str) -> list[str]:
        """See ``Runner.ids``."""
        return [test_id for test in find_tests(file, text) for test_id in ids_of(file, test)]

    def problems(self, file: str, text: str) -> list[str]:
        """See ``Runner.problems``."""
        try:
            tests = find_tests(file, text)
        except TaskFault as error:
            return [str(error)]
        problems = [] if tests else [f"{file}: no tests in it; expected def test_NAME(): ..."]
        for test in tests:
            place = f"{file}:{test.node.lineno}"
            if test.banned:
                problems.append(f"{place}: the test is marked {test.banned!r}; every test of a task must run")
            if isinstance(test.node, ast.AsyncFunctionDef):
                problems.append(f"{place}: asynchronous tests need a plugin; call asyncio.run in the test")
        return problems

    def flags(self, files: Mapping[str, str]) -> Mapping[str, str]:
        """See ``Runner.flags``."""
        for name, text in files.items():
            if name.endswith(".py"):
                for line, shown, ordinary in sorted(_reaches(text), key=lambda reach: reach[2]):
                    return {"ordinary_reach" if ordinary else "forbidden_reach": f"{name}:{line}: {shown[:200]}"}
        return {}

    def disarm(self, files: Mapping[str, str]) -> Mapping[str, str] | None:
        """See ``Disarming.disarm``."""
        made = {name: without(text, _reached) if name.endswith(".py") else text for name, text in files.items()}
        return {name: text for name, text in made.items() if text is not None} if None not in made.values() else None

    def prepare(
        self, project: Mapping[str, str], tests: Mapping[str, str], limits: Limits, *, flipped: bool, left: Left = frozenset()
    ) -> Prepared:
        """See ``Runner.prepare``."""
        luck = random.Random(secrets.token_bytes(16))
        secret, mark = secrets.token_hex(16), f"{luck.getrandbits(24):06x}"
        recorder = f"{luck.choice('kqvxz')}{luck.getrandbits(32):08x}"
        judges: dict[str, Judge] = {}
        files = {name: text.encode() for name, text in project.items()}
        names: dict[str, str] = {}
        sources: dict[str, str] = {}
        expected: dict[str, Mapping[str, bool]] = {}
        copies: dict[str, Mapping[str, Copy]] = {}
        more, inside_tests = 0.0, 0
        for name, text in tests.items():
            if not self.runs(name):
                files[name] = text.encode()
                continue
            renamed = str(PurePosixPath(name).with_name(f"test_{mark}_{PurePosixPath(name).name}"))
            taken = take(parse_tests(name, text), recorder, frozenset(number for file, number in left if file == name))
            judges[renamed] = RecordJudge(file=taken, decides=not flipped)
            tree, named = taken.tree, [test.name for test in find_tests(name, text)]
            if flipped:
                uncounted = {number for number, one in taken.taken.items() if one.rows is None}
                doubtful = [test.name for test in find_tests_in(tree) if not decided(test.node, recorder, uncounted)]
                inside_tests += len(doubtful)
                copies[renamed] = copied(tree, doubtful, copies_for(len(doubtful)), luck)
                more = max(more, len(copies[renamed]) / len(named) if named else 0)
                kept = [copy for copy, made in copies[renamed].items() if not made.flipped]
                changed = flip(name, ast.unparse(tree), f"{luck.choice('kqvxz')}{mark}", recorder, kept)
            else:
                changed = ast.unparse(tree)
            added, expected[renamed] = canaries(text, [*named, *copies.get(renamed, ())], luck)
            files[renamed], sources[renamed], names[renamed] = b"", woven(changed, added, luck), name
        conftest = any(PurePosixPath(name).name == "conftest.py" for name in (*project, *tests))
        job = {"sources": sources, "conftest": conftest, "recorder": recorder, "paths": import_paths(project)}
        files |= {
            f"{FOLDER}/job.json": json.dumps(job).encode(),
            f"{FOLDER}/secret": secret.encode(),
            f"{FOLDER}/main.py": inside("pytest_main.py"),
            f"{FOLDER}/values.py": inside("driver.py"),
            f"{FOLDER}/pytest.ini": b"[pytest]\n",
            f"{FOLDER}/packages.zip": _packages(),
        }
        command = ("{python}", "-I", "-S", "-B", f"{FOLDER}/main.py")
        room = {
            "max_output_bytes": limits.max_output_bytes + _RECORD_BYTES,
            "wall_seconds": limits.wall_seconds * (1 + more),
        }
        made = Job(files=files, command=command, limits=limits.model_copy(update=room))
        return Prepared(
            job=made,
            secret=secret,
            names=names,
            canaries=expected,
            judges=judges,
            copies=copies,
            inside=inside_tests,
            flipped=flipped,
        )


@cache
def _packages() -> bytes:
    """Pytest and what it needs, all of it plain Python, as an archive that an interpreter imports from.

    Compiled files lie beside the sources: an interpreter of the same version takes them, any other compiles the sources.

    Raises:
        SandboxFault: they are not installed here.
    """
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for package in _PACKAGES:
            try:
                listed = distribution(package).files or []
            except PackageNotFoundError:
                raise SandboxFault(f"tasks with pytest files need {package}: pip install 'pytest>=8.4'") from None
            for file in listed:
                if file.suffix == ".py" and not _LEXER.match(str(file)):
                    source = file.read_binary()
                    archive.writestr(zipfile.ZipInfo(str(file)), source, zipfile.ZIP_DEFLATED)
                    archive.writestr(zipfile.ZipInfo(f"{file}c"), _compiled(str(file), source), zipfile.ZIP_STORED)
    return made.getvalue()


def _compiled(name: str, source: bytes) -> bytes:
    """The content of a ``.pyc`` file that says not to look at its source (PEP 552).

    Pytest leaves its own frames out of a message by their files' place, which is not known yet, and generated code, whose
    file is named in angle brackets.
    """
    code = compile(source, f"<{name}>", "exec", dont_inherit=True)
    return MAGIC_NUMBER + (1).to_bytes(4, "little") + source_hash(source) + marshal.dumps(code)


def _reaches(text: str) -> Iterator[tuple[int, str, bool]]:
    """Lines of a candidate's file that use the test framework or the interpreter's internals, and whether that shows no test."""
    tree = python_tree(text)
    if tree is None:
        return
    for node in ast.walk(tree):
        if isinstance(node, (ast.stmt, ast.expr)) and _reached(node):
            shown = (re.split(r"\r\n|\r|\n", text)[node.lineno - 1 :] or [""])[0].strip()
            yield node.lineno, shown, not _reached(node, _ORDINARY)


def _reached(node: ast.AST, but: frozenset[str] = frozenset()) -> bool:
    """Whether a node uses these; ``but`` are modules and attributes that do not count."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
    elif isinstance(node, ast.Attribute):
        owner = node.value.id if isinstance(node.value, ast.Name) else ""
        return node.attr in _FRAMES or f"{owner}.{node.attr}" in _REACHES - but
    else:
        return False
    return any(name.split(".")[0] in _MODULES - but or name in _REACHES - but for name in names)
