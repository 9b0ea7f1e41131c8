"""Runs as folders: started with a configuration, resumed under the same one, listed, summed up for people."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from evals.errors import BadInput
from evals.files import MANIFEST, read_json, write_json
from evals.progress import Progress
from evals.records import Record
from loop.bench import config_digest
from loop.config import Config
from loop.holdout import HoldoutLedger
from loop.machine import utc_now
from loop.progress import PROGRESS, RecordedProgress
from loop.records import RoundReport
from loop.registry import REGISTRY, Registry, RegistryEntry
from loop.report.page import write_report
from loop.rounds import run_rounds
from loop.stage import code_version, only_one
from loop.start import Start, resolve_start
from loop.status import run_state
from loop.stops import Stop
from loop.validate import Where, open_bench

RUN_FILE = "run.json"
_MAY_CHANGE = re.compile(r"rounds|evals\.workers|stop\..*|gate\.looks")  # of a run that has begun: how long it goes on


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What a run left: its folder, rounds, and report; what it started from, and the rule that ended it early, if one did.

    ``in_use`` is the adapter in use for its base and target suites, None for the base.
    """

    folder: Path
    rounds: tuple[RoundReport, ...]
    html: Path
    start: Start
    stop: Stop | None = None
    in_use: RegistryEntry | None = None


def start_run(
    config: Config,
    base: Path,
    runs: Path,
    *,
    where: Where = lambda key: "",
    unsafe_local: bool = False,
    promote: bool = True,
    further: bool = False,
    progress: Progress | None = None,
    anyway: bool = False,
    tell: Callable[[str], None] = lambda line: None,
) -> Finished:
    """Start a run, or resume it if it exists under the same configuration.

    A configuration binds a run from its first evaluation on: a misspelt model name may still be corrected.

    Args:
        config: the configuration. Its ``rounds`` are rounds in all: a run that has more of them keeps what it has.
        base: the folder that relative names of suites start from.
        runs: the folder that holds the runs.
        where: the file and line of a key.
        unsafe_local: take bare processes as the sandbox.
        promote: put in use what the gate promotes.
        further: a run whose rounds are all done goes on with one more, unless a stop rule ended it.
        progress: where to report progress.
        anyway: run a design with which no outcome could be promoted, too.
        tell: gets what the suites detect, what the run starts from and how it goes on, in words.

    Raises:
        BadInput: something that ``goldloop validate`` checks is wrong (all of it is listed); a run of that name was evaluated
            under another configuration; the adapter to start from does not fit; or another process works on it.
    """
    folder = runs / config.name
    started = folder / RUN_FILE
    require_same_settings(config, folder)
    with only_one(folder):
        known: dict[str, Any] = read_json(started) if started.is_file() else {}
        if further and (done := _decided(folder)) >= config.rounds and _has_ended(folder):
            config = config.model_copy(update={"rounds": done + 1})
            tell(f"{folder.name}: round {done} is done; goes on with round {done + 1}")
        kept = RecordedProgress(progress, folder)
        bench = open_bench(config, base, where=where, unsafe_local=unsafe_local, progress=kept, anyway=anyway, tell=tell)
        try:
            begun = _decided(folder) or any(folder.glob("round-*/before-train/journal.jsonl"))
            names = [suite.name for suite in bench.targets]
            start = Start.model_validate(known["start"]) if begun and "start" in known else resolve_start(config, names, runs)
            tell(f"starts from {start.said}")
            facts = {
                "config": config.model_dump(mode="json"),
                "base": os.path.relpath(base, folder),
                "digest": config_digest(config),
                "version": code_version(),
                "unsafe_local": unsafe_local,
                "promote": promote,
                "start": start,
                "started": known.get("started") or utc_now("microseconds"),
            }
            write_json(started, facts)
            bench.ledger = HoldoutLedger(runs)
            bench.ledger.settle(bench.suites)
            climb = run_rounds(bench, folder, max(config.rounds, _decided(folder)), start, promote=promote)
        finally:
            bench.close()
        write_json(started, {**facts, "ended": utc_now()})
        html = write_report(folder)
        kept.forget()
        in_use = Registry(runs).current(config.model, names)
        return Finished(folder=folder, rounds=climb.rounds, html=html, start=start, stop=climb.stop, in_use=in_use)


def _decided(folder: Path) -> int:
    """How many rounds have ended."""
    return sum(1 for _ in folder.glob(f"round-*/gate/{MANIFEST}"))


def _has_ended(folder: Path) -> bool:
    """Whether the run is done, and no rule stopped it: another round could bring more."""
    report = folder / "report.json"
    return report.is_file() and not (folder / PROGRESS).is_file() and not read_json(report).get("stopped")


def resume_run(folder: Path, *, progress: Progress | None = None, tell: Callable[[str], None] = lambda line: None) -> Finished:
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
    return start_run(
        config,
        base,
        folder.parent,
        unsafe_local=facts["unsafe_local"],
        promote=facts.get("promote", True),
        anyway=True,
        progress=progress,
        tell=tell,
    )


class RunSummary(Record):
    """One run of a runs folder. ``started`` is its date and time, UTC, empty where it was not recorded.

    ``targets`` are names, or what the configuration gives where no round was decided yet. ``rounds`` have ended; ``decision`` is
    the last one's, empty before it. ``gain`` is by target suite: the gain of the last promoted round, or of the last round where
    none was promoted, against the original base. ``in_use``: its adapter is in use.
    """

    name: str
    started: str = ""
    state: str
    base: str
    targets: tuple[str, ...]
    start: str = ""
    rounds: int
    decision: str = ""
    gain: Mapping[str, float] = Field(default_factory=dict)
    stopped: str = ""
    in_use: bool = False


def summaries(runs: Path) -> list[RunSummary]:
    """All runs, oldest first."""
    in_use = {entry.run for entry in Registry(runs).heads()} if (runs / REGISTRY).is_file() else set()
    found = [summary_of(runs / name, in_use) for name in list_runs(runs)]
    return sorted(found, key=lambda run: (run.started, run.name))


def summary_of(folder: Path, in_use: Set[str]) -> RunSummary:
    """One run; ``in_use`` names the runs whose adapters are."""
    facts = read_json(folder / RUN_FILE)
    report = read_json(folder / "report.json") if (folder / "report.json").is_file() else {}
    rounds = report.get("rounds", [])
    trained = [row for row in rounds if row.get("kind", "trained") == "trained"]
    shown = next((row for row in reversed(trained) if row["decision"] == "promote"), trained[-1] if trained else {})
    gain = {name: row["delta"] for name, row in shown.get("against_base", {}).items()}
    if not gain:  # of a version that did not compare with the base
        gain = {name: row["holdout"]["delta"] for name, row in shown.get("suites", {}).items() if row["role"] == "target"}
    config = facts["config"]
    return RunSummary(
        name=folder.name,
        started=facts.get("started", ""),
        state=run_state(folder).state,
        base=config["model"],
        targets=tuple(gain) or tuple(config["suites"]["target"]),
        start=report.get("start", ""),
        rounds=len(rounds),
        decision=rounds[-1]["decision"] if rounds else "",
        gain=gain,
        stopped=(report.get("stopped") or {}).get("rule", ""),
        in_use=folder.name in in_use,
    )


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
    usual = _flat(Config(suites=config.suites).model_dump(mode="json"))
    old, new = {**usual, **_flat(read_json(started)["config"])}, _flat(config.model_dump(mode="json"))
    differing = sorted(k for k in old.keys() | new.keys() if old.get(k) != new.get(k) and not _MAY_CHANGE.fullmatch(k))
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
