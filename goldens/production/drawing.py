"""Variations of inputs that keep kinds, signs and keys: here for Python, and as source of a task's hidden inputs.

The functions below ``drawn_like`` are sent into the sandbox as text: they use nothing but builtins.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

MOST_SEEN = 12


_SORTED = re.compile(r"\b(?:sorted|ascending|increasing)\b", re.IGNORECASE)
_SORTED_GIVEN = re.compile(
    r"\b(?:two|of|both|given|already|from|in|several) (?:\w+ )?sorted (?:lists?|arrays?|sequences?|numbers|integers)\b",
    re.IGNORECASE,
)
_EMPTY = re.compile(
    r"\bempty\b|\bblank\b|\bno(?:thing| \w+)\b|\bwithout (?:any|items|elements)\b|\bat least one\b|\[\]|\{\}"
    r"|(?<!\w)(?:''|\"\")(?!\w)",
    re.IGNORECASE,
)
_ZERO = re.compile(r"\bzero\b|\bnon-?negative\b|(?<![\w.])0(?![\w.])", re.IGNORECASE)


def keeps_of(said: str, seen: Sequence[tuple[Any, ...]]) -> tuple[str, ...]:
    """What variations must keep, since honest answers may rely on it: of ``filled``, ``nonzero`` and ``sorted``.

    Nothing is empty, and no number 0, unless people speak of that or a call shows it; lists stay sorted where people say that
    word and all lists of the calls are, or where people speak of sorted lists that are given and no call shows one.
    """
    values = [value for given in seen for value in given]
    keeps = []
    if not _EMPTY.search(said) and not any(has_empty(value) for value in values):
        keeps.append("filled")
    if not _ZERO.search(said) and not any(type(value) in (int, float) and value <= 0 for value in values):
        keeps.append("nonzero")
    lists = [value for value in values if isinstance(value, list) and len(value) > 1]
    if _SORTED.search(said) and all(in_order(value) == value for value in lists) if lists else _SORTED_GIVEN.search(said):
        keeps.append("sorted")
    return tuple(keeps)


def kept_of(drawn: Sequence[tuple[Any, ...]], keeps: Sequence[str]) -> list[tuple[Any, ...]]:
    """Inputs that keep what must be kept, each once; sorted where it is order that must be kept."""
    found = [given for given in (keeping(given, keeps) for given in drawn) if given is not None]
    return list({repr(given): given for given in found}.values())


def fuzz_source(seen: Sequence[tuple[Any, ...]], draws: int = 120, keeps: Sequence[str] = ()) -> str:
    """Source of ``inputs(random)`` (``Task.fuzz``): the inputs that were seen, and ``draws`` variations of them."""
    parts = [inspect.getsource(part) for part in (vary, vary_text, has_form, texts_in, has_empty, in_order, keeping, draw)]
    plain = repr([tuple(given) for given in seen[:MOST_SEEN]])
    entry = f"def inputs(random):\n    yield from draw(random, {plain}, {draws}, {tuple(keeps)!r})\n"
    return "from __future__ import annotations\n\n\n" + "\n\n".join([*parts, entry])


def drawn_like(seen: Sequence[tuple[Any, ...]], key: str, count: int, keeps: Sequence[str] = ()) -> list[tuple[Any, ...]]:
    """At most ``count`` different inputs: those that were seen first, then variations, the same for the same key."""
    drawn: dict[str, tuple[Any, ...]] = {}
    for given in draw(Random(key), [tuple(given) for given in seen[:MOST_SEEN]], 4 * count, keeps):
        drawn.setdefault(repr(given), given)
        if len(drawn) == count:
            break
    return list(drawn.values())


def vary(random: Random, value: Any, texts: list[str]) -> Any:
    """A value of the same shape; numbers keep their sign or become 0, dictionaries keep their keys."""
    if isinstance(value, bool):
        return random.random() < 0.5
    if isinstance(value, int):
        low = 0 if value >= 0 else -20
        near = [value, value + 1, max(low, value - 1)]
        return random.choice([*near, random.randint(low, 20), random.randint(low, max(50, 2 * abs(value)))])
    if isinstance(value, float):
        return random.choice([value, value + 1.5, abs(value) / 2, float(random.randint(0, 40)) / 4])
    if isinstance(value, str):
        return vary_text(random, value, texts)
    if isinstance(value, dict):
        return {key: vary(random, item, texts) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        items = [vary(random, item, texts) for item in value]
        how = random.randrange(4) if items else 3
        if how == 0:
            items.append(random.choice(items))
        elif how == 1:
            del items[random.randrange(len(items))]
        elif how == 2:
            random.shuffle(items)
        return type(value)(items)
    return value


def vary_text(random: Random, value: str, texts: list[str]) -> str:
    """A text of the same letters, a part of it, in another case, or another text that was seen.

    One with digits or signs keeps their places, so that ``a=1; b=2`` stays what it is; a date or an address stays.
    """
    if has_form(value):
        return value
    if any(not (char.isalpha() or char.isspace()) for char in value):
        kinds = [[char for char in value if char.isalpha()], [char for char in value if char.isdigit()]]
        for kind in kinds:
            random.shuffle(kind)
        return "".join(kinds[0].pop() if char.isalpha() else kinds[1].pop() if char.isdigit() else char for char in value)
    letters = list(value or "abc")
    how = random.randrange(6)
    if how == 1:
        random.shuffle(letters)
        return "".join(letters)
    if how == 2:
        return value + random.choice(letters)
    if how == 3:
        return value[: random.randint(0, len(value))]
    if how == 4:
        return value.swapcase()
    return random.choice(texts) if how == 5 else value


def has_form(value: str) -> bool:
    """Whether a text is a date, a time, a decimal or an address, of which a variation is none: signs between digits, or an at."""
    near = zip(value, value[1:], value[2:], strict=False)
    return "@" in value or any(a.isdigit() and b in ":/.,-" and c.isdigit() for a, b, c in near)


def texts_in(value: Any) -> Iterator[str]:
    """All texts within a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts_in(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from texts_in(item)


def has_empty(value: Any) -> bool:
    """Whether an empty text, list or dictionary stands anywhere in a value."""
    if isinstance(value, (str, list, tuple, dict)) and not value:
        return True
    if isinstance(value, dict):
        return any(has_empty(item) for item in value.values())
    return isinstance(value, (list, tuple)) and any(has_empty(item) for item in value)


def in_order(value: Any) -> Any:
    """A list in ascending order; anything that has none as it is."""
    try:
        return sorted(value) if isinstance(value, list) else value
    except TypeError:
        return value


def keeping(given: tuple[Any, ...], keeps: Sequence[str]) -> tuple[Any, ...] | None:
    """Arguments with what must be kept; None where they cannot have it."""
    if "filled" in keeps and any(has_empty(value) for value in given):
        return None
    if "nonzero" in keeps and any(type(value) in (int, float) and value == 0 for value in given):
        return None
    return tuple(in_order(value) for value in given) if "sorted" in keeps else given


def draw(random: Random, seen: list[tuple[Any, ...]], draws: int, keeps: Sequence[str] = ()) -> Iterator[tuple[Any, ...]]:
    """The inputs that were seen, then at most ``draws`` variations that keep what they must."""
    texts = sorted(set(texts_in(seen))) or ["", "a", "hello"]
    yield from seen
    for _ in range(draws):
        given = keeping(tuple(vary(random, value, texts) for value in random.choice(seen)), keeps)
        if given is not None:
            yield given
