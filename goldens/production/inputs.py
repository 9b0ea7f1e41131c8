"""Inputs for a function: those that the log shows, and drawn ones of the same shape.

Calls with literal arguments are taken from everything people and models wrote about a problem; a call beside its result is an
example that the golden must meet. Where the log shows none, kinds of arguments are tried on the golden in the sandbox, those
first that parameters' names, annotations and the question suggest. Covers Python and JavaScript functions of plain arguments.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from evals.graders.behaviour import Behaved
from evals.source import read_literal, read_tree

_MOST_CALLS = 60
_MOST_TEXT = 4_000  # characters of one call
_KINDS: dict[str, tuple[Any, ...]] = {
    "text": ("hello world", "Ab3", "", "level"),
    "number": (4, 0, 7, 12),
    "numbers": ([3, 1, 2], [5, 5, 8, -2], [], [10]),
    "words": (["pear", "fig", "apple"], ["b", "a", "b"], [], ["Zoo"]),
    "float": (2.5, 0.5, 10.0, 3.25),
    "mapping": ({"a": 1, "b": 2}, {"x": 5}, {}, {"k": 3, "a": 9, "z": 4}),
    "rows": ([[1, 2], [3, 4]], [[5]], [], [[1, 2, 3], [4, 5, 6]]),
    "truth": (True, False, True, False),
}
_NAMES: dict[str, str] = {
    "text": r"text|s|str|string|word|sentence|phrase|name|char|letter|line|path|title|message|first|last|prefix|suffix|sep\w*"
    r"|old|new|\w+_text|\w+_name",
    "number": r"n|m|k|i|j|x|y|a|b|c|num|number|count|index|size|width|height|days|hours|minutes|seconds|year|age|limit|total"
    r"|start|end|step|low|high|times|\w+_count",
    "numbers": r"numbers|nums|values|items|list|lst|arr|array|xs|scores|prices|digits|data|first_list|sequence",
    "words": r"words|names|strings|texts|lines|tags|labels",
    "float": r"price|rate|percent|amount|celsius|fahrenheit|weight|ratio|distance|radius|temperature",
    "mapping": r"d|dict|mapping|counts|options|config|table|scores_by\w*|inventory|prices_by\w*",
    "rows": r"rows|matrix|grid|lists|board|table_rows",
    "truth": r"flag|is_\w+|has_\w+|enabled|strict|reverse",
}
_ANNOTATIONS = {
    "str": "text",
    "int": "number",
    "float": "float",
    "bool": "truth",
    "dict": "mapping",
    "list": "numbers",
    "list[int]": "numbers",
    "list[float]": "numbers",
    "list[str]": "words",
    "List[int]": "numbers",
    "List[str]": "words",
    "list[list[int]]": "rows",
    "dict[str, int]": "mapping",
}
_SAID: dict[str, str] = {
    "numbers": r"list of (?:whole )?(?:numbers|integers|ints|floats)|numbers of a list|numbers in a list|list with numbers"
    r"|\blists?\b|\barrays?\b|\bsequence\b",
    "words": r"list of (?:words|strings|names|texts)",
    "mapping": r"\bdict(?:ionary)?\b|\bmapping\b",
    "rows": r"list of lists|matrix|grid|table",
    "text": r"\bstring\b|\btext\b|\bword\b|\bsentence\b|\bletter",
    "float": r"\bprice\b|\bpercent|\baverage\b|\bdegrees\b",
    "number": r"\bnumber\b|\binteger\b|\bhow many\b",
}
_TRIED_KINDS = 5
_MOST_COMBINATIONS = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenCall:
    """A call with literal arguments in a text; ``expected`` is its result where the text says it."""

    arguments: tuple[Any, ...]
    has_result: bool = False
    expected: Any = None


def seen_calls(entry: str, texts: Iterable[str], parameters: Sequence[str] = ()) -> list[SeenCall]:
    """Calls of a function in texts, in order, each once. Keywords are put in the parameters' order."""
    found: dict[str, SeenCall] = {}
    for text in texts:
        for match in itertools.islice(re.finditer(rf"(?<![\w.]){re.escape(entry)}[ \t]*\(", text), _MOST_CALLS):
            if re.search(r"(?:def|function)\s+$", text[max(0, match.start() - 12) : match.start()]):
                continue
            inner = _arguments_of(text[match.end() : match.end() + _MOST_TEXT])
            if inner is None:
                continue
            arguments = _literals(inner, parameters)
            if arguments is not None:
                call = _with_result(arguments, text[match.end() + len(inner) + 1 :][:_MOST_TEXT])
                key = repr(arguments)
                if key not in found or (call.has_result and not found[key].has_result):
                    found[key] = call
    return list(found.values())


def _arguments_of(text: str) -> str | None:
    """The text up to the closing bracket; None where there is none."""
    depth, quote, skip = 1, "", False
    for place, char in enumerate(text):
        if skip:
            skip = False
        elif quote:
            skip = char == "\\"
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
            if not depth:
                return text[:place]
    return None


def _literals(inner: str, parameters: Sequence[str]) -> tuple[Any, ...] | None:
    """Arguments as plain values; None where one of them is no literal."""
    text = re.sub(r"\btrue\b", "True", re.sub(r"\bfalse\b", "False", re.sub(r"\b(?:null|undefined)\b", "None", inner)))
    for source in (inner, text):
        try:
            call = read_tree(f"f({source})", mode="eval").body
            if not isinstance(call, ast.Call):
                return None
            given = [ast.literal_eval(argument) for argument in call.args]
            named = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
        except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
            continue
        rest = list(parameters[len(given) :])
        if None in named or any(name not in rest for name in named):
            return None
        wanted = rest[: len(named)]
        return (*given, *(named[name] for name in wanted)) if set(wanted) == set(named) else None
    return None


_RESULT = re.compile(
    r"[ \t]*(?:===|==|=>|->|→|\bis\b|\breturns\b|\b(?:should|must) (?:be|return|give)\b|\bgives\b|#[ \t]*(?:->|=>|returns)?"
    r"|//[ \t]*(?:->|=>)?|`?[ \t]*\n)[ \t]*"
)


def _with_result(arguments: tuple[Any, ...], after: str) -> SeenCall:
    """A call with the literal that follows it after an arrow, ``==``, ``returns`` or on the next line of a session."""
    after = after.removeprefix("`")
    sign = _RESULT.match(after)
    if sign is None or (sign.group().endswith("\n") and ">>>" in after[:200].split("\n")[1:2]):
        return SeenCall(arguments=arguments)
    rest = after[sign.end() :].lstrip("`").split("\n")[0]
    for end in _ends(rest):
        try:
            value = read_literal(rest[:end].strip().rstrip("."))  # of a sentence
        except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
            continue
        return SeenCall(arguments=arguments, has_result=True, expected=value)
    return SeenCall(arguments=arguments)


def _ends(rest: str) -> Iterator[int]:
    """Where a literal at the beginning of a line may end: longest first, at most a few tries."""
    yield len(rest)
    marks = [match.start() for match in re.finditer(r"[`.,;)\s]", rest)][:20]
    yield from reversed(marks)


def parameters_of(language: str, entry: str, code: str) -> list[tuple[str, str]]:
    """Names and annotations of a function's parameters without defaults; empty where the code cannot be read."""
    if language != "python":
        match = re.search(rf"(?:function\s+{re.escape(entry)}\s*|const\s+{re.escape(entry)}\s*=\s*)\(([^)]*)\)", code)
        return (
            [(name.strip().partition(":")[0].partition("=")[0].strip(), "") for name in match[1].split(",") if name.strip()]
            if match
            else []
        )
    try:
        tree = read_tree(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    node = next((n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == entry), None)
    if node is None:
        return []
    plain = [*node.args.posonlyargs, *node.args.args]
    needed = plain[: len(plain) - len(node.args.defaults)] if node.args.defaults else plain
    return [(argument.arg, ast.unparse(argument.annotation) if argument.annotation else "") for argument in needed]


def main_function(language: str, names: Sequence[str], code: str) -> str:
    """The function that code is about, of those that it defines: one that none of the others calls; empty where several are such.

    Functions that only show the others, such as ``main`` or tests, count as callers of nothing.
    """
    shown = [name for name in names if not _SHOWING.match(name)] or list(names)
    if len(shown) < 2:
        return shown[0] if shown else ""
    called: set[str] = set()
    for name, body in _bodies(language, shown, code).items():
        called |= {other for other in shown if other != name and re.search(rf"(?<!\w){re.escape(other)}(?!\w)", body)}
    roots = [name for name in shown if name not in called]
    return roots[0] if len(roots) == 1 else ""


_SHOWING = re.compile(r"(?:main|demo|example|run_tests?|tests?_\w+|tests?|usage)$", re.IGNORECASE)


def _bodies(language: str, names: Sequence[str], code: str) -> dict[str, str]:
    """The text of each function: in Python by its syntax, else from its name to the next one's."""
    if language == "python":
        try:
            tree = read_tree(code)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return {}
        found = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name in names]
        return {node.name: "\n".join(map(ast.unparse, node.body)) for node in found}
    places = {
        name: match.start() for name in names if (match := re.search(rf"(?:function|const|let)\s+{re.escape(name)}\b", code))
    }
    starts = sorted(places.values())
    ends = dict(zip(starts, [*starts[1:], len(code)], strict=True))
    return {name: code[place : ends[place]].partition("\n")[2] for name, place in places.items()}


def guessed_inputs(
    parameters: Sequence[tuple[str, str]], question: str, run: Callable[[list[tuple[Any, ...]]], list[Behaved] | None]
) -> list[tuple[Any, ...]]:
    """Inputs for a function that the log shows no call of; ``run`` gives its behaviour on some.

    Only kinds are tried that a parameter's name, its annotation or the question suggests: a golden often works on others, too,
    and honest answers need not. The kinds on which it gives plain values most often win, the more likely ones first; empty where
    none works on all samples but one.
    """
    if not parameters or len(parameters) > 4:
        return []
    kinds = [_likely(name, annotation, question)[:_TRIED_KINDS] for name, annotation in parameters]
    if not all(kinds):
        return []
    combinations = sorted(
        itertools.product(*(range(len(each)) for each in kinds)), key=lambda places: (sum(places), max(places))
    )[:_MOST_COMBINATIONS]
    drawn = [[_sample(kinds, places, number) for number in range(4)] for places in combinations]
    answers = run([given for inputs in drawn for given in inputs])
    if answers is None:
        return []
    best: tuple[int, int, int] | None = None
    chosen: list[tuple[Any, ...]] = []
    for number, inputs in enumerate(drawn):
        said = answers[number * 4 : number * 4 + 4]
        works = sum(answer.plain for answer in said)
        differing = len({answer.said for answer in said if answer.plain})
        score = (works, min(differing, 2), -number)
        if works >= 3 and (best is None or score > best):
            best, chosen = score, [given for given, answer in zip(inputs, said, strict=True) if answer.plain]
    return chosen


def _sample(kinds: Sequence[Sequence[str]], places: Sequence[int], number: int) -> tuple[Any, ...]:
    """One tuple of arguments; two parameters of one kind do not always get the same value."""
    return tuple(_KINDS[each[place]][(number + shift) % 4] for shift, (each, place) in enumerate(zip(kinds, places, strict=True)))


def _likely(name: str, annotation: str, question: str) -> list[str]:
    """The kinds that something suggests for this parameter, the likelier ones first."""
    if annotation in _ANNOTATIONS:
        return [_ANNOTATIONS[annotation]]
    named = [kind for kind, pattern in _NAMES.items() if re.fullmatch(pattern, name, re.IGNORECASE)]
    said = [kind for kind, pattern in _SAID.items() if re.search(pattern, question, re.IGNORECASE)]
    both = [kind for kind in named if kind in said]
    return list(dict.fromkeys([*both, *named, *said]))
