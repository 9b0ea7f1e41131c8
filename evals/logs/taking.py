"""One log file on its way into a project: its format, its parts, what is redacted, known or quarantined, all of it counted."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import chain, islice
from pathlib import Path
from typing import Any

import orjson

from evals.errors import BadInput
from evals.logs.base import Feedback, Found, LogEntry, LogFormat, Other, Unread
from evals.logs.cycles import Cycle, find_cycles
from evals.logs.files import BrokenRecord, LogRecord, log_records
from evals.logs.formats import FORMATS, guess_format, make_format
from evals.logs.redact import Redactor
from evals.logs.signals import SignalRule, read_entry, read_feedback
from evals.progress import Progress
from evals.records import Record

ENTRIES, FEEDBACK, LINKS, QUARANTINE = "entries.jsonl", "feedback.jsonl", "links.jsonl", "quarantine.jsonl"
_SAMPLED = 200
_REPORTED = 500  # records between two reports of progress
_IN_CODE = "code holds what a rule would rewrite"
_OTHER_CONTENT = "its id was ingested before with other content"
_PLAIN = frozenset({"time", "finish", "model", "role", "train_ok", "licence", "score", "name"})
"""Keys whose values are never a person's words."""
_IDS = frozenset({"id", "trace", "parent", "target"})
"""Keys of ids: looked at only where they are no plain word, since feedback is joined by them."""
_ID = re.compile(r"[A-Za-z0-9_:.-]{1,128}")
_QUOTED = re.compile(r"""(?<!\w)(['"]).*?(?:\1(?!\w)|$)""", re.DOTALL)
_CODE = frozenset({"starter", "golden", "tests", "checks"})
"""Keys of a task that a log states whose values are code."""


class IngestedFile(Record):
    """What reading one file gave. ``entries + feedback + sum(other) + known + sum(quarantined) == found``.

    ``records`` are the decoded and undecodable records; one may hold several parts, which ``found`` counts. ``redacted`` counts
    replacements by kind, ``signals`` what was said by signal, ``unruled`` scores and labels for which there is no rule,
    ``notes`` parts of answers that were left out (``clock``: a time that cannot be) and ``noted`` where the first of each is,
    ``cycles`` records whose parents go round, and where the first one is.
    """

    file: str
    digest: str
    format: str
    guessed: bool
    bytes: int
    records: int
    found: int
    entries: int
    feedback: int
    other: Mapping[str, int]
    known: int
    quarantined: Mapping[str, int]
    redacted: Mapping[str, int]
    signals: Mapping[str, int]
    unruled: Mapping[str, int]
    notes: Mapping[str, int]
    noted: Mapping[str, str] = {}
    cycles: int = 0
    cycle: str = ""

    @property
    def is_balanced(self) -> bool:
        """Whether everything that was found is in one of the counts."""
        taken = self.entries + self.feedback + sum(self.other.values()) + self.known + sum(self.quarantined.values())
        return taken == self.found


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestOptions:
    """``format`` empty: guessed a file. ``released`` are ids of entries whose code may be rewritten, as a person decided.

    ``licence`` and ``train_ok`` are given to entries that do not say.
    """

    format: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    rules: Sequence[SignalRule] = ()
    released: frozenset[str] = frozenset()
    licence: str = ""
    train_ok: bool = True


@dataclass(slots=True, kw_only=True)
class LogReading:
    """One file on its way into the project."""

    file: Path
    redactor: Redactor
    options: IngestOptions
    seen: dict[int, int]
    key: bytes
    new: dict[int, int] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    other: Counter[str] = field(default_factory=Counter)
    quarantined: Counter[str] = field(default_factory=Counter)
    redacted: Counter[str] = field(default_factory=Counter)
    signals: Counter[str] = field(default_factory=Counter)
    unruled: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    noted: dict[str, str] = field(default_factory=dict)
    parents: array[int] = field(default_factory=lambda: array("Q"))
    _out: dict[str, Any] = field(default_factory=dict)

    def into(self, work: Path, content: str, progress: Progress) -> IngestedFile:
        """Read the file to its end."""
        records = log_records(self.file)
        sample = list(islice(records, _SAMPLED))
        name, reader = self._format(sample)
        progress.start(f"ingest {self.file.name}", 0, "records")
        self._out = {part: (work / part).open("wb") for part in (ENTRIES, FEEDBACK, LINKS, QUARANTINE)}
        try:
            for number, record in enumerate(chain(sample, records), 1):
                self._take_record(number, record, reader)
                if number % _REPORTED == 0:
                    progress.advance(_REPORTED)
            progress.advance(self.counts["records"] % _REPORTED)
            for found in reader.close():
                self._take(0, f"{self.file}: end", found)
        finally:
            for handle in self._out.values():
                handle.close()
        progress.finish()
        return self._result(name, content, find_cycles(self.parents))

    def _format(self, sample: Sequence[LogRecord | BrokenRecord]) -> tuple[str, LogFormat]:
        values = [record.value for record in sample if isinstance(record, LogRecord)]
        guess = guess_format(values) if values else None
        if not self.options.format:
            if guess is None:
                raise BadInput(_unknown_format(self.file, sample, values))
            return guess, make_format(guess, self.options.columns)
        reader = make_format(self.options.format, self.options.columns)
        if guess not in (None, self.options.format, "table") and not _reads_any(reader, values):
            raise BadInput(
                f"{self.file}: has no record of format {self.options.format!r}; it looks like {guess!r}: "
                f"goldloop ingest {guess} {self.file}"
            )
        return self.options.format, make_format(self.options.format, self.options.columns)

    def _take_record(self, number: int, record: LogRecord | BrokenRecord, reader: LogFormat) -> None:
        self.counts["records"] += 1
        if isinstance(record, BrokenRecord):
            self.counts["found"] += 1
            self._quarantine(record.place, record.why, self._hash(b"raw", record.raw or record.place))
            return
        nothing = True
        for found in reader.read(record.value):
            nothing = False
            self._take(number, record.place, found)
        if nothing:
            self._take(number, record.place, Unread(why="nothing was found in it"))

    def _take(self, number: int, place: str, found: Found) -> None:
        self.counts["found"] += 1
        if isinstance(found, LogEntry):
            self._link(number, found.id, found.parent)
            self._take_entry(place, found)
        elif isinstance(found, Feedback):
            self._take_feedback(place, found)
        elif isinstance(found, Other):
            self.other[found.why] += 1
            if found.id:
                self._link(number, found.id, found.parent)
                self._write(LINKS, self._redacted_row({"id": found.id, "trace": found.trace}, rewrite=True)[0])
        else:
            self._quarantine(place, found.why, self._hash(b"why", f"{place}\0{found.why}"))

    def _take_entry(self, place: str, entry: LogEntry) -> None:
        row = _entry_row(entry)
        name, content = self._hash(b"entry", entry.id), self._hash(b"content", orjson.dumps(row))
        if self._is_known(place, entry.id, name, content):
            return
        redacted = self._redact(entry, row)
        if redacted:
            why = f"{_IN_CODE} ({', '.join(redacted)}); mend the log, or let the code be rewritten: --release {entry.id}"
            self._quarantine(place, why, self._hash(b"held", entry.id), id=row["id"])
            return
        self.new[name] = content
        self.counts["entries"] += 1
        self.notes.update(entry.notes)
        for note in entry.notes:
            self.noted.setdefault(note, place)
        self.signals.update(reading.signal for reading in read_entry(entry))
        row["licence"] = entry.licence or self.options.licence
        row["train_ok"] = self.options.train_ok if entry.train_ok is None else entry.train_ok
        row["place"] = place
        self._write(ENTRIES, row)

    def _take_feedback(self, place: str, feedback: Feedback) -> None:
        row = _filled(feedback)
        content = self._hash(b"feedback", orjson.dumps({**row, "time": ""} if not feedback.id else row))
        name = self._hash(b"said", feedback.id or orjson.dumps(row))
        if self._is_known(place, feedback.id or feedback.target, name, content):
            return
        row, kinds = self._redacted_row(row, rewrite=feedback.target in self.options.released)
        if kinds:
            why = f"{_IN_CODE} ({', '.join(kinds)}); mend the log, or let the code be rewritten: --release {feedback.target}"
            self._quarantine(place, why, self._hash(b"held", orjson.dumps(feedback)), id=row["target"])
            return
        self.new[name] = content
        self.counts["feedback"] += 1
        reading = read_feedback(feedback, self.options.rules)
        if reading.ruled:
            self.signals[reading.signal if reading.says != "unknown" else f"{reading.signal} (says nothing)"] += 1
        else:
            self.unruled[reading.signal] += 1
        self._write(FEEDBACK, {**row, "place": place})

    def _is_known(self, place: str, shown: str, name: int, content: int) -> bool:
        """Whether an id was taken before; with other content it is quarantined, since nobody can tell which one is right."""
        before = self.seen.get(name, self.new.get(name))
        if before is None:
            return False
        if before == content:
            self.counts["known"] += 1
        else:
            where = "earlier in this file" if name in self.new else "from an earlier file"
            self._quarantine(place, f"{_OTHER_CONTENT} ({where})", self._hash(b"twice", f"{name}:{content}"), id=shown)
        return True

    def _redact(self, entry: LogEntry, row: dict[str, Any]) -> tuple[str, ...]:
        """Redact an entry's row in place; the kinds of what stands in code, which nobody but a person may rewrite."""
        changed, kinds = self._redacted_row(row, rewrite=entry.id in self.options.released)
        row.update(changed)
        return kinds

    def _redacted_row(self, row: dict[str, Any], *, rewrite: bool) -> tuple[dict[str, Any], tuple[str, ...]]:
        """A row without secrets, and the kinds of those in its code; what one text gives away is found in the others, too."""
        user = row.get("user", "")
        texts: list[str] = []
        code: list[bool] = []
        _collect({key: value for key, value in row.items() if key != "user"}, False, texts, code)
        if self.redactor.is_clean(texts, code=code):
            return ({**row, "user": self._pseudonym(user)} if user else row), ()
        done = self.redactor.redact_parts(texts, code=code, rewrite_code=rewrite)
        for part in done:
            if part.counts:
                self.redacted.update(part.counts)
        kinds = {kind for part in done for kind in part.in_code}
        cleaned = _replaced(row, iter(part.text for part in done), top=True)
        if user:
            cleaned["user"] = self._pseudonym(user)
        return cleaned, tuple(sorted(kinds))

    def _pseudonym(self, user: str) -> str:
        return f"user-{self._hash(b'user', user):016x}"

    def _quarantine(self, place: str, why: str, name: int, *, id: str = "") -> None:
        if name in self.seen or name in self.new:
            self.counts["known"] += 1
            return
        self.new[name] = 0
        why = self.redactor.redact(why).text
        self.quarantined[_kind_of_break(why)] += 1
        shown = id if _is_id(id) else self.redactor.redact(id).text
        self._write(QUARANTINE, {"place": place, "why": why, **({"id": shown} if id else {})})

    def _link(self, number: int, name: str, parent: str) -> None:
        if parent:
            self.parents.extend((self._hash(b"id", name), self._hash(b"id", parent), number))

    def _hash(self, kind: bytes, value: str | bytes) -> int:
        """A keyed digest of 64 bits: what is kept of an id tells nothing about it."""
        data = value if isinstance(value, bytes) else value.encode(errors="surrogatepass")
        return int.from_bytes(blake2b(data, digest_size=8, key=self.key, person=kind).digest(), "little")

    def _write(self, part: str, row: Mapping[str, Any]) -> None:
        self._out[part].write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))

    def _result(self, name: str, content: str, cycle: Cycle) -> IngestedFile:
        result = IngestedFile(
            file=str(self.file),
            digest=content,
            format=name,
            guessed=not self.options.format,
            bytes=self.file.stat().st_size,
            records=self.counts["records"],
            found=self.counts["found"],
            entries=self.counts["entries"],
            feedback=self.counts["feedback"],
            other=dict(self.other.most_common()),
            known=self.counts["known"],
            quarantined=dict(self.quarantined.most_common()),
            redacted=dict(self.redacted.most_common()),
            signals=dict(self.signals.most_common()),
            unruled=dict(self.unruled.most_common()),
            notes=dict(self.notes.most_common()),
            noted=self.noted,
            cycles=cycle.members,
            cycle=f"record {cycle.first} of {self.file}" if cycle.members else "",
        )
        if not result.is_balanced:
            raise AssertionError(f"{self.file}: {result.found} parts were found, and the counts do not add up: {result}")
        return result


def _is_id(value: Any) -> bool:
    """Whether a value is one word of the characters that ids have; an address or a sentence is none."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _collect(value: Any, code: bool, texts: list[str], marks: list[bool]) -> None:
    """All texts within a row that may hold somebody's words, in order, each with whether it is code."""
    if isinstance(value, str):
        texts.append(value)
        marks.append(code)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key not in _PLAIN and not (key in _IDS and _is_id(inner)):
                _collect(inner, code or key in _CODE, texts, marks)
    elif isinstance(value, list):
        for inner in value:
            _collect(inner, code, texts, marks)


def _replaced(value: Any, texts: Iterator[str], *, top: bool = False) -> Any:
    """A row with its texts replaced by those of ``_collect``, in its order."""
    if isinstance(value, str):
        return next(texts)
    if isinstance(value, dict):
        kept = _PLAIN | {"user"} if top else _PLAIN
        return {
            key: inner if key in kept or (key in _IDS and _is_id(inner)) else _replaced(inner, texts)
            for key, inner in value.items()
        }
    return [_replaced(inner, texts) for inner in value] if isinstance(value, list) else value


def _reads_any(reader: LogFormat, values: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a format finds an answer or feedback in the first records."""
    found = chain(chain.from_iterable(reader.read(value) for value in values), reader.close())
    return any(isinstance(part, LogEntry | Feedback) for part in found)


def _unknown_format(file: Path, sample: Sequence[LogRecord | BrokenRecord], values: Sequence[Mapping[str, Any]]) -> str:
    if not sample:
        return f"{file}: holds no records"
    if not values:
        first = next(record for record in sample if isinstance(record, BrokenRecord))
        more = f"; none of the first {len(sample)} records could be read" if len(sample) > 1 else ""
        return f"{first.place}: {first.why}{more}"
    keys = ", ".join(sorted({key for value in values[:20] for key in value})[:12])
    return (
        f"{file}: looks like none of {', '.join(FORMATS)}; its records have the keys {keys}: name the format, or map the "
        f"columns: goldloop ingest table {file} --column prompt=KEY --column answer=KEY"
    )


def _kind_of_break(why: str) -> str:
    """A reason without its details and what it quotes, for counting."""
    return (
        _QUOTED.sub("...", why).partition("(")[0].partition(";")[0].partition(" at byte")[0].partition(" of ")[0].strip()[:60]
        or "unreadable"
    )


def _entry_row(entry: LogEntry) -> dict[str, Any]:
    """An entry as a row: what is empty is left out."""
    row = _filled(entry)
    row.pop("notes", None)
    if entry.turns:
        row["turns"] = [{"role": turn.role, "text": turn.text} for turn in entry.turns]
    return row


def _filled(part: LogEntry | Feedback) -> dict[str, Any]:
    return {name: value for name in part.__slots__ if (value := getattr(part, name)) not in ("", None, [], {})}
