"""Vitest projects: React components and plain modules, in JavaScript and TypeScript.

The tests run in a worker process, the report is written by vitest's main process (``vitest_main.mjs``), which loads no
configuration of the project. Covers one worker, jsdom if the files use a page, aliases ``@/`` for ``src/``.
Does not cover browsers, snapshots and type tests.
"""

from __future__ import annotations

import json
import random
import re
import secrets
from collections.abc import Iterator, Mapping

from evals.errors import TaskFault
from evals.graders.base import inside
from evals.graders.disarm_script import INERT, INERT_SCRIPT, inert_import
from evals.graders.runners import FOLDER, Copy, Left, Prepared
from evals.graders.runners.vitest_canaries import canaries
from evals.graders.runners.vitest_source import find_tests, flip, with_imports
from evals.javascript.literals import arguments_of, string_value
from evals.javascript.trees import AnyNode as Node
from evals.javascript.trees import Unreadable, parse_file, walk
from evals.javascript.trees import text as text_of
from evals.records import Limits
from evals.sandboxes.base import Job
from evals.toolchains import modules_script, modules_version

_TEST = re.compile(r"\.(test|spec)\.(js|jsx|ts|tsx)$")
_SOURCE = re.compile(r"\.[cm]?[jt]sx?$")
_PAGE = re.compile(r"@testing-library|react-dom|\b(document|window|localStorage|sessionStorage|HTMLElement)\b")

FORBIDDEN = (
    r"^(node:.*|vitest([-/].*)?|@vitest/.*|vite([-/].*)?|chai|tinyspy|@jest/.*|jest.*|expect|birpc|jsdom|rolldown.*|esbuild|"
    r"@testing-library/.*|(fs|child_process|process|module|vm|worker_threads|inspector|v8|cluster|os|net|http|https|http2|dgram|"
    r"tls|repl|async_hooks|diagnostics_channel|perf_hooks|wasi|path|url|util|timers|crypto|buffer|stream|zlib|dns|tty|readline|"
    r"trace_events|string_decoder|querystring|punycode|constants|sys|domain|assert|events|console)(/.*)?)$"
)
"""What code beside the test files may not import: the test framework itself, and what reaches outside a page."""

_ORDINARY = re.compile(
    r"(node:)?(path|url|util|timers|crypto|buffer|stream|zlib|string_decoder|querystring|punycode|constants|assert|events|console|"
    r"perf_hooks|os|readline|tty|fs)(/.*)?"
)
"""Modules of Node's that code written for it imports by habit, and that give it nothing of the tests."""

_GLOBALS = {
    "eval",
    "require",
    "__vitest_worker__",
    "__vitest_index__",
    "__vitest_mocker__",
    "__vitest_environment__",
    "__vite_ssr_import__",
}
_LONGEST_NAME = 60  # bytes
_MOST_FACTOR = 16  # of the job's limit, in wall time: the sandbox ends the job before
_PROCESS = {"env", "nextTick", "browser"}


class VitestRunner:
    """See ``Runner``."""

    name = "vitest"

    def runs(self, file: str) -> bool:
        """See ``Runner.runs``."""
        return _TEST.search(file) is not None

    def ids(self, file: str, text: str) -> list[str]:
        """See ``Runner.ids``."""
        names = []
        for test in find_tests(file, text):
            if test.title is None:
                fix = "list the ids in fail_to_pass and pass_to_pass"
                raise TaskFault(f"{file}:{test.line}: the test's title is computed, so its id cannot be read; {fix}")
            names.append(f"{file} > {test.title}")
        return names

    def problems(self, file: str, text: str) -> list[str]:
        """See ``Runner.problems``."""
        try:
            tests = find_tests(file, text)
        except TaskFault as error:
            return [str(error)]
        problems = [] if tests else [f"{file}: no tests in it; expected test('title', () => ...)"]
        for test in tests:
            if test.banned:
                problems.append(f"{file}:{test.line}: the test is marked {test.banned!r}; every test of a task must run")
            if test.body is None and not test.banned:
                problems.append(f"{file}:{test.line}: the test's callback must be written inline, to be flipped")
        return problems

    def flags(self, files: Mapping[str, str]) -> Mapping[str, str]:
        """See ``Runner.flags``."""
        for name, text in files.items():
            if _SOURCE.search(name):
                try:
                    root = parse_file(name, text)
                except Unreadable as error:
                    return {"unreadable": f"{name}: {error}"}
                reached = list(_reached(root))
                for node in sorted(reached, key=_is_ordinary):
                    shown = text_of(node.parent)[:80] if node.type == "identifier" else text_of(node)
                    flag = "ordinary_reach" if _is_ordinary(node) else "forbidden_reach"
                    return {flag: f"{name}:{node.start_point[0] + 1}: {shown[:200]}"}
        return {}

    def disarm(self, files: Mapping[str, str]) -> Mapping[str, str] | None:
        """See ``Disarming.disarm``."""
        made = dict(files)
        for name, text in files.items():
            if _SOURCE.search(name):
                try:
                    made[name] = _without_reach(parse_file(name, text), text)
                except Unreadable:
                    return None
        return made

    def prepare(
        self, project: Mapping[str, str], tests: Mapping[str, str], limits: Limits, *, flipped: bool, left: Left = frozenset()
    ) -> Prepared:
        """See ``Runner.prepare``."""
        luck = random.Random(secrets.token_bytes(16))
        secret, mark = secrets.token_hex(16), f"{luck.getrandbits(24):06x}"
        dom = any(_PAGE.search(text) for text in (*project.values(), *tests.values()))
        files = {name: text.encode() for name, text in project.items()}
        names: dict[str, str] = {}
        sources: dict[str, str] = {}
        expected: dict[str, Mapping[str, bool]] = {}
        copies: dict[str, Mapping[str, Copy]] = {}
        more, inside = 0.0, 0
        for name, text in tests.items():
            if not self.runs(name):
                files[name] = text.encode()
                continue
            renamed = _TEST.sub(rf".{mark}.\1.\2", name)
            titles = [test.title or "" for test in find_tests(name, text)]
            changed, inside = text, inside + len(titles)
            if flipped:
                changed, copies[renamed] = flip(name, text, luck)
                more = max(more, len(copies[renamed]) / len(titles) if titles else 0)
            changed = with_imports(name, changed)
            added, expected[renamed] = canaries(text, [*titles, *copies.get(renamed, ())], luck, dom=dom)
            files[renamed], sources[renamed], names[renamed] = b"export {};\n", changed + added, name
        limits = limits.model_copy(update={"wall_seconds": limits.wall_seconds * (1 + more)})
        files |= _own_files(secret, sources, project, tests, dom=dom, most_seconds=_MOST_FACTOR * limits.wall_seconds)
        job = Job(
            files=files,
            command=("{node}", "--no-warnings", f"{FOLDER}/main.mjs", "{web}"),
            limits=limits,
            toolchain="web",
            sealed=True,
        )
        return Prepared(job=job, secret=secret, names=names, canaries=expected, copies=copies, inside=inside, flipped=flipped)


def _own_files(
    secret: str,
    sources: Mapping[str, str],
    project: Mapping[str, str],
    tests: Mapping[str, str],
    *,
    dom: bool,
    most_seconds: float,
) -> dict[str, bytes]:
    aliases = [["@", "src"]] if any(name.startswith("src/") for name in project) else []
    job = {
        "secret": secret,
        "sources": dict(sources),
        "forbidden": FORBIDDEN,
        "environment": "jsdom" if dom else "node",
        "aliases": aliases,
        "modules": modules_version(),
        "most_milliseconds": int(most_seconds * 1000),
    }
    setup = inside("vitest_setup.mjs")
    if dom:
        setup += b"\nimport 'goldloop-matchers';"
    if any("@testing-library/react" in text for text in tests.values()):
        setup += b"\nimport { cleanup } from '@testing-library/react';\nafterEach(() => cleanup());\n"
    return {
        f"{FOLDER}/job.json": json.dumps(job).encode(),
        f"{FOLDER}/main.mjs": inside("vitest_main.mjs"),
        f"{FOLDER}/modules.cjs": modules_script(),
        f"{FOLDER}/runner.mjs": inside("vitest_runner.mjs"),
        f"{FOLDER}/setup.mjs": setup,
    }


def _reached(root: Node) -> Iterator[Node]:
    """What of a candidate's file uses the test framework, the process or the machine."""
    for node in walk(root):
        if node.type in {"import_statement", "export_statement"}:
            source = node.child_by_field_name("source")
            if source is not None and _forbidden(string_value(source)):
                yield node
        elif node.type == "call_expression":
            function = node.child_by_field_name("function")
            called = _brief(function)
            given = arguments_of(node)
            if called in {"require", "import"}:
                source_text = string_value(given[0]) if given else None
                if called == "require" or source_text is None or _forbidden(source_text):
                    yield node
            elif called in {"eval", "Function"} or _property(function) == "constructor":
                yield node
        elif (
            (node.type == "new_expression" and _brief(node.child_by_field_name("constructor")) == "Function")
            or (node.type == "identifier" and (_brief(node) in _GLOBALS or _bare_process(node)))
            or (node.type in {"member_expression", "subscript_expression"} and _odd_member(node))
        ):
            yield node


def _is_ordinary(node: Node) -> bool:
    """Whether what a node reaches for is no way into the tests."""
    source = node.child_by_field_name("source") if node.type in {"import_statement", "export_statement"} else None
    if node.type == "call_expression" and _brief(node.child_by_field_name("function")) in {"require", "import"}:
        source = next(iter(arguments_of(node)), None)
    module = string_value(source) if source is not None else None
    if module is not None:
        return _ORDINARY.fullmatch(module) is not None
    return node.type == "member_expression" and _property(node) in {
        "argv",
        "exit",
        "cwd",
        "platform",
        "hrtime",
        "version",
        "versions",
    }


def _without_reach(root: Node, text: str) -> str:
    """A file in which what it reaches for is inert."""
    data, at = text.encode(), 0
    out = [b"" if INERT_SCRIPT in text else INERT_SCRIPT.encode()]
    for node in sorted(_reached(root), key=lambda node: (node.start_byte, -node.end_byte)):
        if node.start_byte < at:  # within one that is replaced already
            continue
        instead = INERT
        if node.type == "import_statement":
            instead = inert_import(text_of(node))
        elif node.type == "export_statement":
            instead = ""
        out += [data[at : node.start_byte], instead.encode()]
        at = node.end_byte
    return b"".join([*out, data[at:]]).decode()


def _brief(node: Node | None) -> str:
    """The source of a node that may be a name; empty for a longer one: in a chain of calls each holds all before it."""
    return text_of(node) if node is not None and node.end_byte - node.start_byte <= _LONGEST_NAME else ""


def _property(node: Node | None) -> str:
    return _brief(node.child_by_field_name("property")) if node is not None and node.type != "identifier" else ""


def _forbidden(source: str | None) -> bool:
    return source is not None and re.search(FORBIDDEN, source) is not None


def _bare_process(node: Node) -> bool:
    """The process used as a value; its members are examined one by one, and asking for its type reveals nothing."""
    if _brief(node) != "process":
        return False
    parent = node.parent
    asked = parent.type == "unary_expression" and text_of(parent).startswith("typeof")
    return not asked and parent.type not in {"member_expression", "subscript_expression"}


def _odd_member(node: Node) -> bool:
    owner, name = _brief(node.child_by_field_name("object")), _property(node)
    if owner in {"process", "globalThis.process", "window.process", "global.process"}:
        return name not in _PROCESS
    if owner in {"globalThis", "global", "window", "self"} and node.type == "subscript_expression":
        return string_value(node.child_by_field_name("index")) is None
    return owner == "import.meta" and name not in {"env", "url"}
