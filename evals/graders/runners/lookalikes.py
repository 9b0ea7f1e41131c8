"""Other values that look alike: what a flipped test expects, so that its text does not show that it is flipped.

Words become words blended of two of the test file's own, which no list gives away, numbers other numbers. A value is changed
where it stands in the source: code that reads what a test compares with finds the changed value, answers accordingly, and is
detected by passing a test that a right answer fails.
"""

from __future__ import annotations

import random
import re
from typing import Any

ROLES = ("slider", "spinbutton", "progressbar", "tablist", "tree", "meter", "scrollbar", "treegrid", "menubar", "marquee")
_TRIES = 40
_WORD, _NUMBER = re.compile(r"[^\W\d_]{2,}"), re.compile(r"\d+")


def other_words(text: str, luck: random.Random, around: str) -> str | None:
    """A text with one word or number changed to one that is not in ``around``, the test file; None if it has neither."""
    places = [*_NUMBER.finditer(text)] or [*_WORD.finditer(text)]
    if not places:
        return None
    place = luck.choice(places)
    return text[: place.start()] + _instead(place[0], luck, around) + text[place.end() :]


def _instead(literal: str, luck: random.Random, around: str) -> str:
    if literal.isdigit():
        return _number(literal, luck, around)
    known = around.casefold()
    words: list[str] = sorted({word for word in _WORD.findall(known) if len(word) > 2})  # sorted: the same for the same luck
    for _ in range(_TRIES if len(words) > 1 else 0):
        first, second = luck.sample(words, 2)
        word = first[: (len(first) + 1) // 2] + second[len(second) // 2 :]
        if word not in known and word not in literal.casefold():
            break
    else:
        word = "".join(luck.choice("bcdfglmnprst") + luck.choice("aeiou") for _ in range(5))
    return word.upper() if literal.isupper() else word.capitalize() if literal[0].isupper() else word


def _number(digits: str, luck: random.Random, around: str) -> str:
    size = max(2, len(digits))
    while True:
        number = str(luck.randrange(10 ** (size - 1), 10**size))
        if number not in around and number != digits:
            return number
        size += 1


def other_value(value: Any, luck: random.Random, around: str) -> Any:
    """Another value of a literal's kind; None if there is no other."""
    match value:
        case bool():
            return not value
        case int():
            return value + luck.choice([-1, 1]) * luck.randint(1, 9) + (17 if value == 0 else 0)
        case float():
            return value + luck.randint(2, 9) + abs(value)
        case str():
            return other_words(value, luck, around) or value + _instead("word", luck, around)
        case bytes():
            return value + _instead("word", luck, around).encode()
        case list() | tuple() if value:
            changed = list(value)
            at = luck.randrange(len(changed))
            changed[at] = other_value(changed[at], luck, around)
            return type(value)(changed)
        case list() | tuple():
            return type(value)([luck.randint(1, 9)])
        case dict() if value:
            key = luck.choice(list(value))
            return {**value, key: other_value(value[key], luck, around)}
        case set() | frozenset() if value:
            kept = sorted(value, key=repr)
            return type(value)([*kept[1:], other_value(kept[0], luck, around)])
        case dict():
            return {_instead("word", luck, around): luck.randint(1, 9)}
        case set() | frozenset():
            return {luck.randint(1, 9)}
        case None:
            return luck.randint(0, 9)
    return None
