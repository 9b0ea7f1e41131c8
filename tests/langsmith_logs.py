"""Rows of a log as tests of production failures write them: runs of LangSmith, and feedback on them."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from evals.files import iter_jsonl
from evals.logs.ingest import ingest_file, locked, segments
from evals.logs.redact import Redactor
from evals.logs.taking import IngestedFile, IngestOptions

KEY = bytes(range(32))
TIME = "2025-04-01T12:00:0{}Z"


def run(name: str, question: str = "Add one.", answer: str = "x + 1", **more: Any) -> dict[str, Any]:
    """A run of a model; ``user`` and ``at`` (a second) are put where LangSmith has them."""
    user, at = more.pop("user", ""), more.pop("at", 0)
    return {
        "id": name,
        "trace_id": more.pop("trace", f"t-{name}"),
        "run_type": "llm",
        "start_time": TIME.format(at),
        "inputs": {"messages": [{"role": "user", "content": question}]},
        "outputs": {"choices": [{"index": 0, "message": {"role": "assistant", "content": answer}}]},
        **({"extra": {"metadata": {"user_id": user}}} if user else {}),
        **more,
    }


def chain(name: str, trace: str, **more: Any) -> dict[str, Any]:
    """A run that is no answer of a model."""
    return {"id": name, "trace_id": trace, "run_type": "chain", "inputs": {}, **more}


def said(on: str, key: str = "thumbs_down", **more: Any) -> dict[str, Any]:
    """Feedback on a run, a trace or any other span."""
    return {"run_id": on, "key": key, "score": None, **more}


def lines(rows: Iterable[Any]) -> bytes:
    """JSONL; what is bytes already is a line as it is."""
    return b"".join((row if isinstance(row, bytes) else json.dumps(row).encode()) + b"\n" for row in rows)


class Project:
    """A project's folder, with a fixed key, and the logs that go into it."""

    def __init__(self, root: Path) -> None:
        self.root, self.folder = root, root / "production"
        self.folder.mkdir(parents=True)
        key = self.folder / "redaction.key"
        key.write_text(KEY.hex())
        key.chmod(stat.S_IRUSR | stat.S_IWUSR)
        self._redactor = Redactor(KEY)

    def read(self, rows: Iterable[Any], name: str = "log.jsonl", **options: Any) -> IngestedFile:
        """Ingest a log of these rows, which was not ingested before."""
        result = self.read_again(rows, name, **options)
        assert result is not None
        return result

    def read_again(self, rows: Iterable[Any], name: str = "log.jsonl", **options: Any) -> IngestedFile | None:
        file = self.root / name
        file.write_bytes(lines(rows))
        return self.read_file(file, **options)

    def read_file(self, file: Path, **options: Any) -> IngestedFile | None:
        with locked(self.folder):
            return ingest_file(file, self.folder, self._redactor, IngestOptions(**options))

    def rows(self, part: str) -> list[Any]:
        """All rows of one part (``entries``, ``feedback``, ``links``, ``quarantine``), in order."""
        return [row for segment in segments(self.folder) for _, row in iter_jsonl(segment / f"{part}.jsonl")]

    def quarantined(self) -> list[str]:
        """Place within its file, and reason, of all that is kept apart."""
        return [f"{row['place'].removeprefix(str(self.root) + '/')}: {row['why']}" for row in self.rows("quarantine")]

    def files(self) -> dict[str, bytes]:
        """Every file of the folder with its bytes."""
        return {str(f.relative_to(self.folder)): f.read_bytes() for f in sorted(self.folder.rglob("*")) if f.is_file()}
