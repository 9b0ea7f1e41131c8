"""The progress of a run: every stage that exists, and whether a process is working on it, as told by the lock alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from evals.files import MANIFEST, read_json
from evals.records import Record
from loop.progress import PROGRESS, WorkPosition, read_position
from loop.sampling import TARGETS
from loop.stage import lock_holder

STAGES = (
    "goldens", "before-train", "failures", "pairs", "screen", "trainset", "before-holdout", "finetune", "after-holdout", "gate",
)  # fmt: skip


class RunState(Record):
    """``running``: process ``pid`` holds the run's lock. ``position`` is where the work is, or was when it stopped."""

    state: Literal["running", "stopped", "done"]
    pid: int | None = None
    position: WorkPosition | None = None


def run_state(folder: Path) -> RunState:
    """Whether a run is at work, stopped on its way, or done."""
    holder, position = lock_holder(folder), read_position(folder)
    if holder is not None:
        return RunState(state="running", pid=holder, position=position if position and position.pid == holder else None)
    done = (folder / "report.json").is_file() and not (folder / PROGRESS).is_file()
    return RunState(state="done" if done else "stopped", position=position)


def run_status(folder: Path) -> list[dict[str, Any]]:
    """Stages of every round: state (``done``, ``running``, ``stopped``, ``to do``), counts, seconds.

    Beside the stages that every round has, those that exist: ``targets``, ``after-again``, ``after-held-back``,
    ``after-train``, ``base-train``, ``before-again-N``, ``finetune-*`` and ``dev-*`` of several trainings, ``choice``,
    ``after-holdout-seed-N``. A round that found nothing new to train on has ended with fewer.
    """
    rows = []
    for round_folder in sorted(folder.glob("round-*"), key=lambda path: int(path.name.split("-")[1])):
        ended = (round_folder / "gate" / MANIFEST).is_file()
        for name in _stages_of(round_folder):
            path = round_folder / name
            if not path.is_dir() and (ended or (name == "before-holdout" and round_folder.name != "round-1")):
                continue  # not needed: known from the round before, or nothing new to train on
            rows.append({"round": round_folder.name, "stage": name, **_stage_status(path)})
    return rows


def _stages_of(round_folder: Path) -> list[str]:
    """In the order of work: what only some rounds have comes before the gate, and targets before the pairs."""
    others = sorted(path.name for path in round_folder.iterdir() if path.is_dir() and path.name not in STAGES)
    early = [name for name in others if name == TARGETS]
    place = STAGES.index("pairs")
    late = [name for name in others if name != TARGETS]
    return [*STAGES[:place], *early, *STAGES[place:-1], *late, STAGES[-1]]


def _stage_status(path: Path) -> dict[str, Any]:
    if (path / MANIFEST).is_file():
        manifest = read_json(path / MANIFEST)
        counts = {"decision": manifest["decision"]} if path.name == "gate" else manifest.get("counts", {})
        return {"state": "done", "counts": counts, "seconds": manifest["seconds"]}
    if not path.is_dir():
        return {"state": "to do", "counts": {}, "seconds": None}
    journal = path / "journal.jsonl"
    entries = 0
    if journal.is_file():
        with journal.open("rb") as lines:
            entries = sum(1 for _ in lines)
    state = "running" if lock_holder(path) is not None else "stopped"
    return {"state": state, "counts": {"journal entries": entries}, "seconds": None}
