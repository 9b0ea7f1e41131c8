"""Runs as folders: started with a configuration, resumed under the same one, summed up for people."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from evals.errors import BadInput
from evals.files import read_json, write_json
from evals.progress import Progress
from loop.bench import config_digest
from loop.config import Config
from loop.holdout import HoldoutLedger
from loop.progress import RecordedProgress
from loop.records import RoundReport
from loop.report.page import write_report
from loop.rounds import run_rounds
from loop.stage import code_version, only_one
from loop.validate import Where, open_bench

RUN_FILE = "run.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What a run left: its folder, rounds, and report."""

    folder: Path
    rounds: tuple[RoundReport, ...]
    html: Path


def start_run(
    config: Config,
    base: Path,
    runs: Path,
    *,
    where: Where = lambda key: "",
    unsafe_local: bool = False,
    progress: Progress | None = None,
    anyway: bool = False,
    tell: Callable[[str], None] = lambda note: None,
) -> Finished:
    """Start a run, or resume it if it exists under the same configuration.

    A configuration binds a run from its first evaluation on: a misspelt model name may still be corrected. ``where`` gives
    the file and line of a key; ``anyway`` and ``tell`` are those of ``open_bench``.

    Raises:
        BadInput: something that ``goldloop validate`` checks is wrong (all of it is listed); a run of that name was evaluated
            under another configuration; or another process works on it.
    """
    folder = runs / config.name
    started = folder / RUN_FILE
    require_same_settings(config, folder)
    with only_one(folder):
        facts = {
            "config": config.model_dump(mode="json"),
            "base": os.path.relpath(base, folder),
            "digest": config_digest(config),
            "version": code_version(),
            "unsafe_local": unsafe_local,
        }
        kept = RecordedProgress(progress, folder)
        bench = open_bench(config, base, where=where, unsafe_local=unsafe_local, progress=kept, anyway=anyway, tell=tell)
        write_json(started, facts)
        bench.ledger = HoldoutLedger(runs)
        try:
            bench.ledger.settle(bench.suites)
            reports = run_rounds(bench, folder, config.rounds)
        finally:
            bench.close()
        html = write_report(folder)
        kept.forget()
        return Finished(folder=folder, rounds=tuple(reports), html=html)


def resume_run(folder: Path, *, progress: Progress | None = None) -> Finished:
    """Go on with a run that was stopped, under the configuration that it was started with."""
    started = folder / RUN_FILE
    if not started.is_file():
        raise BadInput(f"{folder}: no run here ({RUN_FILE} is missing); runs: {', '.join(list_runs(folder.parent)) or 'none'}")
    facts = read_json(started)
    try:
        config = Config.model_validate(facts["config"])
    except ValidationError:
        raise BadInput(f"{started}: was written by another version ({facts.get('version')}) and does not fit this one") from None
    base = Path(os.path.normpath(folder / facts["base"]))
    return start_run(config, base, folder.parent, unsafe_local=facts["unsafe_local"], progress=progress, anyway=True)


def list_runs(runs: Path) -> list[str]:
    """Names of the runs below a folder."""
    return sorted(path.parent.name for path in runs.glob(f"*/{RUN_FILE}"))


def require_same_settings(config: Config, folder: Path) -> None:
    """A run that was evaluated goes on only under the configuration that it was started with.

    Raises:
        BadInput: other settings; the message names them.
    """
    started = folder / RUN_FILE
    if not started.is_file() or not any(folder.glob("round-*/before-train/journal.jsonl")):
        return
    old, new = _flat(read_json(started)["config"]), _flat(config.model_dump(mode="json"))
    differing = sorted(k for k in old.keys() | new.keys() if old.get(k) != new.get(k) and k not in ("rounds", "evals.workers"))
    if differing:
        shown = ", ".join(f"{k} ({old.get(k)!r} then, {new.get(k)!r} now)" for k in differing[:5])
        raise BadInput(
            f"{started}: this run was started with other settings: {shown}; choose another name (--set name=...), "
            "or go on as it was with `goldloop resume`"
        )


def _flat(value: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, inner in value.items():
        flat |= _flat(inner, f"{prefix}{key}.") if isinstance(inner, dict) else {prefix + key: inner}
    return flat
