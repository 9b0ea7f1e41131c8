"""Disguises of code made line by line from the text, without a parser: a second hand beside ``rewrites.py``, for both languages.

So that what is found of a kind does not hang on how one generator writes it. None where a rewrite does not apply.
"""

from __future__ import annotations

import random
import re

from items import Item
from rewrites import bare

_OPENING = {
    "python": re.compile(r"^( *)(?:@\w|async def |def )"),
    "javascript": re.compile(r"^( *)(?:async )?(?:const \w+ = \(|function )"),
}
_BRACKETS = dict(zip(")]}", "([{", strict=True))


def cases_of_lines(item: Item, rng: random.Random) -> str | None:
    """The cases of the tests as prints, as assertions with the expected value first, or as comparisons that raise."""
    form = rng.choice(
        [
            "print({call})  # expected: {value}",
            "assert_equal({value}, {call})",
            "if {call} != {value}:\n    raise SystemExit('wrong')",
        ]
    )
    if item.language == "javascript":
        form = rng.choice(
            ["assert.deepStrictEqual({call}, {value});", "console.log({call}); // {value}", "t.is({call}, {value});"]
        )
    lines = [form.format(call=call, value=value) for call, value in map(_sides, item.tests.splitlines()) if call]
    return "\n".join(lines) if len(lines) > 1 else None


def _sides(line: str) -> tuple[str, str]:
    """Call and value of a line that compares the two; empty where it does not."""
    match = re.match(r"\s*(?:assert |console\.assert\()(\w+\(.*)", line)
    if match is None:
        return "", ""
    text, depth, cut = match[1], 0, -1
    for at, sign in enumerate(text):
        depth += (sign in "([{") - (sign in ")]}")
        if depth == 0 and text.startswith("==", at) and cut < 0:
            cut = at
        if depth < 0 or (depth == 0 and cut >= 0 and sign == ","):
            text = text[:at]
            break
    return (text[:cut].strip(), text[cut:].lstrip("= ").strip()) if cut > 0 else ("", "")


def named_results(item: Item, rng: random.Random) -> str | None:
    """What a line returns or tests is given a name on a line of its own before it."""
    text, changed = bare(item), 0
    if not text or item.language == "sql":
        return None
    lines = []
    for line in text.split("\n"):
        python = re.match(r"( *)(return|if|while) ([^:]{8,})(:?)$", line) if item.language == "python" else None
        script = re.match(r"( *)return ([^;{]{8,});?$", line) if item.language == "javascript" else None
        name = rng.choice(["answer", "outcome", "flag", "value_now", "checked"])
        if python and _closed(python[3]) and python[2] != "while" and (python[2] == "if") == bool(python[4]):
            lines += [f"{python[1]}{name} = {python[3]}", f"{python[1]}{python[2]} {name}{python[4]}"]
        elif script and _closed(script[2]):
            lines += [f"{script[1]}const {name} = {script[2]};", f"{script[1]}return {name};"]
        else:
            lines.append(line)
            continue
        changed += 1
    return "\n".join(lines) if changed else None


def shuffled_functions(item: Item, rng: random.Random) -> str | None:
    """The functions of a program, or the methods of a class, in another order; three or more of them."""
    text = bare(item)
    opening = _OPENING.get(item.language)
    if not text or opening is None:
        return None
    lines = text.split("\n")
    found = [(n, match[1]) for n, line in enumerate(lines) if (match := opening.match(line))]
    widths = [indent for _, indent in found]
    indent = max(set(widths), key=widths.count) if widths else ""
    starts = [n for n, width in found if width == indent and not (n and lines[n - 1].startswith(f"{indent}@"))]
    if len(starts) < 3:
        return None
    pieces = ["\n".join(lines[low:high]) for low, high in zip(starts, [*starts[1:], len(lines)], strict=True)]
    mixed = rng.sample(pieces, len(pieces))
    return "\n".join(["\n".join(lines[: starts[0]]), *mixed]) if mixed != pieces else None


def _closed(text: str) -> bool:
    """Whether every bracket of a text is closed in it."""
    open_ = []
    for sign in text:
        if sign in "([{":
            open_.append(sign)
        elif sign in _BRACKETS and (not open_ or open_.pop() != _BRACKETS[sign]):
            return False
    return not open_
