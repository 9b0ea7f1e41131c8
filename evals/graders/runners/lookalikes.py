"""Other values that look alike: what a flipped test expects, so that its text does not show that it is flipped.

Words become other words, numbers other numbers. A value is changed where it stands in the source: code that reads what a
test compares with finds the changed value, answers accordingly, and is detected by passing a test that a right answer fails.
"""

from __future__ import annotations

import random
import re
from typing import Any

_WORDS = re.findall(
    r"\w+",
    """
    amber anchor apricot basin beacon birch blanket bramble bridge bronze cabin candle canyon carpet cedar cello
    cherry cliff clover cobalt copper coral cotton crater cricket crystal dagger desert dragon ember falcon
    feather fennel forest garden ginger glacier goblet granite harbor hazel helmet hollow indigo island ivory
    jasmine jungle kernel kettle lagoon lantern lemon lilac linen lizard lotus magnet mango maple marble meadow
    mirror mosaic nectar needle nutmeg oasis olive onyx orchid otter oyster paddle papaya parrot pebble pepper
    pigeon pillow plaster pocket prairie pumpkin quartz quiver rabbit raven ribbon river rocket saddle saffron
    sapphire sandal shadow silver sparrow spruce summit sunset thistle thunder timber tulip tunnel turtle valley
    velvet violet walnut willow winter yarrow zephyr
    """,
)
ROLES = ("slider", "spinbutton", "progressbar", "tablist", "tree", "meter", "scrollbar", "treegrid", "menubar", "marquee")
_WORD, _NUMBER = re.compile(r"[^\W\d_]{2,}"), re.compile(r"\d+")


def other_words(text: str, luck: random.Random, around: str = "") -> str | None:
    """A text with one word or number changed to one that is not in ``around``; None if it has neither."""
    places = [*_NUMBER.finditer(text)] or [*_WORD.finditer(text)]
    if not places:
        return None
    place = luck.choice(places)
    return text[: place.start()] + _instead(place[0], luck, around) + text[place.end() :]


def _instead(literal: str, luck: random.Random, around: str) -> str:
    if literal.isdigit():
        return _number(literal, luck, around)
    words = [word for word in _WORDS if word not in around.casefold() and word not in literal.casefold()]
    word: str = luck.choice(words or ["".join(luck.choice("bcdfglmnprst") + luck.choice("aeiou") for _ in range(4))])
    return word.upper() if literal.isupper() else word.capitalize() if literal[0].isupper() else word


def _number(digits: str, luck: random.Random, around: str) -> str:
    size = max(2, len(digits))
    while True:
        number = str(luck.randrange(10 ** (size - 1), 10**size))
        if number not in around and number != digits:
            return number
        size += 1


def other_value(value: Any, luck: random.Random, around: str = "") -> Any:
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
