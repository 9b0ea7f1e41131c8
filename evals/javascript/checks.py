"""Checks in JavaScript or TypeScript, taken apart so that expected values never enter the sandbox.

``console.assert(f(1) === 2)`` becomes a step that evaluates ``f(1)`` inside and the value ``2`` that stays outside; the
known assertions are in ``evals.javascript.claims``. Functions that assert and are called, and ``test``, ``it`` and
``describe``, are opened up where they are called. What is not an assertion is set-up and runs inside, in order, in one scope:
the steps' sources, joined, are the body of one asynchronous function (see ``evals/graders/inside/driver.js``).

Where both sides are computed, and in loops and branches, ``expected`` is a ``Reference``: the golden's values, from a run
of its own. A condition that only code can decide (``inside``) shares its process with the answer, though not its realm, which
is weaker.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from tree_sitter import Node

from evals.checks import Step
from evals.errors import TaskFault
from evals.javascript.claims import Claim, claims, condition_of, is_assertion
from evals.javascript.literals import bare, literal
from evals.javascript.modules import without_imports
from evals.javascript.trees import field, parse_sound, parse_source, parts, text, walk
from evals.javascript.values import Thing
from evals.javascript.wanted import Mode, Reference, Wanted

_FUNCTIONS = {"arrow_function", "function_expression", "function_declaration"}
_DECLARATIONS = {"lexical_declaration", "variable_declaration"}
_TEST_WORDS = {"test", "it", "describe"}
_PROVIDED = re.compile(r"(node:)?(assert(/strict)?|test|vitest)|@jest/globals|lodash|chai")
_PLAIN_NAME = re.compile(r"[\w$]+(\s*\??:[^=]+)?")


@lru_cache(maxsize=4096)
def parse_javascript(source: str, place: str = "checks") -> tuple[Step, ...]:
    """Take checks apart into steps.

    Raises:
        TaskFault: they are neither JavaScript nor TypeScript, have an assertion of an unknown form, or assert nothing.
    """
    root = parse_source(source, "javascript")
    if root.has_error:
        root = parse_source(source, "typescript")
    if root.has_error:
        root = parse_sound(source, "javascript", place)
    constants = _constants(root)
    outside = set(constants)
    while True:
        reader = _Reader(source.encode(), place, root, constants, outside)
        reader.read()
        program = "".join(step.source for step in reader.steps)
        inside = {name for name in outside if re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", program)}
        if not inside:
            break
        # Used as more than an expected value: it is declared inside, and could be changed there if it is not a primitive.
        outside -= inside
        constants = {k: v for k, v in constants.items() if k not in inside or not isinstance(literal(v), Thing)}
    if all(step.kind == "run" for step in reader.steps):
        raise TaskFault(f"{place}: nothing is checked; write at least one line such as `console.assert(f(1) === 2)`")
    return tuple(reader.steps)


def _constants(root: Node) -> dict[str, Node]:
    """Names that are declared once in the whole of the checks, with a literal, and never assigned to."""
    declared: dict[str, list[Node | None]] = {}
    for node in walk(root):
        if node.type == "variable_declarator" and field(node, "name").type == "identifier":
            declared.setdefault(text(field(node, "name")), []).append(node.child_by_field_name("value"))
            continue
        targets = [node.child_by_field_name(name) for name in ("left", "argument", "parameter", "parameters")]
        if node.type in _BINDING:
            for target in targets if node.type not in {"object_pattern", "array_pattern"} else [node]:
                for inner in walk(target) if target is not None else ():
                    declared.setdefault(text(inner), []).append(None)
    single = {name: nodes[0] for name, nodes in declared.items() if len(nodes) == 1}
    return {name: node for name, node in single.items() if node is not None and _is_literal(node)}


_BINDING = {
    "assignment_expression",
    "augmented_assignment_expression",
    "update_expression",
    "for_in_statement",
    "object_pattern",
    "array_pattern",
    *_FUNCTIONS,
}


def _is_literal(node: Node) -> bool:
    try:
        literal(node)
    except ValueError:
        return False
    return True


def _declared_function(node: Node) -> tuple[str, Node | None]:
    """Name and function of ``function f() {}`` or ``f = () => {}`` in a declaration of one name."""
    if node.type == "function_declaration":
        return text(field(node, "name")), node
    declarators = parts(node) if node.type in _DECLARATIONS else []
    if len(declarators) == 1:
        value = declarators[0].child_by_field_name("value")
        if value is not None and value.type in _FUNCTIONS:
            return text(field(declarators[0], "name")), value
    return "", None


def _own(body: Node) -> list[Node]:
    """The nodes below a function's body that are not those of another function."""
    nodes, stack = [], list(body.children)
    while stack:
        node = stack.pop()
        nodes.append(node)
        if node.type not in _FUNCTIONS:
            stack.extend(node.children)
    return nodes


class _Reader:
    """Reads one set of checks; ``pending`` is text (braces) to put before that of the next step."""

    def __init__(self, source: bytes, place: str, root: Node, constants: Mapping[str, Node], outside: set[str]) -> None:
        self.source = source
        self.place = place
        self.root = root
        self.constants = constants
        self.outside = outside
        self.steps: list[Step] = []
        self.pending = ""
        self.tests: dict[str, Node] = {}
        self.opened: list[str] = []

    def read(self) -> None:
        for node in walk(self.root):
            name, function = _declared_function(node)
            if function is not None and any(map(is_assertion, walk(field(function, "body")))):
                self.tests[name] = function
        for statement in parts(self.root):
            self.statement(statement)
        if self.pending and self.steps:
            self.steps[-1] = replace(self.steps[-1], source=self.steps[-1].source + self.pending)

    def fault(self, node: Node, message: str) -> TaskFault:
        return TaskFault(f"{self.place}:{node.start_point[0] + 1}: {message}")

    def add(self, node: Node, kind: Any, source: str, **more: Any) -> None:
        line = node.start_point[0] + 1
        self.steps.append(Step(kind=kind, source=self.pending + source, text=text(node), line=line, **more))
        self.pending = ""

    def statement(self, node: Node) -> None:
        if node.type in {"empty_statement", "hash_bang_line"} or self.is_provided(node):
            return
        if _declared_function(node)[0] in self.tests or self.stays_outside(node):
            return
        if node.type == "export_statement":
            raise self.fault(node, f"checks export nothing, found `{text(node)[:60]}`")
        if not self.asserts(node):
            number = len(self.steps)
            self.add(node, "run", f"$at({number});{without_imports(node)}\n$done({number});\n")
        elif node.type == "statement_block":
            self.block("{", parts(node))
        elif node.type == "expression_statement":
            self.expression(node, bare(parts(node)[0]))
        else:
            self.region(node)

    def is_provided(self, node: Node) -> bool:
        """Imports of the assertion libraries, which are not needed inside."""
        if node.type == "import_statement" and node.child_by_field_name("source") is not None:
            return _PROVIDED.fullmatch(literal(field(node, "source"))) is not None
        match = re.search(r"=\s*require\(\s*['\"]([^'\"]+)['\"]\s*\)", text(node)) if node.type in _DECLARATIONS else None
        return match is not None and len(parts(node)) == 1 and _PROVIDED.fullmatch(match[1]) is not None

    def stays_outside(self, node: Node) -> bool:
        """Whether this declares nothing but expected values."""
        if node.type not in _DECLARATIONS:
            return False
        return all(text(field(part, "name")) in self.outside for part in parts(node))

    def asserts(self, node: Node) -> bool:
        return any(is_assertion(inner) or self.called(inner) for inner in walk(node))

    def called(self, node: Node) -> str:
        """The asserting function that a call calls; empty if it is not one."""
        name = text(field(node, "function")) if node.type == "call_expression" else ""
        return name if name in self.tests else ""

    def expression(self, statement: Node, node: Node) -> None:
        if is_assertion(node):
            for claim in self.claims(node):
                self.claim(statement, claim)
            return
        if node.type == "call_expression":
            function, arguments = bare(field(node, "function")), parts(field(node, "arguments"))
            if name := self.called(node):
                self.open(statement, self.tests[name], arguments, name)
                return
            if text(function) in _TEST_WORDS and len(arguments) >= 2 and arguments[1].type in _FUNCTIONS:
                self.open(statement, arguments[1], [], "")
                return
            if function.type in _FUNCTIONS:
                self.open(statement, function, arguments, "")
                return
        self.region(statement)

    def open(self, statement: Node, function: Node, arguments: list[Node], name: str) -> None:
        """The body of a function that asserts, as a block where it is called."""
        if name and name in self.opened:
            raise self.fault(statement, f"{name} asserts and calls itself; write it out")
        body, listed = field(function, "body"), function.child_by_field_name("parameters")
        names = [text(part) for part in parts(listed)] if listed is not None else _single(function)
        given = [text(argument) for argument in arguments]
        simple = all(map(_PLAIN_NAME.fullmatch, names)) and len(names) == len(given)
        if not simple or body.type != "statement_block" or any(inner.type == "return_statement" for inner in _own(body)):
            self.region(statement)
            return
        self.opened.append(name)
        bound = "".join(f"const {left} = {value};" for left, value in zip(names, given, strict=True) if left != value)
        self.block("{" + bound, parts(body))
        self.opened.pop()

    def block(self, opening: str, statements: list[Node]) -> None:
        self.pending += opening
        for statement in statements:
            self.statement(statement)
        self.pending += "}"

    def claims(self, node: Node) -> tuple[Claim, ...]:
        try:
            return claims(node, self.constants)
        except TaskFault as error:
            raise TaskFault(f"{self.place}:{error}") from None

    def claim(self, node: Node, claim: Claim) -> None:
        number = len(self.steps)

        def asked(expression: str) -> str:
            return f"await $step({number}, async () => ({expression}));\n"

        if claim.wanted is not None:
            self.add(node, "value", asked(claim.actual), expected=claim.wanted)
        elif claim.raises:
            self.add(node, "raises", asked(claim.actual), expected=claim.raises, match=claim.match)
        elif claim.other:
            self.add(node, "value", asked(_recorded(0, claim, "await ")), expected=Reference(sought=(claim.mode,)))
        else:
            self.add(node, "inside", asked(f"$hold({claim.actual})"))

    def region(self, node: Node) -> None:
        """A statement with assertions that run any number of times: a loop, a branch, a callback."""
        helpers = {name: self.tests[name] for inner in walk(node) if (name := self.called(inner))}
        whole = [*helpers.values(), node]
        assertions = [inner for statement in whole for inner in walk(statement) if is_assertion(inner)]
        sought: list[Mode | Wanted] = []
        pieces: dict[Node, str] = {}
        inside = False
        for inner in assertions:
            records = []
            for claim in self.claims(inner):
                if claim.raises:
                    raise self.fault(inner, f"`{text(inner)[:80]}` cannot stand in a loop, a branch or a callback")
                inside = inside or (claim.wanted is None and not claim.other)
                records.append(_recorded(len(sought), claim, ""))
                sought.append(claim.wanted or claim.mode)
            pieces[inner] = records[0] if len(records) == 1 else f"$all({', '.join(records)})"
        if inside:
            pieces = {inner: f"$hold({condition})" for inner in assertions if (condition := condition_of(inner))}
            if len(pieces) < len(assertions):
                raise self.fault(node, f"`{text(node)[:80]}` mixes conditions and values; give each assertion its own statement")
        declared = "".join(f"const {name} = {self.replaced(helper, pieces)};" for name, helper in helpers.items())
        source = f"await $step({len(self.steps)}, async () => {{ {declared} {self.replaced(node, pieces)} }});\n"
        self.add(node, "inside" if inside else "value", source, expected=None if inside else Reference(sought=tuple(sought)))

    def replaced(self, node: Node, pieces: Mapping[Node, str]) -> str:
        """A node's source with other text for some of the nodes in it."""
        out, at = b"", node.start_byte
        for inner, piece in sorted(pieces.items(), key=lambda item: item[0].start_byte):
            if at <= inner.start_byte and inner.end_byte <= node.end_byte:
                out += self.source[at : inner.start_byte] + piece.encode()
                at = inner.end_byte
        return (out + self.source[at : node.end_byte]).decode()


def _single(function: Node) -> list[str]:
    parameter = function.child_by_field_name("parameter")
    return [text(parameter)] if parameter is not None else []


def _recorded(number: int, claim: Claim, wait: str) -> str:
    second = f", {wait}({claim.other})" if claim.other else ""
    return f"$record({number}, {wait}({claim.actual}){second})"
