"""Why answers fail: a kind by rule, then clusters of failures that say the same, each with a representative.

Covers what verdicts carry: reason, exception, message, check, and how what came differs from what was expected. Does not read
the model's mind: two failures are alike when their kind and their message agree once names of values, numbers and places are
taken out.
"""

from __future__ import annotations

import ast
import builtins
import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import itertools
import json
import math
import pathlib
import re
import sys
import typing
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from evals.records import Failure

KINDS: Mapping[str, str] = {
    "no code": "the answer has no code",
    "truncated": "the token limit ended the answer before its code was whole",
    "syntax": "the code does not compile",
    "missing import": "a module is not there, or a name that an import would have brought",
    "wrong name": "a function, class, export, column or table that is asked for or used is not there",
    "wrong signature": "it is called with other arguments than it takes",
    "exception": "something else was raised",
    "wrong value": "it runs and returns something else",
    "wrong exception": "it should have raised and did not, or raised something else",
    "hidden": "the visible checks pass, hidden ones do not",
    "test": "a test of the project fails",
    "format": "right in the wrong form: a patch that does not apply, words around what should be printed alone",
    "time": "it did not end in time",
    "memory": "it used too much memory, or was killed",
    "output": "it printed too much",
    "ended early": "the program ended before its checks",
    "gaming": "it tried to pass without solving the task",
    "metric": "a required metric is below its least",
    "other": "a reason that only its own grader knows",
}
"""Every kind, with what it means."""

ADVICE: Mapping[str, str] = {
    "no code": "a prompt rule that asks for one code block",
    "truncated": "more room: --max-new-tokens",
    "syntax": "a repair turn: it sees the message",
    "missing import": "a prompt rule, or a repair turn",
    "wrong name": "say the name in the prompt, or train on the goldens",
    "wrong signature": "say the arguments in the prompt, or train",
    "exception": "a repair turn: it sees what was raised",
    "wrong value": "train on the goldens",
    "wrong exception": "say in the prompt what to raise, or train",
    "hidden": "train on the goldens: cases that were not thought of",
    "test": "train on the goldens, or a repair turn",
    "format": "a prompt rule that shows the form",
    "time": "a repair turn, or train on the goldens",
    "memory": "a repair turn, or train on the goldens",
    "output": "a repair turn: an endless loop, or prints left over",
    "ended early": "a prompt rule: no exit calls",
    "gaming": "look at its flags; it is never trained on",
    "metric": "a prompt rule that names the tool, or train",
    "other": "look at the verdicts (--json)",
}
"""What may help, by kind. Prompt rules and repair turns can be tried side by side with ``goldloop ablate``."""

_BY_REASON: Mapping[str, str] = {
    "no_code": "no code",
    "truncated": "truncated",
    "syntax_error": "syntax",
    "wrong_value": "wrong value",
    "wrong_output": "wrong value",
    "wrong_rows": "wrong value",
    "wrong_order": "wrong value",
    "wrong_columns": "wrong value",
    "unsettled": "wrong value",
    "wrong_exception": "wrong exception",
    "hidden_fail": "hidden",
    "tests_failed": "test",
    "tests_missing": "test",
    "tests_unexpected": "test",
    "load_error": "exception",
    "metric": "metric",
    "patch_does_not_apply": "format",
    "time": "time",
    "memory": "memory",
    "output_flood": "output",
    "exited_early": "ended early",
    "forged_report": "gaming",
    "flagged": "gaming",
}
_KIND_IN_ITSELF = frozenset({"exception", "tests_failed", "load_error"})  # reasons whose message says more
_UNDEFINED = re.compile(r"name '(\w+)' is not defined|(?:^|\s)([\w$]+) is not defined|variable '(\w+)' where")
_NO_FUNCTION = re.compile(r"([\w$.]+) is not a (?:function|constructor)")
_NO_MODULE = re.compile(r"No module named|Cannot find (?:module|package)|Failed to resolve import|cannot import name")
_OWN_FILE = re.compile(r"cannot import name '\w+' from .*/box/")
_NOT_EXPORTED = re.compile(r"does not provide an export named|forgot to export|is not exported|has no exported member")
_NO_ATTRIBUTE = re.compile(r"(?:object|module) .*has no attribute '(\w+)'")
_NO_RELATION = re.compile(
    r"(?:column|table|view|function|macro)\b.*\b(?:not found|does not exist)|Referenced table", re.IGNORECASE
)
_ARGUMENTS = re.compile(r"(positional|keyword|required) argument|takes \d+ .*argument|missing \d+ required")
_NUMBER = re.compile(r"[-+]?(?=[\d.])\d*\.?\d*(?:e[-+]?\d+)?")
_KILLED = re.compile(r"ended early or twice \(exit code (-?\d+)\)")
_ERROR_LINE = re.compile(r"^(?:E\s+)?(?:Uncaught )?((?:[A-Za-z_][\w.]*)?(?:Error|Exception|Exit|Interrupt))\b:?")
_COMMON_IMPORTS = frozenset(
    {
        "np",
        "pd",
        "plt",
        "tf",
        "torch",
        "numpy",
        "pandas",
        "scipy",
        "sp",
        "sns",
        "requests",
        "pytest",
        "React",
        "ReactDOM",
        "axios",
    }
    | {"lodash", "moment", "fs", "util", "assert", "crypto", "screen", "render", "fireEvent", "userEvent", "vi", "PropTypes"}
)
_IN_OTHER_WORDS = "what was expected, among other words or in another case"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Failures that say the same. ``slices`` counts them by slice; the representative has the shortest code.

    ``unusual`` are the slices that it hits more often than failures at large do (p below 0.01, one-sided).
    """

    kind: str
    signature: str
    representative: Failure
    tasks: tuple[str, ...]
    slices: Mapping[str, int]
    unusual: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Failures in it."""
        return len(self.tasks)


def kind_of(failure: Failure) -> str:
    """The kind of a failure, one of ``KINDS``."""
    reason, _, name = failure.verdict.reason.partition(":")
    if reason == "wrong_output" and _is_in_other_words(failure):
        return "format"
    if reason not in _KIND_IN_ITSELF:
        return _BY_REASON.get(reason, "other")
    message = _said(failure)
    if killed := _KILLED.search(message):
        return "memory" if killed[1] in ("-9", "137") else "ended early"
    if name == "SystemExit":
        return "ended early"
    return _kind_of_message(name, message, failure) or _BY_REASON.get(reason, "exception")


def _kind_of_message(name: str, message: str, failure: Failure) -> str:
    """The kind that an error's own words give; empty where they give none."""
    if _OWN_FILE.search(message) or _NOT_EXPORTED.search(message):
        return "wrong name"
    if name in ("ImportError", "ModuleNotFoundError") or _NO_MODULE.search(message):
        return "missing import"
    if undefined := _UNDEFINED.search(message):
        missing = undefined[1] or undefined[2] or undefined[3]
        return "missing import" if _is_importable(missing) and not _is_asked_for(missing, failure) else "wrong name"
    if absent := _NO_ATTRIBUTE.search(message) or _NO_FUNCTION.search(message):
        return "wrong name" if _is_asked_for(absent[1].rpartition(".")[2], failure) else ""
    if _NO_RELATION.search(message):
        return "wrong name"
    return "wrong signature" if _ARGUMENTS.search(message) else ""


@functools.cache
def _importable() -> frozenset[str]:
    """Names that Python code gets by an import: modules, and what is mostly imported from them."""
    modules = (typing, collections, functools, math, datetime, dataclasses, enum, decimal, fractions, pathlib)
    names = {name for module in modules for name in vars(module) if not name.startswith("_")}
    names |= {"accumulate", "chain", "combinations", "groupby", "permutations", "product", "zip_longest"} & set(dir(itertools))
    return frozenset((names | sys.stdlib_module_names | _COMMON_IMPORTS) - set(dir(builtins)))


def _is_importable(name: str) -> bool:
    return name in _importable() or re.fullmatch(r"use[A-Z]\w+", name) is not None  # hooks of React


def _is_asked_for(name: str, failure: Failure) -> bool:
    """Whether the check itself names what is missing: then the answer did not define it."""
    evidence = failure.verdict.evidence
    asked = [str(evidence.get("check", "")), *(str(test.get("test", "")) for test in _failed(failure))]
    return any(re.search(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])", text) for text in asked)


def _failed(failure: Failure) -> list[Mapping[str, object]]:
    """The failed tests of a project, as its verdict shows them."""
    found = failure.verdict.evidence.get("failed")
    return [test for test in found if isinstance(test, Mapping)] if isinstance(found, list) else []


def _said(failure: Failure) -> str:
    """The line of a failure's message that says what went wrong: no traceback, no stack, no excerpt of the source."""
    message = str(failure.verdict.evidence.get("message") or "")
    if not message and (tests := _failed(failure)):
        message = str(tests[0].get("message") or "")
    lines = [line.rstrip() for line in message.strip().splitlines() if line.strip()]
    traced = bool(lines) and re.match(r"(?:E\s+)?(?:Traceback|File )", lines[0]) is not None
    lines = [line for line in lines if "node:internal" not in line and not re.match(r"\s+at |\s*File \"|Node\.js v", line)]
    detailed = [line for line in lines if line.startswith("[PARSE_ERROR]")]
    if traced:
        detailed = [line for line in lines if _ERROR_LINE.match(line)][-1:] or lines[-1:]
    return next(iter(detailed or lines), "").removeprefix("E ").strip()


def _is_in_other_words(failure: Failure) -> bool:
    """Whether a program printed what was expected among other words, or in another case."""
    evidence = failure.verdict.evidence
    expected, got = (re.findall(r"[\w.+-]+", str(evidence.get(key, "")).casefold()) for key in ("expected", "got"))
    if not expected or len(got) > 4 * len(expected) + 8:
        return False
    return any(got[start : start + len(expected)] == expected for start in range(len(got) - len(expected) + 1))


def signature_of(failure: Failure) -> str:
    """What a failure says, without the values, numbers and names that differ between failures of one cause."""
    evidence = failure.verdict.evidence
    reason = failure.verdict.reason
    if reason == "wrong_output":
        said = _IN_OTHER_WORDS if _is_in_other_words(failure) else _difference_in_print(evidence)
        return f"{reason}: {said}"
    if reason in ("wrong_value", "hidden_fail"):
        return f"{reason}: {_difference(evidence)}"
    if reason in ("wrong_rows", "wrong_columns"):
        return f"{reason}: {_amounts(str(evidence.get('expected', '')), str(evidence.get('got', '')))}"
    if reason == "wrong_exception":
        expected, got = (_shape(evidence.get(key)) for key in ("expected", "got"))
        return f"{reason}: expected {expected}, got {got}"
    said = _general(_said(failure))
    name = reason.partition(":")[2].rpartition(".")[2]
    return f"{reason}: {said.removeprefix(f'{name}:').strip() if name else said}".rstrip(": ")


def _difference(evidence: Mapping[str, object]) -> str:
    """How what came differs from what was expected: by its type, or by its relation where the types are alike."""
    expected, got = evidence.get("expected"), _without_json(evidence)
    shapes = _shape(expected), _shape(got)
    if shapes[0] != shapes[1]:
        return f"expected {shapes[0]}, got {shapes[1]}"
    values = _literal(expected), _literal(got)
    if values[0] is None or type(values[0]) is not type(values[1]):
        return f"expected {shapes[0]}, got another"
    return f"expected {shapes[0]}, got {_relation(*values)}"


def _difference_in_print(evidence: Mapping[str, object]) -> str:
    """The same for what programs print, which has no types: numbers, words, lines."""
    expected, got = (str(evidence.get(key) or "").strip() for key in ("expected", "got"))
    shapes = [_shape(text) if _NUMBER.fullmatch(text) else "text" if text else "nothing" for text in (expected, got)]
    lines = len(expected.splitlines()), len(got.splitlines())
    if shapes[0] != shapes[1]:
        return f"expected {shapes[0]}, got {shapes[1]}"
    if lines[0] != lines[1]:
        return "fewer lines" if lines[1] < lines[0] else "more lines"
    if shapes[0] == "text":
        return f"expected text, got {_relation_of_texts(expected, got)}"
    return f"expected {shapes[0]}, got {_relation_of_numbers(float(expected), float(got))}"


def _without_json(evidence: Mapping[str, object]) -> object:
    """What came. Verdicts on JavaScript quote it as the JSON that the sandbox wrote."""
    got = evidence.get("got")
    if "assert." not in str(evidence.get("check", "")) or not isinstance(quoted := _literal(got), str):
        return got
    names = {'["u"]': "undefined", '["n","nan"]': "NaN"}
    tagged = re.fullmatch(r'\{"\$":(\[.*\])\}', quoted)
    return names.get(tagged[1], tagged[1]) if tagged else quoted


def _literal(shown: object) -> object:
    """The value that a text shows, of Python or of JSON; None where it is no literal, or was cut."""
    text = str(shown if shown is not None else "").strip()
    for read in (ast.literal_eval, json.loads):
        try:
            value: object = read(re.sub(r"([{,]\s*)([A-Za-z_]\w*):", r'\1"\2":', text))
        except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
            continue
        return value
    return None


def _relation(expected: object, got: object) -> str:
    """How a value of the same type differs, in words that many tasks can share."""
    if isinstance(expected, (int, float)) and isinstance(got, (int, float)):
        return _relation_of_numbers(expected, got)
    if isinstance(expected, str) and isinstance(got, str):
        return _relation_of_texts(expected, got)
    if isinstance(expected, dict) and isinstance(got, dict):
        if expected.keys() == got.keys():
            return "the same keys, other values"
        more, fewer = got.keys() - expected.keys(), expected.keys() - got.keys()
        return "other keys" if more and fewer else "more keys" if more else "fewer keys"
    if isinstance(expected, (list, tuple, set)) and isinstance(got, (list, tuple, set)):
        if len(expected) != len(got):
            return "fewer items" if len(got) < len(expected) else "more items"
        return (
            "the same items in another order"
            if sorted(map(repr, expected)) == sorted(map(repr, got))
            else "as many items, others"
        )
    return "another"


def _relation_of_numbers(expected: float, got: float) -> str:
    if got == -expected:
        return "its negative"
    if abs(got - expected) == 1:
        return "one more" if got > expected else "one less"
    if expected and abs(got / expected - 1) < 0.01:
        return "nearly the same"
    if expected and got / expected > 0 and abs(math.remainder(math.log10(got / expected), 1.0)) < 1e-9:
        return "another power of ten"
    return "another number"


def _relation_of_texts(expected: str, got: str) -> str:
    if expected.casefold() == got.casefold():
        return "the same but for case"
    if expected.split() == got.split():
        return "the same but for white space"
    if re.sub(r"\W", "", expected) == re.sub(r"\W", "", got):
        return "the same but for punctuation"
    if not got:
        return "an empty text"
    return "more than it" if expected in got else "a part of it" if got in expected else "another text"


def _amounts(expected: str, got: str) -> str:
    """Of result sets: whether there are too many or too few rows or columns, or as many others."""
    pairs = [re.match(r"(\d+) (\w+)", text) for text in (expected, got)]
    if pairs[0] is None or pairs[1] is None:
        return "others"
    wanted, came = int(pairs[0][1]), int(pairs[1][1])
    unit = pairs[0][2]
    if came == wanted:
        return f"as many {unit}, others"
    return f"no {unit}" if not came else f"more {unit}" if came > wanted else f"fewer {unit}"


def _shape(value: object) -> str:
    """The type of a shown value, and of what it holds: ``list``, ``dict``, ``str``, ``None``, ..."""
    text = str(value if value is not None else "").strip()
    if text in ("", "None", "True", "False", "true", "false", "null", "undefined", "NaN", "nan"):
        return text or "nothing"
    if re.fullmatch(r"[-+]?[\d_]+", text):
        return "int"
    if _NUMBER.fullmatch(text):
        return "float"
    for opening, name in (("{}", "empty dict"), ("[]", "empty list"), ("[", "list"), ("(", "tuple"), ("'", "str"), ('"', "str")):
        if text.startswith(opening):
            return name
    if text.startswith("{"):
        return "dict" if ":" in text else "set"
    return re.split(r"[(\s:]", text.removeprefix("builtins."))[0][:40] or "text"


def _general(said: str) -> str:
    """A message without what differs between failures of one cause: quoted values, paths, places, numbers."""
    text = re.sub(r"\s*\((?:<\w+>|[^()\s]*/[^()]*|[^()]*, line \d+)\)|\s+/box/\S+", "", said)
    text = re.sub(r"\S+(?= @@ )|\S+(?=: no such file)|(?<=there are: ).*|(?:/[\w.@-]+){2,}", "…", text)
    text = re.sub(r"'[^']*'|\"[^\"]*\"|`[^`]*`", "'…'", text)
    text = re.sub(r"\b[\w$]+(?= is not (?:defined|a function|a constructor))|(?<=with name )\S+", "'…'", text)
    return re.sub(r"\d+(?:[.,]\d+)*", "n", text)[:120].strip()


def clusters_of(failures: Sequence[Failure], slices: Mapping[str, str]) -> list[Cluster]:
    """Clusters, largest first. ``slices`` maps a task's key to its slice."""
    parts: defaultdict[tuple[str, str], list[Failure]] = defaultdict(list)
    for failure in failures:
        parts[kind_of(failure), signature_of(failure)].append(failure)
    at_large = Counter(slices.get(failure.key, "-") for failure in failures)
    found = [_cluster(kind, signature, part, slices, at_large) for (kind, signature), part in parts.items()]
    return sorted(found, key=lambda cluster: (-cluster.size, cluster.kind, cluster.signature))


def _cluster(
    kind: str, signature: str, failures: Sequence[Failure], slices: Mapping[str, str], at_large: Mapping[str, int]
) -> Cluster:
    shortest = min(failures, key=lambda failure: (len(failure.attempt.code or failure.attempt.completion), failure.key))
    counts = Counter(slices.get(failure.key, "-") for failure in failures)
    return Cluster(
        kind=kind,
        signature=signature,
        representative=shortest,
        tasks=tuple(failure.key for failure in failures),
        slices=dict(counts.most_common()),
        unusual=tuple(_unusual(counts, at_large)),
    )


def _unusual(counts: Counter[str], at_large: Mapping[str, int]) -> Iterator[str]:
    """Slices of which a draw of this many from all failures would rarely hold as many (hypergeometric)."""
    drawn, total = counts.total(), sum(at_large.values())
    for name, count in counts.most_common():
        inside = at_large[name]
        if count * total > drawn * inside and _tail(count, inside, drawn, total) < 0.01:
            yield name


def _tail(least: int, inside: int, drawn: int, total: int) -> float:
    """Chance that ``drawn`` of ``total`` hold at least ``least`` of the ``inside`` ones."""
    ways = sum(math.comb(inside, k) * math.comb(total - inside, drawn - k) for k in range(least, min(inside, drawn) + 1))
    return ways / math.comb(total, drawn)


def count_kinds(failures: Iterable[Failure]) -> dict[str, int]:
    """Failures by kind, most frequent first."""
    return dict(Counter(map(kind_of, failures)).most_common())
