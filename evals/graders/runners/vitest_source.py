"""Test files of vitest, read and changed: their tests, and the flipped form in which every test must fail.

A test is flipped at the point that decides: what a query looks for or a matcher expects is changed, else its last
expectation is negated, else a failing expectation is added at its end. Only code that always runs is changed: no expectation in
a branch, a loop, a callback or a ``waitFor``. Of each test there are several flipped copies, and one that is as it was, under
titles that do not tell which; of one whose title is computed there is the flipped one alone.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass

from evals.errors import TaskFault
from evals.graders.runners import Copy, copies_for
from evals.graders.runners.lookalikes import ROLES, other_value, other_words
from evals.javascript.literals import arguments_of, string_value
from evals.javascript.trees import AnyNode as Node
from evals.javascript.trees import edited, parse_file, walk
from evals.javascript.trees import text as text_of

GLOBALS = ("afterAll", "afterEach", "beforeAll", "beforeEach", "describe", "expect", "it", "suite", "test", "vi")
_TESTS, _SUITES = {"test", "it"}, {"describe", "suite"}
_SKIPS = {"skip", "todo", "only", "fails", "skipIf", "runIf"}
_FUNCTIONS = {"arrow_function", "function_expression", "function", "function_declaration"}
_BRANCHES = {
    *("if_statement", "for_statement", "for_in_statement", "while_statement", "do_statement", "switch_statement"),
    *("try_statement", "ternary_expression", "method_definition", "class_body", "generator_function"),
}
_FIRST = {
    *("toBe", "toEqual", "toStrictEqual", "toHaveLength", "toContain", "toContainEqual", "toHaveTextContent", "toHaveValue"),
    *(
        "toHaveDisplayValue",
        "toHaveBeenCalledTimes",
        "toHaveBeenCalledWith",
        "toHaveBeenLastCalledWith",
        "toMatch",
        "toBeCloseTo",
    ),
}
_LAST = {"toHaveAttribute", "toHaveProperty"}
_QUERY = ("Text", "LabelText", "TestId", "PlaceholderText", "AltText", "Title", "DisplayValue", "Role")
_GETS = {f"get{every}By{what}" for what in _QUERY for every in ("", "All")}
_MAYBES = {f"query{every}By{what}" for what in _QUERY for every in ("", "All")}
_SEEN = {"toBeInTheDocument", "toBeVisible", "toBeTruthy"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TestCall:
    """One ``test(...)``: its full title (None if computed), its callback's node (None if not inline)."""

    title: str | None
    body: Node | None
    line: int
    banned: str = ""
    node: Node | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Expectation:
    """``expect(subject).modifiers.matcher(arguments)``, and whether it always runs."""

    node: Node
    subject: Node | None
    negated: Node | None
    matcher: str
    member: Node
    sure: bool


def find_tests(name: str, text: str) -> list[TestCall]:
    """The tests of a file, in order.

    Raises:
        TaskFault: the file cannot be parsed.
    """
    root = parse_file(name, text)
    if root.has_error:
        line = next((n.start_point[0] + 1 for n in walk(root) if n.type == "ERROR" or n.is_missing), 1)
        raise TaskFault(f"{name}:{line}: the test file cannot be parsed")
    return list(_tests(root, []))


def _tests(node: Node, scope: list[str | None]) -> Iterator[TestCall]:
    for child in node.children:
        kind, banned, each = _called(child)
        given = arguments_of(child) if kind else []
        if not kind or len(given) < 1:
            yield from _tests(child, scope)
            continue
        title = None if each else string_value(given[0])
        body = next((arg for arg in given[1:] if arg.type in _FUNCTIONS), None)
        if kind == "suite" and body is not None:
            yield from _tests(body, [*scope, title])
        elif kind == "test":
            parts = [*scope, title]
            full = None if None in parts else " > ".join(str(part) for part in parts)
            yield TestCall(title=full, body=body, line=child.start_point[0] + 1, banned=banned, node=child)


def _called(node: Node) -> tuple[str, str, bool]:
    """``test`` or ``suite`` where this node calls one, a banned modifier, and whether it is a table of tests."""
    if node.type != "call_expression":
        return "", "", False
    at, names = node.child_by_field_name("function"), []
    while at is not None and at.type in {"member_expression", "call_expression"}:
        if at.type == "member_expression":
            names.append(text_of(at.child_by_field_name("property")))
            at = at.child_by_field_name("object")
        else:
            at = at.child_by_field_name("function")
    if at is None or at.type != "identifier":
        return "", "", False
    each = bool({"each", "for"} & set(names))
    function = node.child_by_field_name("function")
    if each and function.type == "member_expression":  # test.each(table) itself, not yet the call with the title
        return "", "", False
    banned = next((name for name in names if name in _SKIPS), "")
    root = text_of(at)
    return ("test" if root in _TESTS else "suite" if root in _SUITES else ""), banned, each


def flip(name: str, text: str, luck: random.Random) -> tuple[str, dict[str, Copy]]:
    """The file with every test changed so that it must fail for a right answer, and its copies by the titles they run under.

    Raises:
        TaskFault: the file cannot be parsed, or a test's callback is not written inline.
    """
    tests = find_tests(name, text)
    titles = [test.title for test in tests]
    words = [word for title in titles for word in (title or "").split(" > ")[-1].split() if word.isalnum()] or ["works"]
    taken = {title or "" for title in titles}
    edits: list[tuple[int, int, str]] = []
    copies: dict[str, Copy] = {}
    for test in tests:
        if test.body is None or test.node is None:
            raise TaskFault(f"{name}:{test.line}: the test's callback must be written inline, to be flipped")
        if test.title is None or titles.count(test.title) > 1 or test.node.parent.type != "expression_statement":
            edits.append(_flip(test.body, _token(luck)))
            continue
        scope, _, own = test.title.rpartition(" > ")
        called = [own, *(other_title(words, taken, f"{scope} > " if scope else "", luck) for _ in range(copies_for(len(tests))))]
        true = luck.randrange(len(called))
        written = []
        for place, title in enumerate(luck.sample(called, len(called))):
            copies[f"{scope} > {title}" if scope else title] = Copy(name=test.title, flipped=place != true)
            written.append(_copied(test.node, test.body, title, "" if place == true else _token(luck)))
        edits.append((test.node.start_byte, test.node.end_byte, "; ".join(written)))
    return edited(text, edits), copies


def _token(luck: random.Random) -> str:
    return f"{luck.choice('kqvxz')}{luck.getrandbits(24):06x}"


def _copied(call: Node, body: Node, title: str, token: str) -> str:
    """The call of a test with another title, flipped where there is a token."""
    given = arguments_of(call)[0]
    edits = [(given.start_byte, given.end_byte, json.dumps(title)), *([_flip(body, token)] if token else [])]
    data, at, parts = text_of(call).encode(), call.start_byte, []
    for start, end, put in sorted(edits):
        parts += [data[at - call.start_byte : start - call.start_byte], put.encode()]
        at = end
    return b"".join([*parts, data[at - call.start_byte :]]).decode()


def other_title(words: list[str], taken: set[str], scope: str, luck: random.Random) -> str:
    """A title that looks like the file's own titles but differs from all those ``taken``, to which it is added with its scope."""
    while True:
        title = " ".join(luck.choice(words) for _ in range(luck.randint(3, 6)))
        if scope + title not in taken:
            taken.add(scope + title)
            return title
        words = [*words, f"{luck.getrandbits(16):x}"]


def _flip(callback: Node, token: str) -> tuple[int, int, str]:
    body = callback.child_by_field_name("body")
    seen = [e for e in _expectations(body) if e.sure]
    for expectation in reversed(seen):
        target = _value(expectation)
        if target is not None:
            return target.start_byte, target.end_byte, _other(target, token)
    if seen:
        return _negated(seen[-1])
    target = _last_query(body)
    if target is not None:
        return target.start_byte, target.end_byte, _other(target, token)
    if body.type == "statement_block":
        return body.end_byte - 1, body.end_byte - 1, f";expect('{token}').toBe('{token[::-1]}-');"
    return body.start_byte, body.end_byte, f"[{text_of(body)}, expect('{token}').toBe('{token[::-1]}-')]"


def _expectations(body: Node) -> list[_Expectation]:
    expectations: list[_Expectation] = []
    for node, sure in _reached(body):
        if node.type != "call_expression":
            continue
        member = node.child_by_field_name("function")
        if member.type != "member_expression":
            continue
        matcher, at, negated = text_of(member.child_by_field_name("property")), member.child_by_field_name("object"), None
        while at.type == "member_expression":
            word = at.child_by_field_name("property")
            if text_of(word) == "not":
                negated = at
            at = at.child_by_field_name("object")
        if at.type == "call_expression" and text_of(at.child_by_field_name("function")) in {"expect", "expect.soft"}:
            subject = next(iter(arguments_of(at)), None)
            expectations.append(
                _Expectation(node=node, subject=subject, negated=negated, matcher=matcher, member=member, sure=sure)
            )
    return expectations


def _reached(body: Node) -> Iterator[tuple[Node, bool]]:
    """The nodes of a callback's body, each with whether it always runs when the body does."""
    stack = [(body, True)]
    while stack:
        node, sure = stack.pop()
        yield node, sure
        inner = sure and node.type not in _BRANCHES and node.type not in _FUNCTIONS
        stack.extend((child, inner) for child in reversed(node.children))


def _value(expectation: _Expectation) -> Node | None:
    """The node whose value decides a positive expectation, or None."""
    if expectation.negated is not None or expectation.subject is None:
        return None
    names = _GETS | _MAYBES if expectation.matcher in _SEEN else _GETS
    for node, sure in _reached(expectation.subject):
        if sure and (target := _queried(node, names)) is not None:
            return target
    given = arguments_of(expectation.node)
    if given and expectation.matcher in _FIRST | _LAST:
        target = given[0] if expectation.matcher in _FIRST else given[-1]
        return None if target.type == "spread_element" else target
    return None


def _queried(node: Node, names: set[str]) -> Node | None:
    """What a query of the testing library looks for."""
    if node.type != "call_expression":
        return None
    function = node.child_by_field_name("function")
    word = function.child_by_field_name("property") if function.type == "member_expression" else function
    given = arguments_of(node)
    if word is None or text_of(word) not in names or not given or given[0].type == "spread_element":
        return None
    if text_of(word).endswith("Role") and len(given) > 1 and given[1].type == "object":
        for pair in given[1].named_children:
            if pair.type == "pair" and text_of(pair.child_by_field_name("key")) == "name":
                return pair.child_by_field_name("value")
    return given[0]


def _root(node: Node) -> Node:
    while node.parent is not None:
        node = node.parent
    return node


def _last_query(body: Node) -> Node | None:
    query = None
    for node, sure in _reached(body):
        if sure and (target := _queried(node, _GETS)) is not None:
            query = target
    return query


def _negated(expectation: _Expectation) -> tuple[int, int, str]:
    if expectation.negated is not None:
        before = expectation.negated.child_by_field_name("object")
        return before.end_byte, expectation.negated.end_byte, ""
    word = expectation.member.child_by_field_name("property")
    return word.start_byte, word.start_byte, "not."


def _other(node: Node, token: str) -> str:
    """An expression for another value of the same kind; for a literal, one that looks alike."""
    luck, source = random.Random(token), text_of(node)
    around = text_of(_root(node))
    if (value := string_value(node)) is not None:
        role = node.parent.type == "arguments" and "ByRole" in text_of(node.parent.parent.child_by_field_name("function"))
        changed = luck.choice([r for r in ROLES if r != value]) if role else other_words(value, luck, around)
        if changed is not None:
            return json.dumps(changed)
    elif node.type == "regex":
        pattern = text_of(node.child_by_field_name("pattern"))
        flags = node.child_by_field_name("flags")
        changed = None if "\\" in pattern or "|" in pattern else other_words(pattern, luck, around)
        if changed is not None:
            return f"/{changed}/{text_of(flags) if flags is not None else ''}"
    elif node.type == "number" and source.isdigit() and len(source) < 9:
        return str(other_value(int(source), luck, around)).replace("-", "1")
    elif source in {"true", "false"}:
        return "false" if source == "true" else "true"
    return (
        f"((v) => typeof v === 'string' ? v + '{token}' : typeof v === 'boolean' ? !v : typeof v === 'number' ? "
        f"(Number.isFinite(v) ? v + 977 + Math.abs(v) : 12345) : v instanceof RegExp ? new RegExp('(?:' + v.source + '){token}', "
        f"v.flags) : Symbol('{token}'))({source})"
    )


def with_imports(name: str, text: str) -> str:
    """The file with an import of vitest's names that it uses without importing them; lines keep their numbers."""
    declared, used = set(), set()
    for node in walk(parse_file(name, text)):
        if node.type in {"import_specifier", "import_clause", "variable_declarator", "namespace_import"}:
            declared |= {text_of(part) for part in walk(node.child_by_field_name("name") or node) if part.type == "identifier"}
            alias = node.child_by_field_name("alias")
            declared |= {text_of(alias)} if alias is not None else set()
        elif node.type == "identifier":
            used.add(text_of(node))
    wanted = [name for name in GLOBALS if name in used - declared]
    return f"import {{ {', '.join(wanted)} }} from 'vitest'; {text}" if wanted else text
