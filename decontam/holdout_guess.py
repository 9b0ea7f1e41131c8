"""Whether a guess of a holdout's columns compares anything real, so that an audit never looks for a form's heading.

Covers prompts that say the same in every row, or are too short to be told from other text, while the text of the items stands
in a column that was not taken. Does not judge columns that the user mapped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_WORDS = 8  # the length of the text channel's grams: fewer cannot be found as a part of a text
_LEAST_ROWS = 3  # that must be equal to be no item repeated by accident


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """What was taken of one row: its ``texts`` and the columns ``used`` for them, by part."""

    row: Mapping[str, Any]
    texts: Mapping[str, str]
    used: Mapping[str, str]


def fault_of(guesses: Sequence[Guess], rivals: frozenset[str]) -> str:
    """Why the guess of the prompt compares nothing real; empty if it does, or nothing was guessed for it.

    ``rivals``: names, in lower case, that could have been the prompt as well.
    """
    rows, texts, used = ([getattr(guess, name) for guess in guesses] for name in ("row", "texts", "used"))
    columns = {parts["prompt"] for parts in used if "prompt" in parts}
    prompts = [parts.get("prompt", "") for parts in texts]
    if not columns or not any(prompts):
        return ""
    name = ", ".join(sorted(columns))
    equal = len(rows) > 1 and len(set(prompts)) == 1
    short = all(len(prompt.split()) < _WORDS for prompt in prompts)
    answered = any(_real([parts.get(part, "") for parts in texts]) for part in ("answer", "tests"))
    taken = {column for parts in used for name in parts.values() for column in name.split(" + ")}
    others = [column for column in dict.fromkeys(key for row in rows for key in row) if not _within(column, taken)]
    better = [column for column in others if _real([" ".join(_strings(row.get(column))) for row in rows])]
    rival = [column for column in better if column.lower() in rivals]
    what = f"says the same in all {len(rows)} rows" if equal else f"has under {_WORDS} words in every row"
    if better and (equal or (short and (rival or not answered))):
        return (
            f"the guess prompt = {name} {what}, so it compares nothing real; give --holdout-column prompt={(rival or better)[0]}"
        )
    if equal and not answered and others and len(rows) >= _LEAST_ROWS:
        return f"the guess prompt = {name} {what}, and nothing else is compared; give --holdout-column prompt=COLUMN"
    return ""


def _real(texts: Sequence[str]) -> bool:
    """Whether texts are long enough to be found, and differ."""
    long = [text for text in texts if len(text.split()) >= _WORDS]
    return len(long) * 2 > len(texts) and (len(texts) == 1 or len(set(long)) * 2 > len(long))


def _within(column: str, taken: set[str]) -> bool:
    return any(column == name or name.startswith(f"{column}.") for name in taken)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, tuple, Mapping)):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _strings(item)
