"""Failures of the training split meet their proved targets; the model's own passes become replay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from evals.records import Attempt, Failure, Result, Task, Verdict
from goldens.records import Golden, Pair, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Pairs, and how many failures have none, for which reason; a failure has one pair a target."""

    pairs: tuple[Pair, ...]
    dropped: Mapping[str, int]


def collect_failures(results: Iterable[Result]) -> list[Failure]:
    """The failures of split ``train``: no errors, no dev, no holdout; the first failing sample of each task."""
    failures: dict[str, Failure] = {}
    for result in results:
        if result.split == "train" and result.verdict.status == "fail":
            key = result.key
            repair = next((turn for turn in result.repairs if turn.verdict.passed), None)
            failures.setdefault(key, Failure(key=key, attempt=result.attempt, verdict=result.verdict, repair=repair))
    return list(failures.values())


def pair_failures(
    failures: Sequence[Failure],
    tasks: Sequence[Task],
    goldens: Mapping[str, Golden],
    sampled: Mapping[str, Sequence[Golden]] | None = None,
    *,
    sources: Sequence[Source] = ("repair", "golden"),
    most_sources: int = 1,
) -> Pairing:
    """Pair each failure with its targets. Only tasks of split ``train`` whose licence allows training are pairable.

    The targets of a task are those of the first ``most_sources`` of the ``sources`` that have one, all of them for 0: by default
    a verified repair of the model's own takes the golden's place, since it is nearer to what the model would write. ``sampled``
    are proved answers by task key. What its own process had a part in passing (``Verdict.trusted``) is none of them. A task
    without a proved golden has no pair at all: nothing shows that its checks tell a right answer from an empty one.
    """
    by_key = {task.key: task for task in tasks}
    pairs: list[Pair] = []
    dropped: Counter[str] = Counter()
    for failure in failures:
        task = by_key.get(failure.key)
        if task is None:
            dropped["unknown task"] += 1
        elif task.split != "train":
            dropped[f"split {task.split}"] += 1
        elif not task.train_ok:
            dropped["licence forbids training"] += 1
        elif task.key not in goldens:
            dropped["no proved golden"] += 1
        else:
            known = [goldens[task.key], *_own_repair(failure), *(sampled or {}).get(task.key, ())]
            of_source = [[golden for golden in known if golden.source == source] for source in sources]
            found = [targets for targets in of_source if targets][: most_sources or None]
            pairs += [_pair(task, failure.attempt, failure.verdict, golden) for targets in found for golden in targets]
            dropped["no target of its sources"] += not found
    return Pairing(pairs=tuple(pairs), dropped={reason: count for reason, count in dropped.items() if count})


def _own_repair(failure: Failure) -> list[Golden]:
    repair = failure.repair
    if repair is None or not repair.attempt.code or not repair.verdict.trusted:
        return []
    return [Golden(key=failure.key, code=repair.attempt.code, source="repair", proof=repair.verdict)]


def replay_pairs(results: Iterable[Result], tasks: Sequence[Task]) -> list[Pair]:
    """The model's own passing attempts on training tasks, one a task, as pairs without a failure.

    Rehearsing them keeps what the model could do already (Selective Self-Rehearsal, arXiv 2409.04787).
    """
    by_key = {task.key: task for task in tasks if task.train_ok}
    chosen: dict[str, Pair] = {}
    for result in results:
        key = result.key
        if result.split != "train" or not result.verdict.trusted or key not in by_key or key in chosen:
            continue
        golden = Golden(key=key, code=result.attempt.code or "", source="replay", proof=result.verdict)
        chosen[key] = _pair(by_key[key], result.attempt, result.verdict, golden)
    return list(chosen.values())


def _pair(task: Task, attempt: Attempt, verdict: Verdict, golden: Golden) -> Pair:
    return Pair(
        key=task.key,
        group=task.group,
        slice=task.slice,
        prompt=task.question,
        system=task.system,
        language=task.language,
        licence=task.licence,
        attempt=attempt,
        verdict=verdict,
        golden=golden.model_copy(update={"seconds": 0.0}),  # the clock must not reach the trainset's digests
    )
