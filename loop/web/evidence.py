"""What belongs to one attempt: its golden, its question, what became of it; each one line of a file of its round.

Lines are found by a scan for the key, so that nothing of a large file is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from evals.files import canonical_json
from goldens.records import Golden


def lines_with(file: Path, key: str) -> Iterator[dict[str, Any]]:
    """Rows of a JSONL file whose ``key`` is this; none where the file is not there."""
    wanted = b'"key":' + canonical_json(key)
    try:
        with file.open("rb") as handle:
            for line in handle:
                if wanted in line and (row := orjson.loads(line)).get("key") == key:
                    yield row
    except (FileNotFoundError, NotADirectoryError):
        return


def golden_of(round_folder: Path, key: str) -> Golden | None:
    """The proved golden of a task in a round."""
    row = next(lines_with(round_folder / "goldens" / "goldens.jsonl", key), None)
    return Golden.model_validate(row) if row else None


def question_of(round_folder: Path, key: str) -> str:
    """What the task asks, where the round's pairs have it; else empty."""
    for name in ("pairs/pairs.jsonl", "screen/contaminated.jsonl"):
        for row in lines_with(round_folder / name, key):
            return str(row.get("prompt", ""))
    return ""


def language_of_task(round_folder: Path, key: str) -> str:
    """The language of a task's code, as far as the round's pairs say; else that most tasks have."""
    row = next(lines_with(round_folder / "pairs" / "pairs.jsonl", key), None)
    return str(row.get("language") or "python") if row else "python"


def fate_of(round_folder: Path, key: str) -> str:
    """What became of a failing attempt, in words."""
    dirty = lines_with(round_folder / "screen" / "contaminated.jsonl", key)
    if any(row.get("golden", {}).get("source") != "replay" for row in dirty):
        return "left out: its pair leaks a holdout item"
    wanted = canonical_json(key)
    file = round_folder / "trainset" / "trainset.jsonl"
    if file.is_file():
        with file.open("rb") as handle:
            if any(wanted in line and orjson.loads(line)["provenance"].get("key") == key for line in handle):
                return "trained on"
    return "not trained on"
