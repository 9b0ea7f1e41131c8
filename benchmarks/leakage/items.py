"""Holdout items of the bench, read from public benchmarks and from the shipped suites.

Covers HumanEval, MBPP (its holdout, 11-510), HumanEvalPack's JavaScript, QuixBugs, sql-eval (Postgres) and the holdout of the
suites ``house`` and ``basics``. HumanEvalPack's Python is HumanEval again, so it is left out. A benchmark whose folder is not
there is left out too: the counts that ``plant.py`` prints say so.

Every item belongs to one half, ``tune`` or ``report``, by a hash of its group: a detector is tuned on one and reported on the
other. Items that share a group (HumanEval/3 and JavaScript/3) are the same task, so either is a right answer for a plant.
"""

from __future__ import annotations

import ast
import csv
import gzip
import hashlib
import io
import json
import re
import sysconfig
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from evals.suites import load_suite

Half = Literal["tune", "report"]
HALVES: tuple[Half, ...] = ("tune", "report")
MBPP_HOLDOUT = range(11, 511)
MBPP_TRAIN = range(601, 975)
_CLASS_MODULES = (  # noqa: SIM905
    "argparse asyncio/locks asyncio/queues bdb calendar cmd code codeop collections/__init__ configparser contextlib csv difflib "
    "doctest email/feedparser email/header fileinput fractions ftplib gettext graphlib gzip html/parser http/cookies http/client "
    "imaplib ipaddress json/decoder json/encoder logging/handlers lzma mailbox mimetypes netrc optparse pdb pickletools plistlib "
    "poplib pprint profile queue random sched selectors shelve shlex smtplib socketserver statistics string tarfile tempfile "
    "textwrap threading timeit trace traceback urllib/robotparser weakref xml/sax/saxutils xmlrpc/client zipapp zipfile/__init__"
).split()
_CODE_TOKEN = re.compile(
    r"""(?P<skip>//[^\n]*|/\*.*?\*/|--[^\n]*|\s+)|[A-Za-z_$][\w$]*|\d[\w.]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`"""
    r"""|[=!<>]=+|&&|\|\||=>|.""",
    re.DOTALL | re.VERBOSE,
)
_SKIPPED = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}


@dataclass(frozen=True, kw_only=True)
class Item:
    """One item. ``prompt``, ``answer`` and ``tests`` are the benchmark's own fields, with Unix line ends.

    ``code`` is the answer as a whole program: it differs from ``answer`` where the prompt opens the function (HumanEval), and
    holds the prompt's docstring there.
    """

    id: str
    source: str
    group: str
    language: Literal["python", "javascript", "sql"]
    prompt: str
    answer: str
    tests: str
    opens: bool = False  # the prompt opens the function that the answer completes
    start: str = ""  # the program that the prompt holds, where it holds one

    @property
    def code(self) -> str:
        """The answer as a program."""
        return self.prompt + self.answer if self.opens else self.answer

    @property
    def whole(self) -> str:
        """Prompt and answer as a page would show them."""
        return self.code if self.opens else f"{self.prompt.rstrip()}\n\n{self.answer}"

    @property
    def half(self) -> Half:
        """The half that the item belongs to."""
        return half_of(self.group)

    @cached_property
    def tokens(self) -> int:
        """Code tokens of the answer: no comments, docstrings, line ends or indentation."""
        return code_tokens(self.answer, self.language)


def half_of(name: str) -> Half:
    """The half of a name: the same on every machine."""
    return HALVES[hashlib.blake2b(name.encode(), digest_size=4).digest()[0] & 1]


def code_tokens(text: str, language: str) -> int:
    """Code tokens of a text; a string that stands alone in a line (a docstring) is none."""
    if language == "python":
        try:
            return _python_tokens(text)
        except (tokenize.TokenError, SyntaxError):
            pass
    return sum(match["skip"] is None for match in _CODE_TOKEN.finditer(text))


def _python_tokens(text: str) -> int:
    source = "if 1:\n" + text if text[:1] in " \t" else text
    count = 0
    opens_line = True
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in _SKIPPED:
            opens_line = opens_line or token.type in (tokenize.NEWLINE, tokenize.INDENT)
            continue
        count += not (token.type == tokenize.STRING and opens_line)
        opens_line = False
    return count - 3 * (source is not text)


def load_items(data: Path) -> list[Item]:
    """All items of all benchmarks under ``data`` and of the shipped suites, by id.

    Raises:
        ValueError: two items share an id.
    """
    items = [
        *_humaneval(data),
        *_javascript(data),
        *_repairs(data),
        *_mbpp(data, MBPP_HOLDOUT),
        *_quixbugs(data),
        *_sql(data),
        *_classes(),
        *shipped("holdout"),
    ]
    items = sorted((item for item in items if item.prompt.strip() or item.answer.strip()), key=lambda item: item.id)
    if len({item.id for item in items}) != len(items):
        raise ValueError("two holdout items share an id")
    return items


def mbpp_train(data: Path) -> list[Item]:
    """MBPP's training split, 601-974: other tasks of the same benchmark."""
    return list(_mbpp(data, MBPP_TRAIN))


def shipped(split: str) -> Iterator[Item]:
    """The tasks of the shipped suites in one split."""
    for name in ("basics", "house"):
        for task in load_suite(name).tasks:
            if task.split == split:
                yield Item(
                    id=task.key,
                    source=name,
                    group=f"{name}/{task.group}",
                    language="sql" if task.language == "sql" else "python",
                    prompt=unix(task.prompt),
                    answer=unix(task.golden),
                    tests=unix(task.checks),
                )


def unix(text: str) -> str:
    """The text with Unix line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _lines(path: Path) -> Iterator[Mapping[str, Any]]:
    if not path.is_file():
        return
    data = path.read_bytes()
    for line in (gzip.decompress(data) if path.suffix == ".gz" else data).decode().split("\n"):
        if line.strip():
            yield json.loads(line)


def _humaneval(data: Path) -> Iterator[Item]:
    for row in _lines(data / "humaneval" / "HumanEval.jsonl.gz"):
        yield _opened(row, "humaneval", "python")


def _javascript(data: Path) -> Iterator[Item]:
    for row in _lines(data / "humanevalpack" / "humanevalpack-js.jsonl"):
        yield _opened(row, "humanevalpack-js", "javascript")


def _repairs(data: Path) -> Iterator[Item]:
    """HumanEvalFix: programs to repair, in Python and JavaScript; every fourth task of each: most are there once."""
    for language in ("python", "javascript"):
        stem = "js" if language == "javascript" else "python"
        for row in _lines(data / "humanevalpack" / f"humanevalpack-{stem}.jsonl"):
            number = row["task_id"].rpartition("/")[2]
            if int(number) % 4 == (stem == "js"):
                start = unix(row["declaration"] + row["buggy_solution"])
                yield Item(
                    id=f"fix-{stem}/{number}",
                    source="humanevalfix",
                    group=f"humaneval/{number}",
                    language="javascript" if language == "javascript" else "python",
                    prompt=f"{start.rstrip()}\n\nFix bugs in {row['entry_point']}.",
                    answer=unix(row["declaration"] + row["canonical_solution"]),
                    tests=unix(row["test"]),
                    start=start,
                )


def _classes() -> Iterator[Item]:
    """Long programs: classes of the standard library of 200 to 2,000 code tokens, the docstring as the prompt; one a module."""
    for name in _CLASS_MODULES:
        try:
            text = Path(sysconfig.get_path("stdlib"), *name.split("/")).with_suffix(".py").read_text(encoding="utf-8")
            nodes = [node for node in ast.parse(text).body if isinstance(node, ast.ClassDef) and ast.get_docstring(node)]
        except (OSError, SyntaxError):
            continue
        for node in sorted(nodes, key=lambda node: node.name):
            code = ast.get_source_segment(text, node) or ""
            if 200 <= code_tokens(code, "python") <= 2000:
                yield Item(
                    id=f"class/{name}/{node.name}",
                    source="classes",
                    group=f"class/{name}",
                    language="python",
                    prompt=(ast.get_docstring(node) or "").strip(),
                    answer=code + "\n",
                    tests="",
                )
                break


def _opened(row: Mapping[str, Any], source: str, language: Literal["python", "javascript"]) -> Item:
    return Item(
        id=row["task_id"],
        source=source,
        group="humaneval/" + row["task_id"].rpartition("/")[2],
        language=language,
        prompt=unix(row["prompt"]),
        answer=unix(row["canonical_solution"]),
        tests=unix(row["test"]),
        opens=True,
    )


def _mbpp(data: Path, numbers: range) -> Iterator[Item]:
    for row in _lines(data / "mbpp" / "mbpp.jsonl"):
        if row["task_id"] in numbers:
            name = f"MBPP/{row['task_id']}"
            yield Item(
                id=name,
                source="mbpp",
                group=name,
                language="python",
                prompt=unix(row["text"]),
                answer=unix(row["code"]),
                tests=unix("\n".join(row["test_list"])),
            )


def _quixbugs(data: Path) -> Iterator[Item]:
    """The correct program as the answer; the text below the buggy one, which says what it should do, as the prompt."""
    texts = {row["path"]: unix(row["text"]) for row in _lines(data / "quixbugs" / "files.jsonl.gz")}
    for path, text in texts.items():
        folder, _, name = path.rpartition("/")
        stem = name.removesuffix(".py")
        if folder != "correct_python_programs" or stem == "node" or stem.endswith("_test"):
            continue
        notes = re.findall(r'"""(.*?)"""', texts[f"python_programs/{name}"], re.DOTALL)
        yield Item(
            id=f"quixbugs/{stem}",
            source="quixbugs",
            group=f"quixbugs/{stem}",
            language="python",
            prompt=notes[-1].strip() if notes else "",
            answer=text.strip() + "\n",
            tests=texts.get(f"python_testcases/test_{name}", ""),
        )


def _sql(data: Path) -> Iterator[Item]:
    for stem in ("questions_gen_postgres", "instruct_basic_postgres", "instruct_advanced_postgres"):
        path = data / "sql-eval" / "data" / f"{stem}.csv"
        if not path.is_file():
            continue
        with path.open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.DictReader(file), 1):
                question = unix(row["question"]).strip()
                yield Item(
                    id=f"sql-eval/{stem}/{number}",
                    source="sql-eval",
                    group="sql-eval/" + re.sub(r"\W+", " ", question).lower(),
                    language="sql",
                    prompt=question,
                    answer=_one_query(unix(row["query"])),
                    tests="",
                )


def _one_query(text: str) -> str:
    """The first accepted query; ``{a,b}`` in it, which allows any of the columns, becomes ``a, b``."""
    query = text.split(";")[0].strip()
    braces = [part.strip() for part in re.findall(r"\{([^}]*)\}", query)]
    chosen = next((part for part in braces if part), "1")
    return re.sub(r"\{([^}]*)\}", lambda match: ", ".join(re.split(r"\s*,\s*", match[1].strip() or chosen)), query) + ";\n"
