"""How alike two codes are: the same up to comments and layout, or so many tokens apart.

Covers any language by its words, numbers and signs; Python's layout and quotes are its parser's. Does not see renamed variables:
two answers that differ in names alone are two.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

import numpy as np

from evals.comments import without_comments
from evals.source import python_tree

_TOKEN = re.compile(r"\w+|[^\w\s]")


def code_tokens(code: str) -> list[str]:
    """Words, numbers and single signs in order, without spaces."""
    return _TOKEN.findall(code)


def normalised(code: str, language: str) -> str:
    """What two answers share that differ in comments and layout alone; of Python, in quotes and brackets, too."""
    if language == "python":
        tree = python_tree(code)
        if tree is not None:
            return ast.unparse(tree)
    return " ".join(code_tokens(without_comments(code, language)))


def token_distance(one: str, other: str) -> int:
    """Fewest tokens to insert, delete or replace between two codes (Levenshtein 1966)."""
    left, right = code_tokens(one), code_tokens(other)
    start = _shared(left, right)
    left, right = left[start:], right[start:]
    end = _shared(left[::-1], right[::-1])
    left, right = left[: len(left) - end], right[: len(right) - end]
    if not left or not right:
        return len(left) + len(right)
    numbers = {token: number for number, token in enumerate({*left, *right})}
    wanted = np.array([numbers[token] for token in right])
    places = np.arange(len(right) + 1)
    row = places.copy()
    for token in left:
        following = row + 1
        np.minimum(following[1:], row[:-1] + (wanted != numbers[token]), out=following[1:])
        # An insertion adds one to the cell on the left, so that a running minimum of what is above the place finds them all.
        row = np.minimum.accumulate(following - places) + places
    return int(row[-1])


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    """How many tokens two sequences begin with alike."""
    pairs = zip(one, other, strict=False)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
