"""Trainset rows from clean pairs: targets, replay mix, order. A raw pair is a type error.

Does not tokenize (see ``trainset.render``), apart from asking how long a row is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from decontam.records import CleanPair
from evals.errors import BadInput, Inconclusive
from evals.files import digest, read_json, read_records, write_json, write_jsonl
from evals.languages import language_of
from evals.records import Message
from trainset.records import Example, Trainset

ROWS = "trainset.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """``replay_share``: part of all rows that are the model's own passing attempts.

    ``repeats``: rows of a task, where it shall have more than one.
    """

    replay_share: float = 0.10
    seed: int = 0
    repeats: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """Rows and counts; ``sum(dropped.values())`` pairs were dropped."""

    examples: tuple[Example, ...]
    index_digest: str
    counts: Mapping[str, int]
    dropped: Mapping[str, int]


def build(pairs: Sequence[CleanPair], mix: Mix, *, count_tokens: Callable[[Example], int], max_length: int) -> Built:
    """Rows from clean pairs: all failures, and replay up to its share, chosen by a seeded hash.

    Raises:
        Inconclusive: there is no pair of a failure, or the pairs were screened against different holdouts.
        BadInput: a row is longer than ``max_length`` tokens; rows are never cut, since the end-of-turn token would be lost.
    """
    targets = _one_per_task([pair for pair in pairs if not pair.replay])
    if not targets:
        raise Inconclusive("no clean pair is left: nothing to train on")
    digests = {pair.index_digest for pair in pairs}
    if len(digests) != 1:
        raise Inconclusive(f"the pairs were screened against {len(digests)} different holdouts; screen them again")
    taken = {pair.key for pair in targets}
    own = _one_per_task([pair for pair in pairs if pair.replay and pair.key not in taken])
    wanted = round(len(targets) * mix.replay_share / (1 - mix.replay_share))
    replay = sorted(own, key=lambda pair: digest([mix.seed, pair.key]))[:wanted]
    repeated = [pair for pair in targets for _ in range(1, mix.repeats.get(pair.key, 1))]
    examples = [example(pair) for pair in sorted([*targets, *repeated, *replay], key=lambda pair: pair.key)]
    long = [(e, length) for e in examples if (length := count_tokens(e)) > max_length]
    if long:
        worst, length = max(long, key=lambda item: item[1])
        raise BadInput(
            f"trainset: {len(long)} rows are longer than finetune.max_length={max_length} tokens, the longest is "
            f"{worst.provenance['key']} with {length}; raise finetune.max_length or shorten the task (rows are never cut)"
        )
    dropped = {
        "same task twice": sum(not pair.replay for pair in pairs) - len(targets),
        "replay beyond its share": sum(pair.replay for pair in pairs) - len(replay),
    }
    repairs = sum(pair.golden.source == "repair" for pair in targets)
    counts = Counter({"rows": len(examples), "golden": len(targets) - repairs, "replay": len(replay)})
    if repairs:
        counts["repair"] = repairs
    if repeated:
        counts["again"] = len(repeated)
    counts.update(f"slice {pair.slice}" for pair in targets)
    return Built(examples=tuple(examples), index_digest=digests.pop(), counts=dict(counts), dropped=dropped)


def _one_per_task(pairs: Sequence[CleanPair]) -> list[CleanPair]:
    return list({pair.key: pair for pair in pairs}.values())


def example(pair: CleanPair) -> Example:
    """One row: the task's conversation, and the golden, the model's own repair, or its own passing text as the assistant's turn.

    Of a repair only the code is learnt: the text around it refers to a failing test that the row's prompt does not show.

    Raises:
        ValueError: the target's proof is not a pass, or carries flags.
    """
    if not pair.golden.proof.passed or pair.golden.proof.flags:
        raise ValueError(f"{pair.key}: the target's proof is {pair.golden.proof.reason!r} with flags {pair.golden.proof.flags}")
    system: list[Message] = [{"role": "system", "content": pair.system}] if pair.system else []
    fence = language_of(pair.language).fences[0]
    text = pair.attempt.completion.strip() if pair.replay else f"```{fence}\n{pair.golden.code.strip()}\n```"
    return Example(
        prompt=(*system, {"role": "user", "content": pair.prompt}),
        completion=({"role": "assistant", "content": text},),
        provenance={
            "key": pair.key,
            "group": pair.group,
            "slice": pair.slice,
            "source": pair.golden.source,
            "licence": pair.licence,
            "failure": None if pair.replay else pair.verdict.reason,
            "proof": pair.golden.proof.sandbox,
            "index_digest": pair.index_digest,
        },
    )


def save(built: Built, folder: Path) -> Trainset:
    """Write the rows and then the manifest; returns the finished trainset."""
    trainset = Trainset(
        path=str(folder / ROWS),
        digest=digest(list(built.examples)),
        index_digest=built.index_digest,
        rows=len(built.examples),
        counts=built.counts,
    )
    write_jsonl(folder / ROWS, built.examples)
    write_json(folder / "trainset.json", trainset.model_dump(exclude={"path"}))
    return trainset


def load(folder: Path) -> tuple[Trainset, list[Example]]:
    """Read a trainset back and check its digest.

    Raises:
        BadInput: it is missing, unfinished, empty, or changed since it was written.
    """
    if not (folder / "trainset.json").is_file():
        raise BadInput(f"{folder}: no finished trainset here (trainset.json is missing); run `goldloop trainset` first")
    trainset = Trainset.model_validate({**read_json(folder / "trainset.json"), "path": str(folder / ROWS)})
    examples = read_records(folder / ROWS, Example)
    if not examples:
        raise BadInput(f"{folder / ROWS}: the trainset is empty")
    actual = digest(examples)
    if actual != trainset.digest:
        raise BadInput(
            f"{folder / ROWS}: digest is {actual}, trainset.json says {trainset.digest}; it was changed after it was built"
        )
    return trainset, examples


__all__ = ["ROWS", "Built", "Mix", "build", "example", "load", "save"]
