"""One row per language: everything that goldloop knows about it, or the name of the object that does.

A new language is one module that holds a ``Language``, and a row here or ``pkg.mod:ROW`` as a task's ``language``. Parts are
named as ``module:attribute`` and loaded on demand; a part that a row leaves empty is a ``TaskFault`` where it is
needed, never another language's. Does not cover what tools know by a file's suffix (linters, test runners).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from evals.errors import TaskFault
from evals.plugins import load
from evals.sandboxes.base import Toolchain

_INSIDE = Path(__file__).parent / "graders" / "inside"


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """How programs of a language run on a task's cases (kind ``stdin``).

    ``driver`` is put into the job as ``driver_name`` and speaks like ``graders/inside/program_driver.py``. ``file`` gives
    the name of a program's file, from its code; ``error`` finds the name of what was raised in what was printed to stderr.
    """

    toolchain: Toolchain
    driver: Path
    driver_name: str
    command: tuple[str, ...]
    file: Callable[[str], str]
    error: re.Pattern[str]
    empty: str
    syntax_errors: frozenset[str] = frozenset({"SyntaxError", "IndentationError", "TabError"})
    least_memory_mb: int = 0
    least_processes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A language of tasks and answers.

    Args:
        name: what it is called in messages.
        fences: tags of a block of code, the one that goldloop writes first.
        suffixes: of its files, with the dot; the first one is an answer's.
        definition: finds where a text defines something (a function, a class, a query).
        first_line: finds the first line of code in an answer without fences.
        reader: ``evals.reading.CodeReader``: whether a text is whole, and bare code in prose.
        grammar: of tree-sitter: a row of ``evals.javascript.trees.GRAMMARS``, or ``module:function``; empty without one.
        comments: node kinds of comments in that grammar. ``strings``: those of text that could speak to a judge.
        comment_pattern: finds comments where there is no grammar.
        uncommented: a function from code to code without comments, where neither of these sees all of them.
        runtime: ``evals.graders.runtimes.Runtime`` of the value judge (kind ``function``).
        program: how its programs run (kind ``stdin``).
        flags: a function from an answer to flags of gaming, each with the text that shows it.
        disarm: a function from an answer and names of flags to the answer without what they name, or None.
        mutator: a function from a text to ``goldens.mutants.Candidates``.
        stubs: ``goldens.stubs.StubMaker``, which writes answers that know nothing.
    """

    name: str
    fences: tuple[str, ...]
    suffixes: tuple[str, ...]
    definition: re.Pattern[str]
    first_line: re.Pattern[str]
    reader: str = "evals.reading:PLAIN"
    grammar: str = ""
    comments: frozenset[str] = frozenset({"comment"})
    strings: frozenset[str] = frozenset()
    comment_pattern: re.Pattern[str] | None = None
    uncommented: str = ""
    runtime: str = ""
    program: Program | None = None
    flags: str = ""
    disarm: str = ""
    mutator: str = ""
    stubs: str = ""


_SCRIPT_TAGS = ("js", "node", "nodejs", "mjs", "cjs", "ecmascript", "es6")
_TYPED_TAGS = ("ts", "mts", "cts")
_DECLARES = (
    r"(?:export (?:default )?)?(?:async )?function\b|(?:export )?(?:const|let|var) [\w$]+\s*(?::[^=\n]+)?=\s*(?:async\b\s*)?"
    r"(?:function\b|\(|<|[\w$]+ ?=>|class\b|(?:React\.)?(?:memo|forwardRef)\b)|(?:export (?:default )?)?(?:abstract )?class [\w$]"
    r"|(?:module\.)?exports\b.*="
)
_BEGINS = (
    rf"(?:{_DECLARES}|import (?:[\w${{*]|['\"])|export |(?:const|let|var) [\w${{\[]|(?:interface|enum|declare) \w|type \w+\s*[=<]"
    r"|['\"]use (?:strict|client)['\"]|/\*\*|// )"
)
# "With this query ..." is prose.
_QUERY = r"(?:select\b|with\s++(?:recursive\s++)?[\w\"]++\s*+(?:\([^()]{0,500}\)\s*+)?as\b)"
_QUERY_LINE = re.compile(rf"^[ \t]*+{_QUERY}", re.MULTILINE | re.IGNORECASE)


def _script(name: str, **changes: Any) -> Language:
    values: dict[str, Any] = {
        "name": name,
        "definition": re.compile(rf"^[ \t]*+(?:{_DECLARES})", re.MULTILINE),
        "first_line": re.compile(rf"^{_BEGINS}", re.MULTILINE),
        "reader": f"evals.reading:{name.upper()}",
        "grammar": name,
        "comments": frozenset({"comment", "html_comment"}),
        "strings": frozenset({"string", "template_string", "jsx_text"}),
        "runtime": "evals.graders.javascript:JavaScriptRuntime",
        "flags": "evals.graders.flags_script:read_script",
        "disarm": "evals.graders.disarm_script:disarm_script",
        "mutator": f"goldens.mutants.javascript:mutate_{name}",
        "stubs": "goldens.stubs:SCRIPT",
    }
    return Language(**{**values, **changes})


_JAVASCRIPT = _script(
    "javascript",
    fences=("javascript", *_SCRIPT_TAGS, "jsx"),
    suffixes=(".js", ".jsx", ".mjs", ".cjs"),
    program=Program(
        toolchain="node",
        driver=_INSIDE / "program_driver.js",
        driver_name="driver.cjs",
        command=("{node}", "driver.cjs"),
        file=lambda code: "program.mjs" if re.search(r"^\s*(import\s+[\w{*'\"]|export\s)", code, re.MULTILINE) else "program.cjs",
        error=re.compile(r"^(?:Uncaught )?((?:[A-Z]\w*)?Error)\b.*$", re.MULTILINE),
        empty=";\n",
        least_memory_mb=2048,  # two processes of Node.js, which map about 1 GB each regardless of use
        least_processes=64,  # sandboxes that count processes by cgroup count threads too
    ),
)

LANGUAGES: Mapping[str, Language] = {
    "python": Language(
        name="python",
        fences=("python", "py", "python3", "py3", "python3.11", "python3.12", "ipython", "pycon"),
        suffixes=(".py",),
        definition=re.compile(r"^[ \t]*+(?:def|class|async def) ", re.MULTILINE),
        first_line=re.compile(r"^(?:def |class |import |from \w[\w.]* import |@[A-Za-z_]|async def )", re.MULTILINE),
        reader="evals.reading:PYTHON",
        uncommented="evals.source:without_comments",
        runtime="evals.graders.python:PythonRuntime",
        program=Program(
            toolchain="python",
            driver=_INSIDE / "program_driver.py",
            driver_name="driver.py",
            command=("{python}", "-I", "-S", "-B", "driver.py"),
            file=lambda code: "program.py",
            error=re.compile(r"^(?:[\w.]*\.)?([A-Z]\w*)(?::.*)?$", re.MULTILINE),
            empty="pass\n",
        ),
        flags="evals.graders.flags:read_python",
        disarm="evals.graders.disarm:disarm_python",
        mutator="goldens.mutants.python:mutate_python",
        stubs="goldens.stubs:PYTHON",
    ),
    "sql": Language(
        name="sql",
        fences=("sql", "duckdb", "postgresql", "postgres", "pgsql", "psql", "sqlite", "mysql", "tsql"),
        suffixes=(".sql",),
        definition=_QUERY_LINE,
        first_line=_QUERY_LINE,
        reader="evals.reading:QUERY",
        comment_pattern=re.compile(r"/\*.*?\*/|--[^\n]*", re.DOTALL),
        runtime="evals.graders.python:PythonRuntime",
        mutator="goldens.mutants.sql:mutate_sql",
        stubs="goldens.stubs:QUERY",
    ),
    "javascript": _JAVASCRIPT,
    "typescript": _script("typescript", fences=("typescript", *_TYPED_TAGS, "tsx"), suffixes=(".ts", ".mts")),
    "tsx": _script("tsx", fences=("tsx", "typescript", *_TYPED_TAGS, "jsx", "react"), suffixes=(".tsx",)),
    "jsx": _script(
        "jsx",
        fences=("jsx", "react", "javascript", *_SCRIPT_TAGS, "tsx"),
        suffixes=(".jsx",),
        reader="evals.reading:JAVASCRIPT",
        grammar="javascript",
        runtime="",
        mutator="goldens.mutants.javascript:mutate_javascript",
    ),
    "diff": Language(
        name="diff",
        fences=("diff", "patch", "udiff"),
        suffixes=(".diff",),
        definition=re.compile(r"^@@ ", re.MULTILINE),
        first_line=re.compile(r"^(?:diff --git |--- [^\s-]|Index: )", re.MULTILINE),
        reader="evals.reading:DIFF",
    ),
}
"""By the name that ``Task.language`` gives; ``diff`` is the form of an answer of kind ``patch``."""


@cache
def language_of(name: str) -> Language:
    """The row of a language, by name or by ``pkg.mod:ROW``.

    Raises:
        TaskFault: there is no such name, or what the name stands for is not a ``Language``.
    """
    row = load(LANGUAGES, name, "language", form="pkg.mod:ROW", fault=TaskFault)
    if not isinstance(row, Language):
        raise TaskFault(f"language {name!r}: expected an evals.languages.Language, found {type(row).__name__}")
    return row


def part_of(row: Language, part: str) -> Any:
    """A part of a row that is named as ``module:attribute`` (``reader``, ``runtime``, ``mutator``, ``stubs``, ...), loaded.

    Raises:
        TaskFault: the row has no such part; with the languages that do.
    """
    target: str = getattr(row, part)
    if not target:
        others = ", ".join(name for name, language in LANGUAGES.items() if getattr(language, part))
        raise TaskFault(f"language {row.name!r} has no {part}; there is one for {others}")
    return load({row.name: target}, row.name, f"{part} of language", fault=TaskFault)
