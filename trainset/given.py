"""Rows that a user brings: prompts and answers of their own, read from a table, screened like every other row.

Covers JSONL, JSON, CSV and Parquet (``evals.tables``) with ``prompt`` and ``completion``, or ``messages``; the names of ShareGPT
(``from``, ``value``, ``human``, ``gpt``) are known. An answer is believed, not proved, unless its row names a task whose checks
it passes (``loop.given``). Nothing is repaired: a row that is not understood is an error with its line.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from decontam.kernels.tokens import N, tokenize
from decontam.matching.index import solution_key
from decontam.records import Match
from decontam.screen import SplitIndex, match_splits, whole_match
from evals.errors import BadInput, joined
from evals.extract import extract_code
from evals.records import Message, Record
from evals.tables import TableRow, read_rows
from trainset.records import Example

SOURCE = "given"
"""``provenance.source`` of such a row."""
COLUMNS: Mapping[str, str] = {
    "messages": "turns of role and content, the last one the answer; in place of prompt and completion",
    "prompt": "the question, a text or turns of role and content",
    "completion": "the answer, a text or one turn",
    "system": "rules before the prompt; optional",
    "task": "SUITE/ID of a task whose checks prove the answer; optional",
    "licence": "whose it is; optional, also as license",
    "id": "the row's name in reports; optional, without it file and line",
}
_ROLES = {"human": "user", "gpt": "assistant", "system": "system", "user": "user", "assistant": "assistant"}


class GivenPair(Record):
    """One row: the turns before the answer, and the answer. ``place`` is where it was read, for messages."""

    key: str
    place: str
    prompt: tuple[Message, ...]
    answer: str
    task: str = ""
    licence: str = ""

    @property
    def text(self) -> str:
        """What is screened: all turns but the rules, as the finished rows are audited."""
        return "\n".join([*(turn["content"] for turn in self.prompt if turn["role"] != "system"), self.answer])

    def example(self, index_digest: str, proof: str = "") -> Example:
        """The row to train on; ``proof`` is the sandbox in which the checks of its task passed."""
        return Example(
            prompt=self.prompt,
            completion=({"role": "assistant", "content": self.answer},),
            provenance={
                "key": self.key,
                "group": self.key,
                "slice": SOURCE,
                "source": SOURCE,
                "licence": self.licence,
                "failure": None,
                "proof": proof or None,
                "index_digest": index_digest,
                **({"task": self.task} if self.task else {}),
            },
        )


class GivenLeak(GivenPair):
    """A row that leaks the holdout, dev or final, with the evidence."""

    matches: tuple[Match, ...]


def read_given(file: Path, columns: Mapping[str, str] | None = None) -> list[GivenPair]:
    """The rows of a table, in order; ``columns`` maps names of ``COLUMNS`` to those of the table.

    Raises:
        BadInput: the table cannot be read, a name is no column, or rows are not understood; all are named, with their line.
    """
    names = {**{name: name for name in COLUMNS}, **(columns or {})}
    if unknown := sorted(names.keys() - COLUMNS.keys()):
        raise BadInput(f"--column {unknown[0]}={names[unknown[0]]}: expected one of {', '.join(COLUMNS)} before the =")
    problems: list[str] = []
    pairs: list[GivenPair] = []
    for row in read_rows(file, problems):
        try:
            pairs.append(_pair(row, names, file))
        except _Misread as error:
            problems.append(f"{row.place}: {error}")
    if problems:
        raise BadInput(joined(problems))
    twice = [key for key, count in Counter(pair.key for pair in pairs).items() if count > 1]
    if twice:
        raise BadInput(
            f"{file}: {len(twice)} ids occur more than once ({', '.join(twice[:3])}); expected one row each, or no ids"
        )
    return pairs


class _Misread(ValueError):
    """What is wrong with a row."""


def _pair(row: TableRow, names: Mapping[str, str], file: Path) -> GivenPair:
    values = row.values
    turns = _whole(values, names)
    if turns[-1]["role"] != "assistant":
        raise _Misread(f"the last turn is the {turns[-1]['role']}'s; expected the assistant's, which is what is learnt")
    if any(turn["role"] == "system" for turn in turns[1:]):
        raise _Misread("a system turn stands after the first turn; expected it at the start, once")
    spoken = [turn["role"] for turn in turns if turn["role"] != "system"]
    if spoken != [("user", "assistant")[place % 2] for place in range(len(spoken))] or len(spoken) < 2:
        raise _Misread(
            f"the turns are {', '.join(t['role'] for t in turns)}; expected user and assistant in turns, the user first"
        )
    name = _text(values, names["id"]) or f"{file.stem}:{row.place.rpartition(':')[2].strip()}"
    return GivenPair(
        key=f"{SOURCE}/{name}",
        place=row.place,
        prompt=tuple(turns[:-1]),
        answer=turns[-1]["content"].strip(),
        task=_text(values, names["task"]),
        licence=_text(values, names["licence"]) or _text(values, "license"),
    )


def _whole(values: Mapping[str, Any], names: Mapping[str, str]) -> list[Message]:
    """All turns of a row."""
    if values.get(names["messages"]):
        turns = _turns(values[names["messages"]], names["messages"])
    else:
        missing = [names[name] for name in ("prompt", "completion") if not values.get(names[name])]
        if missing:
            there = ", ".join(map(str, values)) or "none"
            raise _Misread(
                f"has no {' and no '.join(missing)}, and no {names['messages']}; its columns are {there} "
                "(say which one is meant with --column prompt=NAME)"
            )
        asked, answered = values[names["prompt"]], values[names["completion"]]
        turns = [*_said(asked, "user", names["prompt"]), *_said(answered, "assistant", names["completion"])]
    system = _text(values, names["system"])
    return [*([Message(role="system", content=system)] if system else []), *turns]


def _said(value: Any, role: str, column: str) -> list[Message]:
    if isinstance(value, str) and not value.lstrip().startswith("[{"):
        return [Message(role=role, content=value)]
    return _turns(value, column)


def _turns(value: Any, column: str) -> list[Message]:
    """Turns of role and content; a cell of CSV holds them as JSON."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except json.JSONDecodeError:
            raise _Misread(f"{column} is a text and no JSON list of turns") from None
    if not isinstance(value, list | tuple) or not value:
        raise _Misread(f"{column} is {type(value).__name__}; expected a list of turns, each with role and content")
    turns = []
    for turn in value:
        said = turn if isinstance(turn, Mapping) else {}
        role, content = said.get("role", said.get("from")), said.get("content", said.get("value"))
        if role not in _ROLES or not isinstance(content, str) or not content.strip():
            expected = f"a role ({', '.join(_ROLES)}) and a content that is a text"
            raise _Misread(f"{column} has a turn {str(turn)[:60]!r}; expected {expected}")
        turns.append(Message(role=_ROLES[role], content=content))
    return turns


def _text(values: Mapping[str, Any], column: str) -> str:
    value = values.get(column)
    return "" if value is None else str(value).strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenScreening:
    """``len(clean) + len(leaks) + repeated == pairs``."""

    clean: tuple[GivenPair, ...]
    leaks: tuple[GivenLeak, ...]
    repeated: int


def screen_given(pairs: Sequence[GivenPair], index: SplitIndex) -> GivenScreening:
    """Split rows into clean ones and leaks, as pairs are: by both channels, an identical solution, and a task that is held out.

    Rows with the same turns count once.
    """
    clean, leaks, seen = [], [], set()
    held_out = {item.key: (split, item.key) for split, part in index.parts.items() for item in part.items}
    for pair in pairs:
        turns = (pair.answer, *(f"{turn['role']}\0{turn['content']}" for turn in pair.prompt))
        if turns in seen:
            continue
        seen.add(turns)
        matches = [*match_splits(pair.text, index), *_twins(pair, index)]
        if pair.task in held_out:
            split, item = held_out[pair.task]
            matches.append(whole_match(item, "answer", "names a held-out task", pair.answer, split))
        if matches:
            leaks.append(GivenLeak(**dict(pair), matches=tuple(matches)))
        else:
            clean.append(pair)
    return GivenScreening(clean=tuple(clean), leaks=tuple(leaks), repeated=len(pairs) - len(clean) - len(leaks))


def _twins(pair: GivenPair, index: SplitIndex) -> list[Match]:
    """Items whose answer is the row's, up to spacing, punctuation and case."""
    found = extract_code(pair.answer)
    codes = {pair.answer, found.code if found else pair.answer}
    keys = {solution_key(code): code for code in codes if len(tokenize(code)) >= N}
    return [
        whole_match(part.solutions[key], "answer", "same solution", code, split)
        for split, part in index.parts.items()
        for key, code in keys.items()
        if key in part.solutions
    ]
