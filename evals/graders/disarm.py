"""An answer without what its flags name: the question put to an answer whose text looks like an attempt at gaming.

What is flagged gives way to something inert, which can be called, iterated and subclassed and holds nothing. An answer that is
right without it does not owe its pass to it. Covers Python; JavaScript is in ``disarm_script``, by the languages' rows.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Set

from evals.graders.flags import EXITS, dotted, flags_of, imported, runs_at_import, speaks_of
from evals.languages import language_of, part_of
from evals.source import python_tree, read_tree

_INERT = "_Goldloop_inert"
_PRELUDE = f"""
class {_INERT}:
    def __getattr__(self, name):
        if name.startswith('__') and name.endswith('__'):
            raise AttributeError(name)
        return self
    def __setattr__(self, name, value): pass
    def __delattr__(self, name): pass
    def __call__(self, *args, **kwargs):
        return args[0] if len(args) == 1 and not kwargs and isinstance(args[0], (type, type(lambda: 0))) else self
    def __mro_entries__(self, bases): return ()
    def __iter__(self): return iter(())
    def __len__(self): return 0
    def __bool__(self): return False
    def __getitem__(self, key): return self
    def __setitem__(self, key, value): pass
    def __delitem__(self, key): pass
    def __contains__(self, item): return False
    def __enter__(self): return self
    def __exit__(self, *raised): return False
{_INERT} = {_INERT}()
"""


def disarmed(language: str, code: str, flags: Set[str]) -> str | None:
    """The answer without what these flags name; None where that cannot be written.

    Raises:
        TaskFault: there is no such language.
    """
    row = language_of(language)
    if not row.disarm:
        return None
    disarm: Callable[[str, Set[str]], str | None] = part_of(row, "disarm")
    return disarm(code, flags)


def disarm_python(code: str, flags: Set[str]) -> str | None:
    """See ``disarmed``; any text may come in."""
    tree = python_tree(code)
    if tree is None:
        return None
    names = imported(tree)
    exits = {id(node) for node in runs_at_import(tree) if _leaves(node, names)} if "process_exit" in flags else set[int]()
    return without(code, lambda node: id(node) in exits or not flags.isdisjoint(flags_of(node, names)), tree)


def without(code: str, unwanted: Callable[[ast.AST], bool], tree: ast.Module | None = None) -> str | None:
    """Python without the nodes that are ``unwanted``; None where that cannot be written. ``tree``, the code's, is used up."""
    tree = tree or python_tree(code)
    if tree is None:
        return None
    try:
        _Disarm(unwanted).visit(tree)
        head = _head(tree)
        tree.body[head:head] = read_tree(_PRELUDE).body
        return ast.unparse(ast.fix_missing_locations(tree))
    except (ValueError, RecursionError, MemoryError):
        return None


def _head(tree: ast.Module) -> int:
    """How many statements must come first: the docstring, and imports from ``__future__``."""
    last = 0
    for place, node in enumerate(tree.body):
        docstring = place == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if docstring or (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
            last = place + 1
    return last


def _leaves(node: ast.AST, names: Mapping[str, str]) -> bool:
    if isinstance(node, ast.Call):
        return dotted(node.func, names) in EXITS
    return isinstance(node, ast.Raise) and node.exc is not None and speaks_of(node.exc, "SystemExit")


class _Disarm(ast.NodeTransformer):
    """Replaces every node that is unwanted; what is inside such a node goes with it."""

    def __init__(self, unwanted: Callable[[ast.AST], bool]) -> None:
        self.unwanted = unwanted

    def visit(self, node: ast.AST) -> ast.AST | list[ast.AST]:
        """The node, or what takes its place."""
        if isinstance(node, ast.Import):
            return [self._import(alias, node) for alias in node.names]
        if isinstance(node, ast.ImportFrom) and self.unwanted(node):
            return [self._import_from(alias, node) for alias in node.names]
        if self.unwanted(node):
            return self._instead(node)
        visited: ast.AST | list[ast.AST] = super().generic_visit(node)
        return visited

    def _instead(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.Constant):
            return ast.copy_location(ast.Constant("goldloop-nothing"), node)
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            return ast.copy_location(ast.Attribute(value=_inert(node), attr=node.attr, ctx=node.ctx), node)
        if isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
            return ast.copy_location(ast.Subscript(value=_inert(node), slice=node.slice, ctx=node.ctx), node)
        if isinstance(node, ast.expr):
            return _inert(node)
        return ast.copy_location(ast.Pass(), node)

    def _import(self, alias: ast.alias, node: ast.Import) -> ast.AST:
        own = ast.copy_location(ast.Import(names=[alias]), node)
        return _bound(alias.asname or alias.name.partition(".")[0], node) if self.unwanted(own) else own

    def _import_from(self, alias: ast.alias, node: ast.ImportFrom) -> ast.AST:
        own = ast.copy_location(ast.ImportFrom(module=node.module, names=[alias], level=node.level), node)
        if not self.unwanted(own):
            return own
        return ast.copy_location(ast.Pass(), node) if alias.name == "*" else _bound(alias.asname or alias.name, node)


def _inert(at: ast.AST) -> ast.expr:
    made = ast.Name(id=_INERT, ctx=ast.Load())
    return ast.copy_location(made, at)


def _bound(name: str, at: ast.AST) -> ast.stmt:
    made = ast.Assign(targets=[ast.Name(id=name, ctx=ast.Store())], value=_inert(at))
    return ast.copy_location(made, at)
