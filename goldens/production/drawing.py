"""Variations of inputs that keep kinds, signs and keys: here for Python, and as source of a task's hidden inputs.

The functions below ``drawn_like`` are sent into the sandbox as text: they use nothing but builtins.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

MOST_SEEN = 12


def fuzz_source(seen: Sequence[tuple[Any, ...]], draws: int = 120) -> str:
    """Source of ``inputs(random)`` (``Task.fuzz``): the inputs that were seen, and ``draws`` variations of them."""
    parts = [inspect.getsource(part) for part in (vary, vary_text, texts_in, draw)]
    plain = repr([tuple(given) for given in seen[:MOST_SEEN]])
    entry = f"def inputs(random):\n    yield from draw(random, {plain}, {draws})\n"
    return "from __future__ import annotations\n\n\n" + "\n\n".join([*parts, entry])


def drawn_like(seen: Sequence[tuple[Any, ...]], key: str, count: int) -> list[tuple[Any, ...]]:
    """At most ``count`` different inputs: those that were seen first, then variations, the same for the same key."""
    drawn: dict[str, tuple[Any, ...]] = {}
    for given in draw(Random(key), [tuple(given) for given in seen[:MOST_SEEN]], 4 * count):
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
    """A text of the same letters, a part of it, in another case, or another text that was seen."""
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


def draw(random: Random, seen: list[tuple[Any, ...]], draws: int) -> Iterator[tuple[Any, ...]]:
    """The inputs that were seen, then ``draws`` variations."""
    texts = sorted(set(texts_in(seen))) or ["", "a", "hello"]
    yield from seen
    for _ in range(draws):
        yield tuple(vary(random, value, texts) for value in random.choice(seen))
