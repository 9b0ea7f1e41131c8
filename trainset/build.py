"""Trainset rows from clean pairs: targets, replay mix, order. A raw pair is a type error.

Does not tokenize (see ``trainset.render``), apart from asking how long a row is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from decontam.records import CleanPair
from evals.errors import BadInput, Inconclusive
from evals.files import digest, read_json, read_records, write_atomic, write_json, write_jsonl
from evals.languages import language_of
from evals.records import Message
from goldens.likeness import token_distance
from trainset.card import CARD, card_of
from trainset.choosing import choose_targets
from trainset.records import Example, Trainset
from trainset.settings import TargetRules

ROWS = "trainset.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """``replay_share``: part of all rows that are the model's own passing attempts.

    ``repeats``: rows of each target of a task, where it shall have more than one. ``rules`` choose the targets.
    """

    replay_share: float = 0.10
    seed: int = 0
    repeats: Mapping[str, int] = field(default_factory=dict)
    rules: TargetRules = field(default_factory=TargetRules)


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """Rows and counts; ``sum(dropped.values())`` pairs were dropped. ``taught`` are the pairs behind the rows, and all replay."""

    examples: tuple[Example, ...]
    index_digest: str
    counts: Mapping[str, int]
    dropped: Mapping[str, int]
    taught: tuple[CleanPair, ...] = ()


def build(pairs: Sequence[CleanPair], mix: Mix, *, count_tokens: Callable[[Example], int], max_length: int) -> Built:
    """Rows from clean pairs: the chosen targets of all failures, and replay up to its share, chosen by a seeded hash.

    Raises:
        Inconclusive: there is no pair of a failure, or the pairs were screened against different holdouts.
        BadInput: a row is longer than ``max_length`` tokens; rows are never cut, since the end-of-turn token would be lost.
    """
    choice = choose_targets(pairs, mix.rules, mix.seed)
    targets = choice.targets
    if not targets:
        raise Inconclusive("no clean pair is left: nothing to train on")
    digests = {pair.index_digest for pair in pairs}
    if len(digests) != 1:
        raise Inconclusive(f"the pairs were screened against {len(digests)} different holdouts; screen them again")
    taken = {pair.key for pair in targets}
    own = {pair.key: pair for pair in pairs if pair.replay and pair.key not in taken}.values()
    wanted = round(len(targets) * mix.replay_share / (1 - mix.replay_share))
    replay = sorted(own, key=lambda pair: digest([mix.seed, pair.key]))[:wanted]
    repeated = [pair for pair in targets for _ in range(1, mix.repeats.get(pair.key, 1))]
    nearest = _nearest(targets)
    examples = [
        example(pair, nearest=pair.replay or pair is nearest[pair.key])
        for pair in sorted([*targets, *repeated, *replay], key=lambda pair: pair.key)
    ]
    long = [(e, length) for e in examples if (length := count_tokens(e)) > max_length]
    if long:
        worst, length = max(long, key=lambda item: item[1])
        raise BadInput(
            f"trainset: {len(long)} rows are longer than finetune.max_length={max_length} tokens, the longest is "
            f"{worst.provenance['key']} with {length}; raise finetune.max_length or shorten the task (rows are never cut)"
        )
    dropped = {
        "same task twice": 0,
        **choice.dropped,
        "replay beyond its share": sum(pair.replay for pair in pairs) - len(replay),
    }
    counts = Counter({"rows": len(examples), "golden": 0, "replay": len(replay)})
    counts.update(pair.golden.source for pair in targets)
    if repeated:
        counts["again"] = len(repeated)
    counts.update(f"slice {pair.slice}" for pair in targets)
    taught = (*targets, *(pair for pair in pairs if pair.replay))
    return Built(examples=tuple(examples), index_digest=digests.pop(), counts=dict(counts), dropped=dropped, taught=taught)


def leave_out_likely(built: Built, likelihoods: Sequence[float], most: float) -> Built:
    """The rows without targets that the base finds so likely already; ``likelihoods`` are of all rows. Replay stays.

    Raises:
        Inconclusive: no target is left.
    """
    rated = list(zip(built.examples, likelihoods, strict=True))
    kept = [row for row, likely in rated if row.provenance["source"] == "replay" or likely < most]
    if all(row.provenance["source"] == "replay" for row in kept):
        raise Inconclusive(
            f"the base finds every target likely already (trainset.leave_out_likely={most:g}): nothing to train on"
        )
    texts = {(row.provenance["key"], row.completion[0]["content"]) for row in kept}
    taught = tuple(p for p in built.taught if p.replay or (p.key, example(p).completion[0]["content"]) in texts)
    gone = [pair for pair in built.taught if pair not in taught]
    counts = Counter(built.counts)
    counts["rows"] = len(kept)
    counts.subtract(pair.golden.source for pair in gone)
    counts.subtract(f"slice {pair.slice}" for pair in gone)
    counts["again"] -= len(built.examples) - len(kept) - len(gone)
    counts = Counter({name: count for name, count in counts.items() if count or name in ("golden", "replay")})
    dropped = {**built.dropped, "likely already": len(gone)}
    return replace(built, examples=tuple(kept), counts=dict(counts), dropped=dropped, taught=taught)


def with_given(built: Built, rows: Sequence[Example], *, dropped: Mapping[str, int], proved: int) -> Built:
    """What was built from pairs, with rows that were given; ``proved`` of them passed the checks of a task.

    Raises:
        Inconclusive: there is no row at all.
    """
    examples = sorted([*built.examples, *rows], key=lambda row: str(row.provenance["key"]))
    if not examples:
        why = ", ".join(f"{count} {reason}" for reason, count in dropped.items())
        raise Inconclusive(f"no given row is left ({why or 'none was given'}): nothing to train on")
    counts = {**built.counts, "rows": len(examples), "given": len(rows), "given and proved": proved}
    return replace(built, examples=tuple(examples), counts=counts, dropped={**built.dropped, **dropped})


def _nearest(targets: Sequence[CleanPair]) -> dict[str, CleanPair]:
    """Of each task, the target that is the fewest tokens from its failing attempt; the first of equal ones."""
    near: dict[str, tuple[int, CleanPair]] = {}
    for pair in targets:
        wrote = pair.attempt.code or pair.attempt.completion
        far = pair.golden.distance if pair.golden.distance is not None else token_distance(wrote, pair.golden.code)
        if pair.key not in near or far < near[pair.key][0]:
            near[pair.key] = far, pair
    return {key: pair for key, (_, pair) in near.items()}


def example(pair: CleanPair, *, nearest: bool = True) -> Example:
    """One row: the task's conversation, and the golden, the model's own repair, or its own passing text as the assistant's turn.

    Of the model's own targets only the code is learnt: the text around it refers to what the row's prompt does not show.
    ``nearest`` is whether no other target of the task is nearer to the failing attempt.

    Raises:
        ValueError: the target's proof is not a pass, or carries flags.
    """
    if not pair.golden.proof.passed or pair.golden.proof.flags:
        raise ValueError(f"{pair.key}: the target's proof is {pair.golden.proof.reason!r} with flags {pair.golden.proof.flags}")
    system: list[Message] = [{"role": "system", "content": pair.system}] if pair.system else []
    fence = language_of(pair.language).fences[0]
    text = pair.attempt.completion.strip() if pair.replay else f"```{fence}\n{pair.golden.code.strip()}\n```"
    wrote = f"```{fence}\n{pair.attempt.code.strip()}\n```" if pair.attempt.code else pair.attempt.completion.strip()
    own = {"sample": pair.golden.sample, "seed": pair.golden.seed, "distance": pair.golden.distance}
    return Example(
        prompt=(*system, {"role": "user", "content": pair.prompt}),
        completion=({"role": "assistant", "content": text},),
        rejected=({"role": "assistant", "content": wrote},) if wrote and not pair.replay else (),
        provenance={
            "key": pair.key,
            "group": pair.group,
            "slice": pair.slice,
            "source": pair.golden.source,
            "licence": pair.licence,
            "failure": None if pair.replay else pair.verdict.reason,
            "proof": pair.golden.proof.sandbox,
            "index_digest": pair.index_digest,
            **{key: value for key, value in own.items() if value is not None},
            **({} if nearest else {"nearest": False}),
        },
    )


def save(built: Built, folder: Path) -> Trainset:
    """Write the rows, their card, and then the manifest; returns the finished trainset."""
    trainset = Trainset(
        path=str(folder / ROWS),
        digest=digest(list(built.examples)),
        index_digest=built.index_digest,
        rows=len(built.examples),
        counts=built.counts,
    )
    write_jsonl(folder / ROWS, built.examples)
    rows = [row.model_dump(mode="json") for row in built.examples]
    card = card_of(rows, ROWS, built.examples, f"Trainset {trainset.digest}", built.index_digest)
    write_atomic(folder / CARD, card.encode())
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


__all__ = ["ROWS", "Built", "Mix", "build", "example", "leave_out_likely", "load", "save", "with_given"]
