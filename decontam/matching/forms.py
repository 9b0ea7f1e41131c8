"""Other forms of an item's Python answer that mean the same: what a formatter or a tidy programmer makes of it.

A form is looked for beside the answer as it is given, so that the scan of training data costs the same: without brackets that
change nothing, with one quote, without annotations; and with temporaries that are used once, in the next statement, put in
their place. Does not see statements in another order or new temporaries (``alignment`` does), nor other languages.
"""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Iterator

from evals.source import python_tree

_OPENING = "def _():\n"
_LONGEST = 20_000  # characters; a longer answer has windows enough as it is
_ROUNDS = 8  # temporaries of temporaries


def forms(code: str) -> Iterator[str]:
    """The forms of an answer, which may be the body of a function that its prompt opens; none if it is no Python."""
    if len(code) > _LONGEST:
        return
    opened = code[:1] in " \t"
    tree = python_tree(_OPENING + code if opened else code)
    if tree is None:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
        elif isinstance(node, ast.arg):
            node.annotation = None
    plain = _written(tree, opened)
    yield plain
    if _inline(tree):
        yield _written(tree, opened)


def _written(tree: ast.Module, opened: bool) -> str:
    text = ast.unparse(ast.fix_missing_locations(tree)) + "\n"
    return text.partition("\n")[2] if opened else text


def _inline(tree: ast.Module) -> int:
    """Put temporaries in their places, in the tree; returns how many."""
    count = 0
    for _ in range(_ROUNDS):
        names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
        stored = Counter(name.id for name in names if not isinstance(name.ctx, ast.Load))
        used = Counter(name.id for name in names if isinstance(name.ctx, ast.Load))
        before = count
        for node in list(ast.walk(tree)):
            for block in (getattr(node, field, None) for field in ("body", "orelse", "finalbody")):
                if isinstance(block, list):
                    count += _inline_block(block, stored, used)
        if count == before:
            break
    return count


def _inline_block(block: list[ast.stmt], stored: Counter[str], used: Counter[str]) -> int:
    count = 0
    for place in range(len(block) - 2, -1, -1):
        given, after = block[place], block[place + 1]
        if not (isinstance(given, ast.Assign) and len(given.targets) == 1 and isinstance(given.targets[0], ast.Name)):
            continue
        name = given.targets[0].id
        if stored[name] != 1 or used[name] != 1:
            continue
        put = _Put(name, given.value)
        block[place + 1] = put.visit(after)
        if put.done:
            del block[place]
            count += 1
    return count


class _Put(ast.NodeTransformer):
    """Puts a value where a name is read."""

    def __init__(self, name: str, value: ast.expr) -> None:
        self.name, self.value, self.done = name, value, False

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id == self.name and isinstance(node.ctx, ast.Load):
            self.done = True
            return copy.deepcopy(self.value)
        return node
