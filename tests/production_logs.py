"""Small logs of production for tests: answers with feedback as table rows, a project made of them, tools to triage it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from evals.graders import grade
from evals.logs.ingest import ingest_file, locked, project_key
from evals.logs.redact import Redactor
from evals.logs.taking import IngestOptions
from evals.models.scripted import ScriptedBackend
from evals.sandboxes.base import Sandbox
from goldens.production.triage import Tools, Triaged, triage
from goldens.verify import Effort

RIGHT = "def shout(text):\n    return text.upper() + '!'\n"
ALSO_RIGHT = "def shout(text):\n    return ''.join([text.upper(), '!'])\n"
WRONG = "def shout(text):\n    return text + '!'\n"
OTHERWISE = "def shout(text):\n    return text.upper()\n"
ASKED = "Write shout(text): the text in capital letters with an exclamation mark, such as shout('no') == 'NO!'"


def row(name: str, *, day: int = 1, question: str = ASKED, answer: str = WRONG, **more: Any) -> dict[str, Any]:
    """One answer; ``feedback`` and ``corrected`` come with it where they are given."""
    head = {"id": name, "time": f"2026-10-{day:02d}T10:00:00Z", "user": f"user of {name}", "question": question, "answer": answer}
    return {**head, **more}


def down(name: str, corrected: str = "", **more: Any) -> dict[str, Any]:
    """An answer that was called a failure, with a correction if one is given."""
    said: dict[str, Any] = {"corrected": corrected} if corrected else {}
    return row(name, feedback="down", **said, **more)


def up(name: str, **more: Any) -> dict[str, Any]:
    """An answer that was called good."""
    return row(name, feedback="up", **more)


def make_project(folder: Path, rows: Sequence[Mapping[str, Any]], **options: Any) -> Path:
    """A project that a log of these rows was ingested into; called again, the log's next file."""
    folder.mkdir(exist_ok=True)
    file = folder / f"rows-{len(list(folder.glob('rows-*')))}.jsonl"
    file.write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")
    project = folder / "production"
    with locked(project):
        ingest_file(file, project, Redactor(project_key(project)), IngestOptions(format="table", **options))
    return project


def tools_with(sandbox: Sandbox, answer: Callable[[str], str | None] | str = WRONG, **more: Any) -> Tools:
    """Tools with a scripted model that gives this answer."""
    says = answer if callable(answer) else lambda question: f"```python\n{answer}```"
    tools = Tools(
        sandbox=sandbox,
        grade=lambda task, code: grade(task, code, sandbox),
        suite="production",
        leaks=lambda task: "",
        model="scripted",
        open_model=lambda: ScriptedBackend(says),
        effort=Effort(mutants=4),
    )
    return replace(tools, **more)


def triaged(folder: Path, rows: Sequence[Mapping[str, Any]], sandbox: Sandbox, **more: Any) -> Triaged:
    """The problems of a log of these rows."""
    return triage(make_project(folder, rows), tools_with(sandbox, **more))
