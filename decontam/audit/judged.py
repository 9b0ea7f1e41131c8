"""What people said of an audit's matches: accepted as leaks, or false alarms; with who, when and why, kept beside the audit.

A judgement is about one match at one place: it does not hold for another row, a changed text or another item, so that a file
that was edited since is judged anew. Lines are only added; the last one of a match holds.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from decontam.records import Match
from evals.errors import BadInput
from evals.files import Journal, digest
from evals.records import Record

JUDGED = "judged.jsonl"
Opinion = Literal["accepted", "false alarm"]


class MatchJudgement(Record):
    """One person's judgement of one match; ``match`` is ``match_key``."""

    match: str
    file: str
    row: int
    item: str
    opinion: Opinion
    who: str
    when: str
    why: str


def match_key(file: str, row: int, match: Match) -> str:
    """Digest of a match's place and of what matched there."""
    spans = [list(match.document_span), list(match.item_span)]
    return digest([file, row, match.column, match.item, match.part, match.channel, match.snippet, spans])


class JudgedMatches:
    """The judgements of one audit's folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._of: dict[str, list[MatchJudgement]] = {}
        if (folder / JUDGED).is_file():
            with self._locked() as journal:
                self._take(journal)

    def _take(self, journal: Journal) -> None:
        self._of = {}
        for entry in journal.entries:
            said = MatchJudgement.model_validate(entry)
            self._of.setdefault(said.match, []).append(said)

    def of(self, key: str) -> Sequence[MatchJudgement]:
        """All judgements of a match, oldest first."""
        return self._of.get(key, [])

    def rows(self, file: str) -> set[int]:
        """The rows of a file of which a match was judged."""
        return {said.row for judgements in self._of.values() for said in judgements if said.file == file}

    def spares(self, file: str, row: int, match: Match) -> bool:
        """Whether the last judgement of a match says that it is a false alarm."""
        said = self.of(match_key(file, row, match)) if self._of else ()
        return bool(said) and said[-1].opinion == "false alarm"

    def add(self, file: str, row: int, match: Match, opinion: Opinion, *, who: str, why: str, seen: int) -> None:
        """Keep a judgement; ``seen`` is how many of this match its author was shown.

        Raises:
            BadInput: nobody is named, no reason is given, or somebody judged it in between.
        """
        if not who.strip() or not why.strip():
            raise BadInput("a judgement is a person's, with a reason: give your name and why")
        key = match_key(file, row, match)
        with self._locked() as journal:
            self._take(journal)
            there = self.of(key)
            if len(there) != seen:
                last = there[-1]
                raise BadInput(
                    f"{last.who} judged it while you were looking: {last.opinion} ({last.why}). Look again, then decide"
                )
            now = datetime.now(UTC).isoformat(timespec="seconds")
            said = MatchJudgement(
                match=key, file=file, row=row, item=match.item, opinion=opinion, who=who.strip(), when=now, why=why.strip()
            )
            journal.append(said.model_dump(mode="json"))
            self._take(journal)

    @contextmanager
    def _locked(self) -> Iterator[Journal]:
        with (self._folder / ".judged.lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield Journal(self._folder / JUDGED)
