"""Programs that are an item's but for an operator or a function: answers of a sibling task, and not the item's.

``a + b`` for ``a * b``, ``min`` for ``max``, ``or`` for ``and`` make another program of the same text, and benchmarks hold many
such pairs. Words do not show it, since they have no signs, and windows of code show what stands around it. Nothing else may
differ but own names: a copy that was edited, reordered, or has other numbers and texts stays a leak. Does not see siblings that
differ in more.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from decontam.kernels import code as codekernel
from decontam.kernels.batches import Longs

Token = tuple[bool, str]
LEFT_OUT = frozenset("(),=")

_KINDS = tuple(
    frozenset(kind.split())
    for kind in (
        "+ - * / // % ** << >> & | ^",
        "+= -= *= /= //= %=",
        "== != === !==",
        "and or",
        "&& ||",
        "min max sum any all len abs sorted reversed",
        "upper lower isupper islower title capitalize",
        "floor ceil round trunc",
    )
)
_KIND_OF = {word: kind for kind in _KINDS for word in kind}
_MOST_TOKENS = 400  # of an item: a longer one has more than one operator that tells it
_LEAST_TOKENS = 8
_MOST_CHANGES = 4


def is_variant(text: bytes, answer: str, window: Longs, prompt: str = "") -> bool:
    """Whether the text around a window of hits has the answer with some operators or functions changed, and no more.

    False where it has the answer as it is, too, and where the prompt has a variant of it: then it is a program to repair.
    """
    item = _of_answer(answer)
    if not _LEAST_TOKENS <= len(item) <= _MOST_TOKENS:
        return False
    whole = answer.strip().encode("utf-8", "replace")
    if whole in text:  # most leaks: nothing to compare
        return False
    reach = len(whole)
    around = text[max(int(window[:, 3].min()) - reach, 0) : int(window[:, 4].max()) + reach]
    return 0 < _changed(answer, around) <= _MOST_CHANGES and not _is_repair(prompt, answer)


@lru_cache(4096)
def _changed(answer: str, code: bytes) -> int:
    return _fewest_changes(_of_answer(answer), _tokens(code))


def _fewest_changes(item: Sequence[Token], text: Sequence[Token]) -> int:
    places = range(len(text) - len(item) + 1)
    return min((_changes(item, text, first) for first in places), default=_MOST_CHANGES + 1)


@lru_cache(4096)
def _is_repair(prompt: str, answer: str) -> bool:
    return _fewest_changes(_of_answer(answer), _of_answer(prompt)) <= _MOST_CHANGES


def _changes(item: Sequence[Token], text: Sequence[Token], first: int) -> int:
    """How many tokens of the item are others of their kind in the text from ``first`` on; more than count if it is no variant.

    Own names may be others, each the same everywhere: an edit here and there makes no sibling.
    """
    changes = 0
    names: dict[str, str] = {}
    for number, (own, token) in enumerate(item):
        named, other = text[first + number]
        if own != named or (own and names.setdefault(token, other) != other):
            return _MOST_CHANGES + 1
        if not own and token != other:
            if other not in _KIND_OF.get(token, ()):
                return _MOST_CHANGES + 1
            changes += 1
    return changes


@lru_cache(4096)
def _of_answer(code: str) -> tuple[Token, ...]:
    return tuple(_tokens(code.encode("utf-8", "replace")))


def _tokens(code: bytes) -> list[Token]:
    """The tokens of a code without brackets of calls, commas and signs of assignment; for each whether it is an own name."""
    data = np.frombuffer(code or b" ", np.uint8)
    values, spans = codekernel.lex_text(data)
    texts = (code[start:end].decode("utf-8", "replace") for start, end in spans.tolist())
    return [(bool(own), text) for own, text in zip(values[:, 1].tolist(), texts, strict=True) if text not in LEFT_OUT]
