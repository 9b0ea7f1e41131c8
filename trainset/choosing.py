"""Which of the clean targets of each failed task are learnt: by source in order, within shares and caps, each choice by a hash.

What a task was taught from an earlier attempt gives way to what it is taught from its last one. Does not see the holdout: only
clean pairs come here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from decontam.records import CleanPair
from evals.files import digest
from evals.records import Failure
from goldens.likeness import normalised
from goldens.records import Pair
from goldens.signatures import signature_of
from goldens.taxonomy import kind_of
from trainset.settings import TargetRules


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenTargets:
    """The pairs to learn, by task and then in the order of the sources.

    ``len(targets) + sum(dropped.values())`` is the number of pairs of failures that were given.
    """

    targets: tuple[CleanPair, ...]
    dropped: Mapping[str, int]


def is_held_back(suite: str, group: str, share: float) -> bool:
    """Whether a group of training tasks is never learnt from: the same ones in every run, whatever its seed."""
    return share > 0 and int(digest(["held back", suite, group]).rpartition(":")[2][:8], 16) < share * 16**8


def pair_held_back(pair: Pair, share: float) -> bool:
    """``is_held_back`` of the pair's task."""
    return is_held_back(pair.key.partition("/")[0], pair.group, share)


def latest_targets(pairs: Sequence[CleanPair]) -> list[CleanPair]:
    """The pairs of failures without what a task was taught from an earlier attempt than its last one."""
    last = {pair.key: pair.attempt for pair in pairs if not pair.replay}
    return [pair for pair in pairs if not pair.replay and pair.attempt == last[pair.key]]


def choose_targets(pairs: Sequence[CleanPair], rules: TargetRules, seed: int = 0) -> ChosenTargets:
    """The pairs of failures that are learnt; replay is left out of it.

    A task learns from the first ``sources_per_task`` of the listed sources that have a target for it and are within their share
    of the tasks (for goldens, within the caps, too). Tasks take their turns in the order of a seeded hash.
    """
    last = latest_targets(pairs)
    dropped: Counter[str] = Counter({"same task twice": sum(not pair.replay for pair in pairs) - len(last)})
    tasks: defaultdict[str, list[CleanPair]] = defaultdict(list)
    for pair in last:
        if pair_held_back(pair, rules.goldens_held_back):
            dropped["held back"] += 1
        elif pair.golden.source not in rules.sources:
            dropped[f"source {pair.golden.source} is not in trainset.targets"] += 1
        else:
            tasks[pair.key].append(pair)
    bounds = _Bounds(rules, len(tasks))
    open_tasks = sorted(tasks, key=lambda key: digest([seed, key]))
    taken: dict[str, list[CleanPair]] = {key: [] for key in sorted(tasks)}
    sources_of: Counter[str] = Counter()
    for source in rules.sources:
        for key in open_tasks:
            of_source = _distinct([pair for pair in tasks[key] if pair.golden.source == source], taken[key])
            dropped["same task twice"] += sum(pair.golden.source == source for pair in tasks[key]) - len(of_source)
            if not of_source:
                continue
            most = rules.own_per_task if source == "own" else 1
            if sources_of[key] == rules.sources_per_task:
                dropped["another source of the task came first"] += len(of_source)
            elif why := bounds.forbid(of_source[0]):
                dropped[why] += len(of_source)
            else:
                bounds.take(of_source[0])
                sources_of[key] += 1
                taken[key] += of_source[:most]
                dropped["beyond trainset.own_per_task"] += len(of_source[most:])
    chosen = tuple(pair for found in taken.values() for pair in found)
    return ChosenTargets(targets=chosen, dropped={why: count for why, count in dropped.items() if count})


class _Bounds:
    """How often each source was taken, and goldens by slice and cluster, beside what ``rules`` allow for ``tasks`` tasks."""

    def __init__(self, rules: TargetRules, tasks: int) -> None:
        self._most = {entry.source: max(1, round(entry.share * tasks)) for entry in rules.targets}
        self._caps = {"slice": rules.goldens_per_slice, "cluster": rules.goldens_per_cluster}
        self._taken: Counter[str | tuple[str, str]] = Counter()

    def forbid(self, pair: CleanPair) -> str:
        """Why a task may not learn from this source now; empty if it may."""
        source = pair.golden.source
        if self._taken[source] >= self._most[source]:  # type: ignore[index]  # only listed sources come here
            return f"beyond the share of {source}"
        full = [kind for kind, name in self._parts(pair) if self._taken[kind, name] >= self._caps[kind]]
        return f"beyond trainset.goldens_per_{full[0]}" if full else ""

    def take(self, pair: CleanPair) -> None:
        """Count it."""
        self._taken[pair.golden.source] += 1
        self._taken.update(self._parts(pair))

    def _parts(self, pair: CleanPair) -> list[tuple[str, str]]:
        """What a golden counts for, where there is a cap."""
        if pair.golden.source != "golden":
            return []
        suite = pair.key.partition("/")[0]
        named = {"slice": f"{suite}/{pair.slice}", "cluster": ""}
        if self._caps["cluster"]:
            failure = Failure(key=pair.key, attempt=pair.attempt, verdict=pair.verdict)
            named["cluster"] = f"{kind_of(failure)}: {signature_of(failure)}"
        return [(kind, name) for kind, name in named.items() if self._caps[kind]]


def _distinct(pairs: Sequence[CleanPair], beside: Sequence[CleanPair]) -> list[CleanPair]:
    """Pairs of one task by distinct code, nearest to its attempt first; the last of equal ones, none that is taken already."""
    taken = {normalised(pair.golden.code, pair.language) for pair in beside}
    by_code = {normalised(pair.golden.code, pair.language): pair for pair in pairs}
    newest_first = list(by_code.items())[::-1]
    near = sorted(newest_first, key=lambda item: (item[1].golden.distance or 0, item[1].golden.sample or 0))
    return [pair for code, pair in near if code not in taken]
