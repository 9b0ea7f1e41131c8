"""Logs into a project's folder: each file read once, redacted before anything is kept, whole or absent, never twice.

``DIR/log/NNNN-DIGEST/`` holds what one file gave: ``entries.jsonl``, ``feedback.jsonl``, ``links.jsonl`` (records that are no
answers, so that feedback on them finds the answers of their trace), ``quarantine.jsonl`` (place and reason, never the text) and,
last, ``manifest.json``. ``entries + feedback + other + known + quarantined == found``, or the folder is not written. What an
earlier file brought already, by the log's own ids, is known and changes nothing. Does not join feedback with answers (see
``evals.logs.project``).
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from evals.errors import BadInput, Inconclusive
from evals.files import MANIFEST, digest_file, iter_jsonl, read_json, write_json
from evals.logs.redact import Redactor
from evals.logs.taking import QUARANTINE, IngestedFile, IngestOptions, LogReading
from evals.progress import Progress, Silent

LOG = "log"
_SEEN = "seen.npy"
_KEY = "redaction.key"
_TORN = re.compile(r"\.(?P<name>.+)\.\d+\.(?P<what>tmp|old)")


def project_key(folder: Path) -> bytes:
    """The key of a project's placeholders: made once, readable by its owner only."""
    file = folder / _KEY
    if not file.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        temporary = folder / f".{_KEY}.{os.getpid()}.tmp"
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.write(handle, os.urandom(32).hex().encode())
            os.fsync(handle)
        finally:
            os.close(handle)
        temporary.replace(file)
    return bytes.fromhex(file.read_text(encoding="ascii").strip())


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a project's folder.

    Raises:
        Inconclusive: another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Inconclusive(f"{folder}: another ingest or triage is at work on it; run this again when it is done") from None
        _remove_torn(folder)
        yield


def _remove_torn(folder: Path) -> None:
    """Remove what a killed process left half-written; what it had moved away and not replaced yet comes back."""
    for torn in [*folder.glob(".*"), *folder.glob("*/.*")]:
        found = _TORN.fullmatch(torn.name)
        if found is None:
            continue
        if found["what"] == "old" and not (whole := torn.with_name(found["name"])).exists():
            torn.rename(whole)
        elif torn.is_dir():
            shutil.rmtree(torn, ignore_errors=True)
        else:
            torn.unlink(missing_ok=True)


def require_ingested(folder: Path) -> None:
    """Check that a log was ingested into a folder, before anything is written there.

    Raises:
        BadInput: none was; the message names the projects beside it.
    """
    if segments(folder):
        return
    beside = folder.parent.iterdir() if folder.parent.is_dir() else ()
    there = ", ".join(sorted(str(other) for other in beside if segments(other))[:5])
    also = f"; there is {there}" if there else ""
    raise BadInput(f"{folder}: no log was ingested into it; run `goldloop ingest FILE --into {folder}` first{also}")


def segments(folder: Path) -> list[Path]:
    """The finished folders of ingested files, in the order in which they came."""
    return sorted(file.parent for file in (folder / LOG).glob(f"[0-9]*/{MANIFEST}"))


def ingested_files(folder: Path) -> list[IngestedFile]:
    """What each ingested file gave, in order."""
    return [IngestedFile.model_validate(read_json(segment / MANIFEST)) for segment in segments(folder)]


def held_ids(folder: Path) -> set[str]:
    """Ids of quarantined records that have one: what a person may release."""
    rows = (row for segment in segments(folder) for _, row in iter_jsonl(segment / QUARANTINE))
    return {str(row["id"]) for row in rows if row.get("id")}


def ingest_file(
    file: Path, into: Path, redactor: Redactor, options: IngestOptions, *, progress: Progress | None = None
) -> IngestedFile | None:
    """Read one file into a project; None where this very file was ingested before and nothing more is released from it.

    The caller holds the project's lock.

    Raises:
        BadInput: there is no such file, its format cannot be told, or it is of another format than the one that was given.
        OSError: what was read cannot be written; nothing of the file is kept then.
    """
    content = _digest(file)
    earlier = ingested_files(into)
    is_known = any(done.digest == content for done in earlier)
    if is_known and not options.released:
        return None
    reading = LogReading(file=file, redactor=redactor, options=options, seen=_seen(into), key=project_key(into))
    number = len(earlier) + 1
    work = into / LOG / f".{number:04}.{os.getpid()}.tmp"
    work.mkdir(parents=True)
    try:
        result = reading.into(work, content, progress or Silent())
        if is_known and not reading.new:
            shutil.rmtree(work)
            return None
        _finish(work, result, reading.new)
        work.rename(into / LOG / f"{number:04}-{content.removeprefix('b2:')[:8]}")
        _sync(into / LOG)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    return result


def _digest(file: Path) -> str:
    try:
        return digest_file(file)
    except FileNotFoundError:
        raise BadInput(f"{file}: no such file") from None
    except IsADirectoryError:
        raise BadInput(f"{file}: is a folder; give the log files in it, such as: goldloop ingest {file}/*.jsonl") from None
    except OSError as error:
        raise BadInput(f"{file}: cannot be read: {error.strerror or error}") from None


def _finish(work: Path, result: IngestedFile, new: Mapping[int, int]) -> None:
    """Everything on the disk, the manifest last."""
    np.save(work / _SEEN, np.array([list(new), list(new.values())], np.uint64))
    for part in work.iterdir():
        _sync(part)
    write_json(work / MANIFEST, result)
    _sync(work)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _seen(into: Path) -> dict[int, int]:
    """Keyed digests of all that was taken so far: of an id, and of what it held."""
    seen: dict[int, int] = {}
    for segment in segments(into):
        ids, contents = np.load(segment / _SEEN)
        seen.update(zip(ids.tolist(), contents.tolist(), strict=True))
    return seen


def sum_counts(files: Iterable[IngestedFile]) -> dict[str, Any]:
    """The counts of several files together."""
    total: Counter[str] = Counter()
    parts: dict[str, Counter[str]] = {
        name: Counter() for name in ("other", "quarantined", "redacted", "signals", "unruled", "notes")
    }
    for file in files:
        total.update({name: getattr(file, name) for name in ("records", "found", "entries", "feedback", "known", "cycles")})
        for name, counter in parts.items():
            counter.update(getattr(file, name))
    return {**{name: total[name] for name in ("records", "found", "entries", "feedback", "known", "cycles")}, **parts}
