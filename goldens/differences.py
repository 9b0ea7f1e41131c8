"""How the result differs from the expected one, in words that apply to many tasks.

Covers values of Python and JavaScript, what programs print, and sizes of result sets, as verdicts quote them. Nothing is
evaluated but literals.
"""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Mapping

from evals.records import Failure

_NUMBER = re.compile(r"[-+]?(?=[\d.])\d*\.?\d*(?:e[-+]?\d+)?")


def is_in_other_words(failure: Failure) -> bool:
    """Whether a program printed what was expected among other words, or in another case."""
    evidence = failure.verdict.evidence
    expected, got = (re.findall(r"[\w.+-]+", str(evidence.get(key, "")).casefold()) for key in ("expected", "got"))
    if not expected or len(got) > 4 * len(expected) + 8:
        return False
    return any(got[start : start + len(expected)] == expected for start in range(len(got) - len(expected) + 1))


def difference(evidence: Mapping[str, object]) -> str:
    """How the result differs from the expected one: by its type, or by its relation if the types are the same."""
    expected, got = evidence.get("expected"), _without_json(evidence)
    shapes = shape_of(expected), shape_of(got)
    if shapes[0] != shapes[1]:
        return f"expected {shapes[0]}, got {shapes[1]}"
    values = _literal(expected), _literal(got)
    if values[0] is None or type(values[0]) is not type(values[1]):
        return f"expected {shapes[0]}, got another"
    return f"expected {shapes[0]}, got {_relation(*values)}"


def difference_in_print(evidence: Mapping[str, object]) -> str:
    """The same for what programs print, which has no types: numbers, words, lines."""
    expected, got = (str(evidence.get(key) or "").strip() for key in ("expected", "got"))
    shapes = [shape_of(text) if _NUMBER.fullmatch(text) else "text" if text else "nothing" for text in (expected, got)]
    lines = len(expected.splitlines()), len(got.splitlines())
    if shapes[0] != shapes[1]:
        return f"expected {shapes[0]}, got {shapes[1]}"
    if lines[0] != lines[1]:
        return "fewer lines" if lines[1] < lines[0] else "more lines"
    if shapes[0] == "text":
        return f"expected text, got {_relation_of_texts(expected, got)}"
    return f"expected {shapes[0]}, got {_relation_of_numbers(float(expected), float(got))}"


def _without_json(evidence: Mapping[str, object]) -> object:
    """The result. Verdicts on JavaScript quote it as the JSON that the sandbox wrote."""
    got = evidence.get("got")
    if "assert." not in str(evidence.get("check", "")) or not isinstance(quoted := _literal(got), str):
        return got
    names = {'["u"]': "undefined", '["n","nan"]': "NaN"}
    tagged = re.fullmatch(r'\{"\$":(\[.*\])\}', quoted)
    return names.get(tagged[1], tagged[1]) if tagged else quoted


def _literal(shown: object) -> object:
    """The value that a text shows, of Python or of JSON; None if it is not a literal, or was cut."""
    text = str(shown if shown is not None else "").strip()
    for read in (ast.literal_eval, json.loads):
        try:
            value: object = read(re.sub(r"([{,]\s*)([A-Za-z_]\w*):", r'\1"\2":', text))
        except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
            continue
        return value
    return None


def _relation(expected: object, got: object) -> str:
    """How a value of the same type differs, in words that apply to many tasks."""
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


def difference_of_amounts(expected: str, got: str) -> str:
    """Of result sets: whether there are too many or too few rows or columns, or the same number of other ones."""
    pairs = [re.match(r"(\d+) (\w+)", text) for text in (expected, got)]
    if pairs[0] is None or pairs[1] is None:
        return "others"
    wanted, came = int(pairs[0][1]), int(pairs[1][1])
    unit = pairs[0][2]
    if came == wanted:
        return f"as many {unit}, others"
    return f"no {unit}" if not came else f"more {unit}" if came > wanted else f"fewer {unit}"


def shape_of(value: object) -> str:
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
