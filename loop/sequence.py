"""Errors over a sequence of decisions on the same holdout: what to expect without a correction, and levels that keep it.

Covers unchanged models that are promoted by chance. The shares come from a simulation (``benchmarks/sequences.py``), so they are
said as *about*. Does not cover what many looks at single tasks do, nor the search for candidates, which belongs on split dev.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from evals.errors import BadInput
from evals.files import read_json
from evals.records import Result, Task
from loop.config import GateSettings
from loop.gate import Line
from loop.holdout import HoldoutLedger

USUAL_LEVEL = 0.05
TABLE = Path(__file__).parent / "data" / "sequences.json"


def level_of(decision: int, looks: int, family_error: float) -> float:
    """The two-sided level of decision ``decision`` of ``looks``: its interval is at 1 minus it, its p must be below it.

    An unchanged model is promoted at half of it. The halves add up to ``family_error`` over all looks, so that at least one
    false promotion in a whole sequence is at most that likely, however the decisions hang together (Bonferroni's inequality).
    The shares fall as 1/decision: gains are largest in the first rounds and few projects need all looks, so the first of 25
    decisions gets a quarter of it and the first five 60%, while the last ones are still tested. A level depends on nothing
    that was seen, and never exceeds the usual 5%.

    Raises:
        ValueError: no such decision, or an error outside 0 to 1.
    """
    if not 1 <= decision <= looks or not 0 < family_error < 1:
        raise ValueError(f"needs 1 <= decision <= looks and 0 < family_error < 1, got {decision}, {looks}, {family_error}")
    whole = sum(1 / number for number in range(1, looks + 1))
    return min(USUAL_LEVEL, 2 * family_error / (decision * whole))


def decision_level(
    ledger: HoldoutLedger, tasks: Sequence[Task | Result], settings: GateSettings, subject: str = "", why: str = ""
) -> float:
    """The two-sided level of the next decision on the holdout of these tasks, or of one noted for a subject and purpose."""
    if settings.family_error is None:
        return USUAL_LEVEL
    number = min(ledger.decision_number(tasks, subject, why), settings.looks)
    return level_of(number, settings.looks, settings.family_error)


def sequence_note(
    ledger: HoldoutLedger,
    tasks: Sequence[Task | Result],
    settings: GateSettings,
    lines: Sequence[Line],
    subject: str = "",
    why: str = "",
) -> list[str]:
    """Which decision this is on the holdout of these tasks, and how often such a sequence promotes an unchanged model.

    ``subject`` and ``why`` name a decision that is noted already; without them it is the next one. ``lines`` are the gate's;
    those of the targets say how many tasks and groups there are, and on how many of them the models differ.
    """
    number, looks = ledger.decision_number(tasks, subject, why), settings.looks
    said = f"decision {number} of {max(looks, number)} on this holdout"
    if settings.family_error is not None:
        level = decision_level(ledger, tasks, settings, subject, why)
        kept = f"at least one promotion of an unchanged model in at most {settings.family_error:.1%} of such sequences"
        return [f"{said}, tested at a level of {level:.2%} (gate.family_error): {kept}"]
    so_far, whole = (promoted_once(lines, decisions) for decisions in (number, max(looks, number)))
    if so_far is None or whole is None:
        return [said]
    far = f" (about {_percent(so_far)} by decision {number})" if number < looks else ""
    return [f"{said}; unchanged models would be promoted at least once in about {_percent(whole)} of such sequences{far}"]


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%" if share >= 0.01 else "1%"


def promoted_once(lines: Sequence[Line], decisions: int) -> float | None:
    """About how often at least one of so many unchanged models is promoted; None without a target.

    Read from the simulated table, between its entries by the logarithm of sizes and of decisions; beyond them its nearest
    entry. Of several targets, all of which have to gain, the smallest share.
    """
    targets = [line for line in lines if line.role == "target" and line.slice == "*"]
    shares = [_share(line, decisions) for line in targets]
    return min(shares, default=None)


def _share(line: Line, decisions: int) -> float:
    table = _table()
    kind = "single" if line.clusters == line.n and line.samples == 1 else "grouped"
    axes = (
        (np.log(table[kind]["sizes"]), np.log(line.clusters)),
        (np.asarray(table["discordance"], dtype=float), (line.gained + line.lost) / line.n),
        (np.log(table["decisions"]), np.log(decisions)),
    )
    shares = np.asarray(table[kind]["shares"], dtype=float)
    for points, value in axes:  # linear along the first axis that is left, one after the other
        place = float(np.clip(np.interp(value, points, np.arange(len(points))), 0, len(points) - 1))
        low = min(int(place), len(points) - 2)
        shares = shares[low] * (low + 1 - place) + shares[low + 1] * (place - low)
    return float(shares)


@lru_cache(maxsize=1)
def _table() -> Mapping[str, Any]:
    table = read_json(TABLE)
    if not isinstance(table, dict) or not {"decisions", "discordance", "single", "grouped"} <= table.keys():
        raise BadInput(f"{TABLE}: is not the table of `python benchmarks/sequences.py table`; install goldloop again")
    return table
