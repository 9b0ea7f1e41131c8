"""Training files without the rows that leak, written beside the originals: same format, order and bytes of what is kept.

Covers every kind of ``decontam.sources``; the files of an archive are written into a folder of its name. Does not keep: the
compressed bytes of a file that lost rows (it is compressed again, with the library's level), Parquet row groups over 64 MiB
(they are split), the compression inside Arrow files.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from decontam.sources import Source
from decontam.sources.find import shown
from decontam.sources.rewrite import UnreadableSource, rewrite
from decontam.sources.sniff import METADATA
from decontam.sources.whole import whole_file
from evals.errors import BadInput
from evals.files import MANIFEST, digest_file, write_json, write_jsonl

REMOVED = "removed.jsonl"


def write_clean(
    sources: Sequence[Source],
    removed: Mapping[str, Mapping[int, str]],
    out: Path,
    *,
    unread: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    """Write every source without its removed rows below ``out``, ``removed.jsonl``, and last ``manifest.json``, its return.

    ``removed``: reason by row from 1 by ``Source.name``. ``unread``: rows that the audit could not read, by name; they are kept
    as they are, and only counted. A file lies below ``out`` as its source lies below the common parent of all sources. Of each
    file ``rows == kept + removed``; a text file, notebook or single object that is removed is left out.

    Raises:
        BadInput: ``out`` is not empty, a source has changed since it was audited, or is broken and has rows to remove.
        OSError: a file cannot be written (named by the error); nothing half-written is left under its name.
    """
    names = {source.name for source in sources}
    if unknown := sorted(set(removed) - names):
        raise BadInput(f"rows to remove from {unknown[0]}, which is not a source; sources are {', '.join(sorted(names))[:300]}")
    targets = plan(sources, out)
    files = []
    for source in sources:
        entry = clean_file(source, removed.get(source.name, {}), out / targets[source.name], (unread or {}).get(source.name, 0))
        files.append({"file": source.name, "output": shown(targets[source.name]) if entry["digest"] else None, **entry})
    copy_metadata(sources, targets, out)
    write_jsonl(
        out / REMOVED,
        (
            {"file": name, "row": row, "reason": reason}
            for name in sorted(removed)
            for row, reason in sorted(removed[name].items())
        ),
    )
    counts = {key: sum(int(entry[key]) for entry in files) for key in ("rows", "kept", "removed", "unread")}
    manifest = {"files": files, **counts, "removed_digest": digest_file(out / REMOVED)}
    write_json(out / MANIFEST, manifest)
    return manifest


def plan(sources: Sequence[Source], out: Path) -> dict[str, str]:
    """Where each source goes, relative to ``out``, by its name.

    Raises:
        BadInput: it would overwrite something.
    """
    if out.exists() and not out.is_dir():
        raise BadInput(f"{out}: is a file; give a folder that does not exist yet")
    if out.is_dir() and any(out.iterdir()):
        raise BadInput(f"{out}: not empty, and nothing is overwritten; give a folder that does not exist yet")
    paths = {source.name: Path(os.path.abspath(source.place)) for source in sources}  # noqa: PTH100  (resolve follows links)
    if not paths:
        return {}
    parent = Path(os.path.commonpath([path.parent for path in paths.values()]))
    targets = {name: str(path.relative_to(parent)) for name, path in paths.items()}
    if len(set(targets.values())) < len(targets):
        first, second = next((a, b) for a, b in combinations(targets, 2) if targets[a] == targets[b])
        raise BadInput(f"{first} and {second}: both would be written as {out / targets[first]}; clean them one by one")
    real_out = Path(os.path.realpath(out))
    for name, target in targets.items():
        real = Path(os.path.realpath(paths[name]))
        if real_out == real or real_out in real.parents or real in real_out.parents:
            raise BadInput(f"{out}: in the way of {name}; give another folder")
        if target in (MANIFEST, REMOVED):
            raise BadInput(f"{name}: would be written as {out / target}, which this command writes itself; rename it")
    return targets


def clean_file(source: Source, removed: Mapping[int, str], target: Path, unread: int) -> dict[str, Any]:
    """Write one source; returns its counts and the digest of what was written, empty if it was left out.

    Raises:
        BadInput: see ``write_clean``.
        OSError: it cannot be written.
    """
    try:
        if source.path.stat().st_size != source.size_bytes:
            raise BadInput(f"{source.name}: has changed since it was audited; audit it again")
    except FileNotFoundError:
        raise BadInput(f"{source.name}: no longer there; audit again") from None
    target.parent.mkdir(parents=True, exist_ok=True)
    rows = rewritten(source, removed, target)
    digest = digest_file(target) if target.exists() else ""
    return {
        "rows": rows,
        "kept": rows - len(removed),
        "removed": len(removed),
        "unread": unread,
        "digest": digest,
        "size_bytes": target.stat().st_size if digest else 0,
    }


def rewritten(source: Source, removed: Mapping[int, str], target: Path) -> int:
    """Write the file and return how many rows the source has.

    Raises:
        BadInput, OSError: see ``write_clean``.
    """
    try:
        if not removed:
            try:
                rows = rewrite(source, frozenset(), None).rows
            except UnreadableSource:
                rows = 0  # kept unchanged; the audit has reported that it is broken
            with source.path.open("rb") as original, whole_file(target) as handle:
                shutil.copyfileobj(original, handle, 1 << 20)
            return rows
        with whole_file(target) as handle:
            done = rewrite(source, frozenset(removed), handle)
            if done.removed != len(removed):
                counts = f"{len(removed)} rows to remove, {done.removed} found"
                raise BadInput(f"{source.name}: {counts}; it has changed, audit it again")
    except UnreadableSource as error:
        raise BadInput(f"{source.name}: cannot remove rows, {error}; repair it and audit again") from None
    if done.left_out:
        target.unlink()
    return done.rows


def copy_metadata(sources: Sequence[Source], targets: Mapping[str, str], out: Path) -> None:
    """Copy what ``datasets.load_from_disk`` needs beside the files of a saved dataset."""
    for source in sources:
        if source.kind != "arrow":
            continue
        target = out / targets[source.name]
        for origin, place in ((source.place.parent, target.parent), (source.place.parent.parent, target.parent.parent)):
            for name in METADATA:
                file = place / name
                if (origin / name).is_file() and out in file.parents and not file.exists():
                    with whole_file(file) as handle:
                        handle.write((origin / name).read_bytes())
