"""Text that a model wrote: made valid UTF-8, parsed as Python whatever it holds, and stripped of comments."""

from __future__ import annotations

import ast
import threading
import warnings
from typing import Any

_LONGEST_READ = 1_000_000  # characters; a tree takes some hundred bytes for one
_QUIET = threading.RLock()
"""Held while a tree is made: Python 3.11 counts the depth of trees for all threads together (python/cpython#106905), and warnings
filters are the process's."""


def sound(text: str) -> str:
    """A text that UTF-8 can hold: halves of surrogate pairs, which JSON may carry, become U+FFFD."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def python_tree(code: str) -> ast.Module | None:
    """The tree of model-written Python; None for what does not compile, nests too deeply, or is too long to be read.

    Thread-safe, and without the warnings for invalid escapes in strings.
    """
    try:
        return read_python(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def read_python(code: str) -> ast.Module:
    """As ``python_tree``.

    Raises:
        SyntaxError: it does not compile.
        ValueError: it is longer than a million characters, or holds a NUL.
        RecursionError, MemoryError: it nests too deeply.
    """
    if len(code) > _LONGEST_READ:
        raise ValueError(f"more than {_LONGEST_READ:,} characters")
    with _QUIET, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(code)


def read_tree(code: str, mode: str = "exec") -> Any:
    """``ast.parse`` for code that is known to be Python, from any thread.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: as ``ast.parse``.
    """
    with _QUIET:
        return ast.parse(code, mode=mode)


def read_literal(text: str) -> Any:
    """``ast.literal_eval`` of a text, from any thread.

    Raises:
        SyntaxError, ValueError, TypeError, RecursionError, MemoryError: as ``ast.literal_eval``.
    """
    with _QUIET:
        return ast.literal_eval(text)


def without_comments(code: str) -> str:
    """Python without comments and docstrings; unchanged if it does not parse."""
    tree = python_tree(code)
    if tree is None:
        return code
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            spoken = [n for n in body if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)]
            body[:] = [n for n in body if n not in spoken] or [ast.Pass()]
    return ast.unparse(ast.fix_missing_locations(tree))
