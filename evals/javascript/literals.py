"""The values of literals in JavaScript and TypeScript, and the names that statements declare, without running anything.

Covers numbers, strings, templates without holes, arrays, plain objects, ``undefined`` and the like, ``new Set``, ``new Map`` and
``new Date`` of literals, regular expressions, arithmetic on numbers, joined strings. Everything else is not a literal.
"""

from __future__ import annotations

import json
import math
import operator
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from evals.javascript.trees import field, parts, text
from evals.javascript.values import HOLE, UNDEFINED, BigInt, Thing, array

if TYPE_CHECKING:
    from tree_sitter import Node

WRAPPERS = {"parenthesized_expression", "as_expression", "satisfies_expression", "non_null_expression"}


def declared_names(statement: Node) -> set[str]:
    """The names that a top-level statement declares; those of patterns are left out."""
    if statement.type == "export_statement":
        inner = statement.child_by_field_name("declaration")
        return declared_names(inner) if inner is not None else set()
    named = [statement, *(part for part in statement.named_children if part.type == "variable_declarator")]
    names = [node.child_by_field_name("name") for node in named]
    return {text(name) for name in names if name is not None and "identifier" in name.type}


def bare(node: Node) -> Node:
    """The expression without parentheses, type assertions and ``await`` around it."""
    while node.type in WRAPPERS or node.type == "await_expression":
        node = parts(node)[0]
    return node


def literal(node: Node, constants: Mapping[str, Node] | None = None) -> Any:
    """The value of a literal; names in ``constants`` stand for the literals that they were declared with.

    Raises:
        ValueError: not a literal.
    """
    node = bare(node)
    simple = _SIMPLE.get(node.type)
    if simple is not None:
        return simple(node)
    match node.type:
        case "identifier" if constants and text(node) in constants:
            return literal(constants[text(node)], {k: v for k, v in constants.items() if k != text(node)})
        case "identifier" if text(node) in _NAMES:
            return _NAMES[text(node)]
        case "member_expression" if text(node) in _MEMBERS:
            return _MEMBERS[text(node)]
        case "array":
            return array(_items(node, constants))
        case "object":
            return _object(node, constants)
        case "sequence_expression":
            return [literal(part, constants) for part in parts(node)][-1]
        case "unary_expression":
            return _unary(text(field(node, "operator")), literal(field(node, "argument"), constants))
        case "binary_expression":
            sides = (literal(field(node, "left"), constants), literal(field(node, "right"), constants))
            return _binary(text(field(node, "operator")), *sides)
        case "new_expression":
            arguments = node.child_by_field_name("arguments")
            given = [literal(part, constants) for part in parts(arguments)] if arguments else []
            return _new(text(field(node, "constructor")), given)
    raise ValueError("not a literal")


def string_value(node: Node) -> str | None:
    """The value of a string or of a template without holes; None for anything else."""
    if node.type not in {"string", "template_string"}:
        return None
    try:
        return _SIMPLE[node.type](node)  # type: ignore[no-any-return]
    except ValueError:
        return None


def arguments_of(call: Node) -> list[Node]:
    """The arguments of a call, without comments."""
    listed = call.child_by_field_name("arguments")
    return parts(listed) if listed is not None and listed.type == "arguments" else []


def _number(node: Node) -> float | BigInt:
    digits = text(node).replace("_", "").lower()
    if digits.endswith("n") and not digits.startswith("0x"):
        return BigInt(int(digits[:-1], 0))
    if digits[:2] in {"0x", "0o", "0b"}:
        return BigInt(int(digits[:-1], 0)) if digits.endswith("n") else float(int(digits, 0))
    if re.fullmatch(r"0\d+", digits):
        return float(int(digits, 10 if re.search("[89]", digits) else 8))
    return float(digits)


_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": ""}
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]+)\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)


def unescape(body: str) -> str:
    """The text that the inside of a string literal or template stands for."""

    def character_of(match: re.Match[str]) -> str:
        code = match[1] or match[2] or match[3]
        return chr(int(code, 16)) if code else _ESCAPES.get(match[4], match[4])

    joined = _ESCAPE.sub(character_of, body)
    # \ud83d\ude00 is one character, in Python as in JavaScript; a lone half is kept
    return joined.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass") if _paired(joined) else joined


def _paired(joined: str) -> bool:
    return re.search("[\ud800-\udbff][\udc00-\udfff]", joined) is not None


def _string(node: Node) -> str:
    return unescape(text(node)[1:-1])


def _template(node: Node) -> str:
    if any(part.type == "template_substitution" for part in node.named_children):
        raise ValueError("a template with holes")
    return unescape(text(node)[1:-1])


def _regex(node: Node) -> Thing:
    flags = node.child_by_field_name("flags")
    return Thing("RegExp", (text(field(node, "pattern")), "".join(sorted(text(flags))) if flags else ""))


_SIMPLE: Mapping[str, Callable[[Node], Any]] = {
    "number": _number,
    "string": _string,
    "template_string": _template,
    "regex": _regex,
    "true": lambda node: True,
    "false": lambda node: False,
    "null": lambda node: None,
    "undefined": lambda node: UNDEFINED,
}
_NAMES: Mapping[str, Any] = {"undefined": UNDEFINED, "NaN": math.nan, "Infinity": math.inf}
_MEMBERS: Mapping[str, float] = {
    "Number.MAX_SAFE_INTEGER": float(2**53 - 1),
    "Number.MIN_SAFE_INTEGER": float(1 - 2**53),
    "Number.POSITIVE_INFINITY": math.inf,
    "Number.NEGATIVE_INFINITY": -math.inf,
    "Number.NaN": math.nan,
    "Number.EPSILON": 2.0**-52,
    "Math.PI": math.pi,
    "Math.E": math.e,
}


def _items(node: Node, constants: Mapping[str, Node] | None) -> list[Any]:
    """Elements of an array; two commas in a row leave a hole."""
    items: list[Any] = []
    expects = True
    for child in node.children:
        if child.type == ",":
            if expects:
                items.append(HOLE)
            expects = True
        elif child.is_named and child.type != "comment":
            items.append(literal(child, constants))
            expects = False
    return items


def _object(node: Node, constants: Mapping[str, Node] | None) -> Thing:
    fields: dict[str, Any] = {}
    for part in parts(node):
        if part.type != "pair":
            raise ValueError("an object with more than keys and values")
        fields[_key(field(part, "key"))] = literal(field(part, "value"), constants)
    if "__proto__" in fields:
        raise ValueError("an object with its own prototype")
    # integer keys come first, in order
    numbers = sorted((key for key in fields if re.fullmatch(r"0|[1-9]\d{0,8}", key)), key=int)
    order = [*numbers, *(key for key in fields if key not in numbers)]
    return Thing("Object", (), tuple((key, fields[key]) for key in order))


def _key(node: Node) -> str:
    if node.type == "property_identifier":
        return text(node)
    if node.type == "string":
        return _string(node)
    if node.type == "number":
        value = _number(node)
        if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
            return str(int(value))
    raise ValueError("a computed key")


def _unary(sign: str, value: Any) -> Any:
    if sign == "void":
        return UNDEFINED
    if sign == "!" and isinstance(value, (bool, float)):
        return not value or value != value
    if sign == "-" and isinstance(value, BigInt):
        return BigInt(-value.value)
    if sign in {"-", "+"} and isinstance(value, float):
        return -value if sign == "-" else value
    raise ValueError(f"{sign} on something that is not a number")


def _divide(left: float, right: float) -> float:
    if right:
        return left / right
    return math.nan if left == 0 or math.isnan(left) else math.copysign(math.inf, left) * math.copysign(1, right)


_OPERATORS: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divide,
    "%": lambda left, right: math.fmod(left, right) if right and math.isfinite(left) else math.nan,
    "**": math.pow,
}


def _binary(sign: str, left: Any, right: Any) -> Any:
    if sign == "+" and isinstance(left, str) and isinstance(right, str):
        return left + right
    if sign in _OPERATORS and isinstance(left, float) and isinstance(right, float):
        try:
            return _OPERATORS[sign](left, right)
        except (ArithmeticError, ValueError) as error:
            raise ValueError(str(error)) from None
    raise ValueError("arithmetic on something that is not a number")


def _new(constructor: str, given: list[Any]) -> Thing:
    items = given[0].parts if given and isinstance(given[0], Thing) and given[0].kind == "Array" else None
    if constructor in {"Set", "Map"} and not given:
        return Thing(constructor)
    if constructor == "Set" and items is not None:
        return Thing("Set", tuple({json.dumps(repr(item)): item for item in items}.values()))
    if constructor == "Map" and items is not None:
        pairs = [part for part in items if isinstance(part, Thing) and part.kind == "Array" and len(part.parts) == 2]
        if len(pairs) == len(items):
            return Thing("Map", tuple({repr(pair.parts[0]): pair for pair in pairs}.values()))
    if constructor == "Date" and len(given) == 1:
        if isinstance(given[0], float):
            return Thing("Date", (given[0],))
        zoned = isinstance(given[0], str) and re.fullmatch(r"\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?", given[0])
        if zoned:
            moment = datetime.fromisoformat(given[0] if "T" in given[0] else given[0] + "T00:00:00+00:00")
            return Thing("Date", (round(moment.timestamp() * 1000) + 0.0,))
    raise ValueError("not a literal")
