"""How a run was made: dates, working time, machines, tokens, the configuration, and the commands that make it again.

Covers what manifests and ``run.json`` hold of it; what an earlier version did not record is said to be not recorded. Folders of
the machine are cut to their last part, and a server's credentials are left out.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from evals.files import MANIFEST, read_json
from loop.machine import Making
from loop.report.words import model_name

UNKNOWN = "not recorded"
_USER = re.compile(r"(?<=://)[^/@\s]*@")
_TRAINING = "finetune"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageCost:
    """What one stage took. ``tokens`` are those that a model read and wrote; None where they were not recorded."""

    stage: str
    seconds: float
    made: Making | None
    tokens: tuple[int, int] | None

    @property
    def generates(self) -> bool:
        """Whether a model answered in it."""
        return self.stage.startswith(("before-", "after-", "dev-")) or self.tokens is not None


def read_costs(folder: Path) -> tuple[StageCost, ...]:
    """The costs of a round's finished stages, wherever below its folder."""
    costs = []
    for file in sorted(folder.rglob(MANIFEST)):
        manifest: Mapping[str, Any] = read_json(file)
        made, tokens = manifest.get("made"), manifest.get("tokens")
        costs.append(
            StageCost(
                stage=file.parent.name,
                seconds=float(manifest.get("seconds") or 0.0),
                made=Making.model_validate(made) if made else None,
                tokens=(tokens["prompt"], tokens["completion"]) if tokens and "prompt" in tokens else None,
            )
        )
    return tuple(costs)


def dates_words(costs: Sequence[StageCost]) -> str:
    """``2026-11-30 22:41 to 23:05 UTC``."""
    made = [cost.made for cost in costs if cost.made]
    if not made:
        return UNKNOWN
    first, last = min(m.started for m in made), max(m.ended for m in made)
    day, other = _day(first), _day(last)
    return f"{day} {first:%H:%M} to {'' if day == other else other + ' '}{last:%H:%M} UTC"


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"


def duration_words(costs: Sequence[StageCost]) -> str:
    """``21 min 4 s of work (evaluation 14 min 2 s, training 6 min 40 s)``; waiting and killed work are not in it."""
    if not costs:
        return UNKNOWN
    answering = sum(cost.seconds for cost in costs if cost.generates)
    training = sum(cost.seconds for cost in costs if cost.stage.startswith(_TRAINING))
    parts = [f"{name} {time_words(spent)}" for name, spent in (("evaluation", answering), ("training", training)) if spent]
    detail = f" ({', '.join(parts)})" if parts else ""
    return f"{time_words(sum(cost.seconds for cost in costs))} of work{detail}"


def time_words(seconds: float) -> str:
    """``4 s``, ``2 min 5 s``, ``3 h 12 min``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, left = divmod(minutes, 60)
    return f"{hours} h {left} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"


def machine_words(costs: Sequence[StageCost]) -> str:
    """The machines, each once."""
    return "; ".join(dict.fromkeys(str(cost.made.machine) for cost in costs if cost.made)) or UNKNOWN


def tokens_words(costs: Sequence[StageCost], trained: int | None) -> str:
    """``12,480 read and 9,102 written in evaluations, 5,120 trained on``; what a backend does not count is left out."""
    counted = [cost.tokens for cost in costs if cost.tokens]
    answering = [cost for cost in costs if cost.generates]
    parts = [f"{trained:,} trained on"] if trained is not None else []
    if not counted or len(counted) < len(answering):
        return ", ".join([*parts, f"of evaluations {UNKNOWN}"])
    read, written = (sum(tokens[side] for tokens in counted) for side in (0, 1))
    answered = f"{read:,} read and {written:,} written in evaluations" if read else f"{written:,} written in evaluations"
    return ", ".join([answered, *parts])


def configuration_text(facts: Mapping[str, Any]) -> str:
    """The configuration of ``run.json`` as YAML, as goldloop reads it; empty if there is none."""
    config = facts.get("config")
    if not isinstance(config, dict):
        return ""
    return str(yaml.safe_dump(_shown(config), sort_keys=False, allow_unicode=True, width=100))


def _shown(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shown(inner) for key, inner in value.items() if inner not in ({}, "", None)}
    if isinstance(value, list):
        return [_shown(inner) for inner in value]
    return _USER.sub("", model_name(value)) if isinstance(value, str) else value


def commands(run: str, runs: str, start: str, suites: Sequence[str], adapter: str) -> tuple[tuple[str, str], ...]:
    """What a command does, and the command.

    ``start`` is the adapter below ``runs`` that the run started from, empty for the base: what is in use today may be another.
    ``adapter`` is empty if nothing was promoted.
    """
    name, folder = shlex.quote(run), "" if runs == "runs" else f" --runs {shlex.quote(runs)}"
    rows = [
        (
            "make it again, with the configuration as goldloop.yaml",
            f"goldloop run goldloop.yaml --name {name}-again --start {_start(start, runs)}",
        ),
        ("go on with this run", f"goldloop resume {name}{folder}"),
    ]
    if adapter and suites:
        use = f"goldloop eval {shlex.quote(suites[0])} --adapter {shlex.quote(f'{runs}/{adapter}')} --out evals/{name}"
        rows.append(("evaluate the promoted adapter", use))
        rows.append(("what it was made from", f"goldloop lineage {name}{folder}"))
    return tuple(rows)


def _start(adapter: str, runs: str) -> str:
    if not adapter:
        return "base"
    path = PurePosixPath(adapter)
    return shlex.quote(path.name if path.is_absolute() else f"{runs}/{adapter}")
