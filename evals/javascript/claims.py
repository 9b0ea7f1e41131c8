"""What one JavaScript assertion claims: an expression to evaluate inside, and what its value must be, kept outside.

Covers ``console.assert`` and ``assert`` of comparisons, Node's ``assert.*``, ``expect(..)`` with the matchers below, and
``JSON.stringify(A) === JSON.stringify(B)``. A comparison of two computed values needs a reference (``other``); any other
condition can be decided inside only (``condition``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from tree_sitter import Node

from evals.errors import TaskFault
from evals.javascript.literals import bare, literal
from evals.javascript.trees import field, parts, text
from evals.javascript.values import UNDEFINED, Mode, Thing
from evals.javascript.wanted import Test, Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One thing that an assertion says of ``actual``, an expression.

    Exactly one of these is set: ``wanted``; ``other``, the expression that it must equal by ``mode``; ``raises`` with
    ``match``, what must be thrown; or none of them, and ``actual`` is a condition that must hold inside.
    """

    actual: str
    wanted: Wanted | None = None
    other: str = ""
    mode: Mode = "strict"
    raises: tuple[str, ...] = ()
    match: str = ""


ANYTHING = "thrown"
"""The name that the driver gives to whatever was thrown, after the names of its classes."""
Constants = Mapping[str, Node]
_CONDITIONS = {"console.assert", "assert", "assert.ok", "assert.strict.ok"}
_NODE_ASSERTS: Mapping[str, tuple[Mode, bool]] = {
    "equal": ("loose", False),
    "notEqual": ("loose", True),
    "strictEqual": ("is", False),
    "notStrictEqual": ("is", True),
    "deepEqual": ("deep_loose", False),
    "notDeepEqual": ("deep_loose", True),
    "deepStrictEqual": ("deep", False),
    "notDeepStrictEqual": ("deep", True),
}
_ALWAYS_STRICT = {"equal": "strictEqual", "notEqual": "notStrictEqual", "deepEqual": "deepStrictEqual"}
_MATCHERS: Mapping[str, Mode] = {"toBe": "is", "toEqual": "like", "toStrictEqual": "deep"}
_FIXED: Mapping[str, Wanted] = {
    "toBeTruthy": Wanted(test="truthy"),
    "toBeFalsy": Wanted(test="truthy", negated=True),
    "toBeNull": Wanted(value=None, mode="is"),
    "toBeUndefined": Wanted(value=UNDEFINED, mode="is"),
    "toBeDefined": Wanted(test="defined"),
    "toBeNaN": Wanted(value=float("nan"), mode="is"),
}
_TAKING: Mapping[str, Test] = {
    "toBeLessThan": "<",
    "toBeLessThanOrEqual": "<=",
    "toBeGreaterThan": ">",
    "toBeGreaterThanOrEqual": ">=",
    "toHaveLength": "length",
    "toContain": "contains",
    "toContainEqual": "contains",
}
_EQUALS: Mapping[str, Mode] = {
    "_.isEqual": "same",
    "isDeepStrictEqual": "deep",
    "util.isDeepStrictEqual": "deep",
    "Object.is": "is",
}
_SIGNS: Mapping[str, tuple[Mode, bool]] = {
    "===": ("strict", False),
    "==": ("loose", False),
    "!==": ("strict", True),
    "!=": ("loose", True),
}
_MIRRORED: Mapping[str, Test] = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def is_assertion(node: Node) -> bool:
    """Whether a call asserts: ``console.assert(..)``, ``assert(..)``, ``assert.name(..)``, ``expect(..).matcher(..)``."""
    if node.type != "call_expression":
        return False
    function = field(node, "function")
    name = text(function)
    if name in {"console.assert", "assert"} or re.fullmatch(r"assert(\.strict)?\.\w+", name):
        return True
    return function.type == "member_expression" and _expected(function) is not None


def _expected(node: Node) -> Node | None:
    """The call ``expect(..)`` at the root of a chain of members."""
    while node.type == "member_expression":
        node = field(node, "object")
    if node.type == "call_expression" and text(field(node, "function")) == "expect":
        return node
    return None


def condition_of(call: Node) -> str:
    """The condition that a call asserts, as source; empty for other forms."""
    arguments = parts(field(call, "arguments"))
    plain = text(field(call, "function")) in _CONDITIONS
    return text(arguments[0]) if plain and arguments else ""


def claims(call: Node, constants: Constants) -> tuple[Claim, ...]:
    """What an assertion claims.

    Raises:
        TaskFault: the form of assertion is not known; the message lists the known ones.
    """
    function, arguments = field(call, "function"), parts(field(call, "arguments"))
    name = text(function)
    try:
        if name in _CONDITIONS:
            return tuple(_condition(arguments[0], constants, negated=False))
        if name.startswith("assert."):
            return (_node_assert(name, arguments, constants),)
        return (_expectation(function, arguments, constants),)
    except (IndexError, ValueError) as error:
        why = "arguments are missing" if isinstance(error, IndexError) else error
        raise TaskFault(f"{call.start_point[0] + 1}: `{text(call)[:120]}`: {why}") from None


def _node_assert(name: str, arguments: list[Node], constants: Constants) -> Claim:
    *strict, method = name.removeprefix("assert.").split(".")
    if strict:
        method = _ALWAYS_STRICT.get(method, method)
    if method in _NODE_ASSERTS:
        mode, negated = _NODE_ASSERTS[method]
        return _compared(arguments[0], arguments[1], mode, negated, constants)
    if method in {"throws", "rejects"}:
        return _thrown(arguments[0], arguments[1:])
    if method in {"doesNotThrow", "doesNotReject"}:
        return Claim(actual=_called(arguments[0]), wanted=Wanted(test="any"))
    known_names = ", ".join([*_NODE_ASSERTS, "ok", "throws", "rejects", "doesNotThrow", "doesNotReject"])
    raise ValueError(f"assert.{method} is not known; there are: {known_names}")


def _expectation(function: Node, arguments: list[Node], constants: Constants) -> Claim:
    call = _expected(function)
    assert call is not None
    actual = parts(field(call, "arguments"))[0]
    words = re.findall(r"\w+", text(function)[len(text(call)) :])
    *between, matcher = words
    negated = between.count("not") % 2 == 1
    if set(between) - {"not", "resolves", "rejects"}:
        raise ValueError(f"expect(..).{'.'.join(between)} is not known; there are: not, resolves, rejects")
    if matcher in {"toThrow", "toThrowError"}:
        if negated:
            return Claim(actual=_called(actual), wanted=Wanted(test="any"))
        thrown = _thrown(actual, arguments)
        return replace(thrown, actual=text(actual)) if "rejects" in between else thrown
    if "rejects" in between:
        raise ValueError("expect(..).rejects takes toThrow only")
    return _matched(matcher, actual, arguments, constants, negated)


def _matched(matcher: str, actual: Node, arguments: list[Node], constants: Constants, negated: bool) -> Claim:
    if matcher in _MATCHERS:
        return _compared(actual, arguments[0], _MATCHERS[matcher], negated, constants)
    wanted: Wanted | None = _FIXED.get(matcher)
    if matcher == "toBeCloseTo":
        digits = literal(arguments[1], constants) if len(arguments) > 1 else 2.0
        wanted = Wanted(test="close", value=literal(arguments[0], constants), within=10.0**-digits / 2)
    elif matcher in _TAKING:
        mode: Mode = "like" if matcher == "toContainEqual" else "is"
        wanted = Wanted(test=_TAKING[matcher], value=literal(arguments[0], constants), mode=mode)
    if wanted is None:
        known_names = ", ".join([*_MATCHERS, *_FIXED, "toBeCloseTo", *_TAKING, "toThrow"])
        raise ValueError(f"the matcher {matcher} is not known; there are: {known_names}")
    return Claim(actual=text(actual), wanted=replace(wanted, negated=wanted.negated is not negated))


def _compared(left: Node, right: Node, mode: Mode, negated: bool, constants: Constants) -> Claim:
    for actual, expected in ((left, right), (right, left)):
        try:
            value = literal(expected, constants)
        except ValueError:
            continue
        return Claim(actual=text(actual), wanted=Wanted(value=value, mode=mode, negated=negated))
    if negated:
        raise ValueError("a negated comparison needs a literal on one side")
    return Claim(actual=text(left), other=text(right), mode=mode)


def _condition(node: Node, constants: Constants, *, negated: bool) -> Iterator[Claim]:
    """Claims of a condition that must be truthy, or falsy where negated."""
    node = bare(node) if bare(node).type != "await_expression" else node
    if node.type == "unary_expression" and text(field(node, "operator")) == "!":
        yield from _condition(field(node, "argument"), constants, negated=not negated)
    elif node.type == "binary_expression":
        sign = text(field(node, "operator"))
        left, right = field(node, "left"), field(node, "right")
        if sign == ("||" if negated else "&&"):
            yield from _condition(left, constants, negated=negated)
            yield from _condition(right, constants, negated=negated)
        else:
            yield _comparison(sign, left, right, constants, negated) or _decided_inside(node, negated)
    elif node.type == "call_expression" and text(field(node, "function")) in _EQUALS:
        left, right = parts(field(node, "arguments"))
        mode = _EQUALS[text(field(node, "function"))]
        yield _equality(left, right, mode, negated, constants) or _decided_inside(node, negated)
    elif node.type == "ternary_expression":
        yield _decided_inside(node, negated)
    else:
        yield Claim(actual=text(node), wanted=Wanted(test="truthy", negated=negated))


def _decided_inside(node: Node, negated: bool) -> Claim:
    return Claim(actual=f"!({text(node)})" if negated else text(node))


def _comparison(sign: str, left: Node, right: Node, constants: Constants, negated: bool) -> Claim | None:
    if sign in _SIGNS:
        mode, differs = _SIGNS[sign]
        inner = (_stringified(left), _stringified(right))
        if mode in {"strict", "loose"} and inner[0] is not None and inner[1] is not None:
            left, right, mode = inner[0], inner[1], "json"
        return _equality(left, right, mode, differs is not negated, constants)
    if sign not in _MIRRORED:
        return None
    if not negated and sign in {"<", "<="}:
        close = _close(left, right, constants)
        if close is not None:
            return close
    test: Test = sign  # type: ignore[assignment]
    for actual, bound, word in ((left, right, test), (right, left, _MIRRORED[sign])):
        try:
            value = literal(bound, constants)
        except ValueError:
            continue
        if isinstance(value, (float, str)):
            return Claim(actual=text(actual), wanted=Wanted(test=word, value=value, negated=negated))
    return None


def _equality(left: Node, right: Node, mode: Mode, negated: bool, constants: Constants) -> Claim | None:
    try:
        return _compared(left, right, mode, negated, constants)
    except ValueError:
        return None


def _stringified(node: Node) -> Node | None:
    """A of ``JSON.stringify(A)``."""
    node = bare(node)
    if node.type == "call_expression" and text(field(node, "function")) == "JSON.stringify":
        arguments = parts(field(node, "arguments"))
        return arguments[0] if len(arguments) == 1 else None
    return None


def _close(left: Node, right: Node, constants: Constants) -> Claim | None:
    """``Math.abs(A - 1.5) < 1e-6``, with the difference in either order."""
    call = bare(left)
    if call.type != "call_expression" or text(field(call, "function")) != "Math.abs":
        return None
    arguments = parts(field(call, "arguments"))
    difference = bare(arguments[0]) if len(arguments) == 1 else call
    if difference.type != "binary_expression" or text(field(difference, "operator")) != "-":
        return None
    try:
        within = literal(right, constants)
        claim = _compared(field(difference, "left"), field(difference, "right"), "strict", False, constants)
    except ValueError:
        return None
    if claim.wanted is None or not isinstance(claim.wanted.value, float) or not isinstance(within, float):
        return None
    return replace(claim, wanted=Wanted(test="close", value=claim.wanted.value, within=within))


def _called(node: Node) -> str:
    function = node.type in {"arrow_function", "function_expression", "identifier", "member_expression"}
    return f"({text(node)})()" if function else text(node)


def _thrown(node: Node, arguments: list[Node]) -> Claim:
    """What must be thrown: a class by name, a part of the message, a pattern in it, or anything."""
    raises, match = (ANYTHING,), ""
    for argument in arguments[:1]:
        if argument.type in {"identifier", "member_expression"}:
            raises = (text(argument).rsplit(".", 1)[-1],)
        elif argument.type == "string":
            match = re.escape(literal(argument))
        elif argument.type == "regex":
            match = _pattern(literal(argument))
        elif argument.type == "new_expression":
            raises = (text(field(argument, "constructor")),)
            match = "|".join(re.escape(literal(part)) for part in parts(field(argument, "arguments"))[:1])
        else:
            raise ValueError("expected an error's class, text or pattern")
    return Claim(actual=_called(node), raises=raises, match=match)


def _pattern(regex: Thing) -> str:
    pattern, flags = (str(part) for part in regex.parts)
    named = re.sub(r"\(\?<(?![=!])", "(?P<", pattern)
    kept = "".join(flag for flag in flags if flag in "ims")
    try:
        re.compile(f"(?{kept}){named}" if kept else named)
    except re.error as error:
        raise ValueError(f"the pattern /{pattern}/{flags} is not understood here ({error})") from None
    return f"(?{kept}){named}" if kept else named
