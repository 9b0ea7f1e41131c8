"""Disguises of code: the same program written, cut or wrapped in another way. Beyond renaming and layout (``disguise.py``).

None where a rewrite does not apply. Rewrites keep programs valid; ``changed_literals`` and ``half_of_code`` do not keep what
they do.
"""

from __future__ import annotations

import ast
import random
import re
import textwrap
from typing import ClassVar

import other_code
import python_code
from items import Item

_TYPES = ("any", "number[]", "string", "number", "Array<string>", "unknown")


def minified(item: Item, rng: random.Random) -> str | None:
    """One or two letters a name, no comments, as little white space as can be."""
    if item.language == "javascript":
        return _minified_javascript(item.code, rng)
    if item.language == "sql":
        return re.sub(r"\s+", " ", other_code.renamed(item.code, "sql", rng) or item.code).replace(", ", ",").strip()
    tree = _tree(item)
    if tree is None:
        return None
    names = sorted(python_code.own_names(tree))
    letters = iter([c for c in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" if c not in names])
    mapping = {name: next(letters, f"z{n}") for n, name in enumerate(names)}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            node.name = mapping.get(node.name, node.name)
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        if isinstance(node, ast.arg):
            node.arg, node.annotation = mapping.get(node.arg, node.arg), None
        if isinstance(node, ast.Name):
            node.id = mapping.get(node.id, node.id)
    lines = []
    for line in ast.unparse(tree).split("\n"):
        indent = (len(line) - len(line.lstrip())) // 4
        body = re.sub(r" ?([-+*/%<>=,:(){}\[\]|&]+) ?", r"\1", line.strip()) if not re.search(r"['\"]", line) else line.strip()
        simple = not re.match(r"(if|for|while|def|class|else|elif|try|except|with|finally|return|break|continue)\b", body)
        if lines and simple and lines[-1][0] == indent and lines[-1][2] and rng.random() < 0.8:
            lines[-1] = (indent, f"{lines[-1][1]};{body}", True)
        else:
            lines.append((indent, body, simple))
    return "\n".join(" " * indent + body for indent, body, _ in lines) + "\n"


def _minified_javascript(source: str, rng: random.Random) -> str | None:
    source = other_code.stripped(source, "javascript") or source
    own = sorted(other_code.js_names(source))
    letters = iter([c for c in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" if c not in own])
    text = other_code.mapped(source, "javascript", {name: next(letters, f"z{n}") for n, name in enumerate(own)})
    pieces: list[str] = []
    last = ""
    for kind, token in other_code.tokens(text, "javascript"):
        if kind == "space":
            if "\n" in token and re.search(r"[\w)\]'\"]$", last) and last not in ("else", "return"):
                pieces.append("\n")
            continue
        if kind == "comment":
            continue
        if pieces and re.match(r"[\w$]", token) and re.search(r"[\w$]$", pieces[-1]):
            pieces.append(" ")
        token = {"true": "!0", "false": "!1", "const": "let"}.get(token, token)
        pieces.append(token)
        last = token
    joined = re.sub(r"\n?([})\]])", r"\1", "".join(pieces))
    return re.sub(r"\n(?=[.?:+*/&|])", "", joined).replace("\n", ";").replace(";else", "else")


def restyled_tests(item: Item, rng: random.Random) -> str | None:
    """The tests alone, for another framework: doctest, unittest, a table for pytest, jest."""
    cases = _cases(item)
    if len(cases) < 2:
        return None
    name = re.match(r"\w+", cases[0][0])
    title = name[0] if name else "it"
    if item.language == "javascript":
        return "\n".join(
            f"test('case {n}', () => {{ expect({call}).toEqual({value}); }});" for n, (call, value) in enumerate(cases)
        )
    form = rng.randrange(4)
    if form == 0:
        return "\n".join(f">>> {call}\n{value}" for call, value in cases)
    if form == 1:
        body = "".join(f"        self.assertEqual({call}, {value})\n" for call, value in cases)
        return f"class Test{title.title()}(unittest.TestCase):\n    def test_{title}(self):\n{body}"
    if form == 2:
        rows = "".join(f"        ({_arguments(call)}, {value}),\n" for call, value in cases)
        table = f'@pytest.mark.parametrize(\n    "args, expected",\n    [\n{rows}    ],\n)\n'
        return f"{table}def test_{title}(args, expected):\n    assert {title}(args) == expected\n"
    return "\n".join(f"Input: {_arguments(call)}\nOutput: {value}" for call, value in cases)


def _cases(item: Item) -> list[tuple[str, str]]:
    """(call, expected value) of each test."""
    if item.language == "javascript":
        found = re.findall(r"console\.assert\(\s*(\w+\([^;]*?\))\s*===\s*([^;]*?)\s*\)\s*(?=console|\}|$)", item.tests)
        return [(call, value) for call, value in found if "\n" not in value]
    cases = []
    try:
        tree = ast.parse(item.tests)
    except SyntaxError:
        return []
    for node in ast.walk(tree):
        test = node.test if isinstance(node, ast.Assert) else None
        if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Eq):
            cases.append((ast.unparse(test.left), ast.unparse(test.comparators[0])))
    return cases


def _arguments(call: str) -> str:
    return call.partition("(")[2].removesuffix(")")


def changed_literals(item: Item, rng: random.Random) -> str | None:
    """The code without comments, most of its numbers and texts others."""
    if item.language != "python":
        text = other_code.stripped(item.code, item.language) or item.code
        pieces, changed = [], 0
        for kind, token in other_code.tokens(text, item.language):
            if kind == "number" and rng.random() < 0.8:
                token, changed = str(rng.randrange(3, 90)), changed + 1
            elif kind == "string" and len(token) > 2 and rng.random() < 0.8:
                token, changed = f"{token[0]}{rng.choice(python_code.NAMES)}{token[0]}", changed + 1
            pieces.append(token)
        return "".join(pieces) if changed else None
    tree = _tree(item)
    changed = 0
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Constant) and not isinstance(node.value, bool) and rng.random() < 0.8:
            if isinstance(node.value, (int, float)):
                node.value, changed = rng.randrange(3, 90), changed + 1
            elif isinstance(node.value, str) and node.value:
                node.value, changed = rng.choice(python_code.NAMES), changed + 1
    return ast.unparse(tree) + "\n" if tree and changed else None


def reordered(item: Item, rng: random.Random) -> str | None:
    """Sides of sums, comparisons and branches exchanged, neighbouring assignments and functions in another order."""
    tree = _tree(item) if item.language == "python" else None
    if tree is None:
        return None
    change = _Reorder(rng)
    tree = change.visit(tree)
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n" if change.changed else None


class _Reorder(ast.NodeTransformer):
    _FLIPS: ClassVar = {ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE, ast.Eq: ast.Eq, ast.NotEq: ast.NotEq}

    def __init__(self, rng: random.Random) -> None:
        self.rng, self.changed = rng, 0

    def generic_visit(self, node: ast.AST) -> ast.AST:
        node = super().generic_visit(node)
        body = getattr(node, "body", None)
        if isinstance(body, list):
            for n in range(len(body) - 1):
                if _independent(body[n], body[n + 1]) and self.rng.random() < 0.7:
                    body[n], body[n + 1] = body[n + 1], body[n]
                    self.changed += 1
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        flip = self._FLIPS.get(type(node.ops[0]))
        if len(node.ops) == 1 and flip and self.rng.random() < 0.5:
            self.changed += 1
            return ast.Compare(left=node.comparators[0], ops=[flip()], comparators=[node.left])
        return node

    def visit_If(self, node: ast.If) -> ast.AST:
        self.generic_visit(node)
        if node.orelse and not isinstance(node.orelse[0], ast.If) and self.rng.random() < 0.5:
            self.changed += 1
            return ast.If(test=ast.UnaryOp(op=ast.Not(), operand=node.test), body=node.orelse, orelse=node.body)
        return node


def _independent(first: ast.stmt, second: ast.stmt) -> bool:
    """Two assignments of constants or new names, or two functions, that do not use one another."""
    if isinstance(first, ast.FunctionDef) and isinstance(second, ast.FunctionDef):
        return True
    if not (isinstance(first, ast.Assign) and isinstance(second, ast.Assign)):
        return False
    written = {n.id for n in ast.walk(first) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    stored = {n.id for n in ast.walk(second) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    used = {n.id for s in (first, second) for n in ast.walk(s) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    calls = any(isinstance(n, ast.Call) for s in (first, second) for n in ast.walk(s))
    return not calls and not (written | stored) & used


def commented_out(item: Item, rng: random.Random) -> str | None:
    """The code, all of it commented out, without its own comments."""
    text = bare(item)
    if not text:
        return None
    mark = {"python": rng.choice(["# ", "#", "## "]), "javascript": rng.choice(["// ", "//", " * "]), "sql": "-- "}[item.language]
    lines = textwrap.indent(text.strip("\n"), mark, lambda line: True)
    return f"/*\n{lines}\n*/" if mark == " * " else lines


def half_of_code(item: Item, rng: random.Random) -> str | None:
    """The first or the second half of the code's lines, without comments; at least four lines."""
    lines = (bare(item) or "").strip("\n").split("\n")
    if len(lines) < 8:
        return None
    half = len(lines) // 2
    return "\n".join(lines[:half] if rng.random() < 0.5 else lines[half:])


def inserted_statements(item: Item, rng: random.Random) -> str | None:
    """A statement of no effect (a print, a counter, a check) after every second or third one."""
    text = bare(item)
    if not text or item.language == "sql":
        return None
    every = rng.choice([2, 3])
    if item.language == "python":
        tree = ast.parse(text)
        extra = ["print('here')", "log.debug('step %d', 1)", "steps = 0", "assert True", "pass", "time.sleep(0)"]
        for block in list(python_code.blocks(tree)):
            for place in range(len(block) - 1, -1, -1):
                if rng.random() < 1 / every:
                    block.insert(place, ast.parse(rng.choice(extra)).body[0])
        return ast.unparse(tree) + "\n"
    extra = ["console.log('here');", "debug('step');", "let steps = 0;", "performance.mark('x');"]
    out = []
    for line in text.split("\n"):
        out.append(line)
        if re.search(r"[;{]\s*$", line) and not re.search(r"[\[(,]\s*\{$|=\s*\{$|switch", line) and rng.random() < 1 / every:
            out.append(rng.choice(extra))
    return "\n".join(out)


def wrapped_in_class(item: Item, rng: random.Random) -> str | None:
    """The functions as methods of a class; own names others in half of them."""
    text = bare(item)
    if not text or item.language == "sql":
        return None
    if item.language == "python":
        text = re.sub(r"^def (\w+)\((?!self)", r"def \1(self, ", text, flags=re.MULTILINE).replace("(self, )", "(self)")
        if rng.random() < 0.5:
            text = re.sub(r"^(\s*)def ", r"\1@staticmethod\n\1def ", text, count=1, flags=re.MULTILINE)
        text = "class Solution:\n" + textwrap.indent(text.strip("\n"), "    ") + "\n"
        return (python_code.renamed(text, rng) or text) if rng.random() < 0.5 else text
    text = re.sub(r"^const (\w+) = \(([^)]*)\) => \{", r"  static \1(\2) {", text.strip("\n"), flags=re.MULTILINE)
    text = "export class Solution {\n" + textwrap.indent(text, "  ") + "\n}\n"
    return (other_code.renamed(text, "javascript", rng) or text) if rng.random() < 0.5 else text


def arrow_functions(item: Item, rng: random.Random) -> str | None:
    """JavaScript's arrow functions as declarations, and the callbacks as ``function``; with types in half of them."""
    if item.language != "javascript":
        return None
    text = bare(item) or item.code
    text = re.sub(r"^const (\w+) = \(([^)]*)\) => \{", r"function \1(\2) {", text, flags=re.MULTILINE)
    text = re.sub(r"\(([\w, ]*)\) => \{", r"function (\1) {", text)
    return "export default " + text.lstrip() if rng.random() < 0.5 else text


def typescript(item: Item, rng: random.Random) -> str | None:
    """JavaScript with the types of TypeScript: parameters, results, variables."""
    if item.language != "javascript":
        return None
    text = bare(item) or item.code

    def typed(names: str) -> str:
        return ", ".join(f"{name.strip()}: {rng.choice(_TYPES)}" for name in names.split(",") if name.strip())

    def opened(match: re.Match[str]) -> str:
        return f"export const {match[1]} = ({typed(match[2])}): {rng.choice(_TYPES)} => {{"

    text = re.sub(r"^const (\w+) = \(([^)]*)\) => \{", opened,
                  text, flags=re.MULTILINE)  # fmt: skip
    return re.sub(r"\b(let|const) (\w+) =(?!=)(?! \(\w*:)", lambda m: f"{m[1]} {m[2]}: {rng.choice(_TYPES)} =", text)


def code_in_prompt(item: Item, rng: random.Random) -> str | None:
    """The code that the prompt holds, without its words, names changed: the start of a task, or a program to repair."""
    if not item.start:
        return None
    if item.language == "python":
        bare = python_code.stripped(item.start)
        return python_code.renamed(bare, rng) if bare else None
    return other_code.renamed(other_code.stripped(item.start, item.language) or item.start, item.language, rng)


def bare(item: Item) -> str | None:
    """The code without comments and docstrings."""
    if item.language == "python":
        return python_code.stripped(item.code)
    return other_code.stripped(item.code, item.language) or item.code


def _tree(item: Item) -> ast.Module | None:
    bare = python_code.stripped(item.code)
    return python_code.parse(bare) if bare else None
