"""When a run ends before its last round: each rule by its key, looked at before a round."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evals.files import MANIFEST, read_json
from evals.records import Record
from loop.config import StopSettings
from loop.records import RoundReport


class Stop(Record):
    """Why a run ended before its last round. ``rule`` is the key that decided, or ``nothing new``; ``said`` has the figures."""

    rule: str
    said: str


class Spent(Record):
    """What a run's finished stages took: seconds of work, and tokens generated and trained."""

    seconds: float = 0.0
    tokens: int = 0


def spent(run: Path) -> Spent:
    """The sum over the manifests of a run's stages."""
    seconds, tokens = 0.0, 0
    for file in sorted(run.glob(f"round-*/*/{MANIFEST}")):
        manifest = read_json(file)
        seconds += manifest["seconds"]
        tokens += sum(count for kind, count in manifest.get("tokens", {}).items() if kind != "prompt")
    return Spent(seconds=seconds, tokens=tokens)


def stop_before(settings: StopSettings, rounds: Sequence[RoundReport], used: Spent) -> Stop | None:
    """The first rule that forbids another round; None if none does."""
    if rounds and rounds[-1].kind == "nothing new":
        return Stop(rule="nothing new", said="; ".join(rounds[-1].reasons))
    dry = next((number for number, report in enumerate(reversed(rounds)) if report.decision == "promote"), len(rounds))
    if settings.rounds_without_gain and dry >= settings.rounds_without_gain:
        return Stop(
            rule="stop.rounds_without_gain",
            said=f"{dry} rounds in a row promoted nothing ({settings.rounds_without_gain} allowed)",
        )
    if settings.tokens and used.tokens >= settings.tokens:
        return Stop(rule="stop.tokens", said=f"{used.tokens:,} tokens were generated and trained ({settings.tokens:,} allowed)")
    if settings.hours and used.seconds >= 3600 * settings.hours:
        return Stop(rule="stop.hours", said=f"the stages worked {used.seconds / 3600:.2f} hours ({settings.hours:g} allowed)")
    return None
