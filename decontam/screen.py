"""Screening of pairs against the holdout: the audit's engine, for the loop's own training data.

Beside the two channels, a pair is rejected for an identical solution, and for a group of the holdout. The splits dev and final
are screened against as the holdout is, each with an index of its own: what many items share says nothing, so that the tasks of
one split could hide those of another. What the whole suite has in common is counted over its training tasks, too
(``matching.conventions``). Does not see paraphrases or translations; every report says so (``BLIND``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from decontam.holdouts import items_of
from decontam.kernels.tokens import N, tokenize
from decontam.matching.conventions import without_conventions
from decontam.matching.index import BLIND, HoldoutIndex, build_index, solution_key
from decontam.matching.match import as_column, match_readings, match_text, readings
from decontam.records import CleanPair, ContaminatedPair, Match
from decontam.rule import RULE_VERSION, Rule
from evals.errors import Inconclusive
from evals.files import digest
from evals.records import HELD_OUT, Task
from goldens.records import Pair

__all__ = [
    "BLIND",
    "RULE_VERSION",
    "AnyIndex",
    "HoldoutIndex",
    "Rule",
    "Screening",
    "SplitIndex",
    "index_splits",
    "index_tasks",
    "items_of",
    "match_pair",
    "match_splits",
    "match_text",
    "screen_pairs",
]


def index_tasks(holdout: Sequence[Task], rule: Rule | None = None) -> HoldoutIndex:
    """The index of a holdout of tasks.

    Raises:
        Inconclusive: there is no holdout, or none of it can be indexed.
    """
    return build_index(items_of(holdout), rule)


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitIndex:
    """The indexes of all splits that nothing may be trained on, the holdout's first."""

    parts: Mapping[str, HoldoutIndex]

    @property
    def digest(self) -> str:
        """Names all parts and the rule; that of the holdout where it is alone."""
        digests = {split: part.digest for split, part in self.parts.items()}
        return digests["holdout"] if len(digests) == 1 else digest(digests)

    @property
    def unindexable(self) -> tuple[str, ...]:
        """Keys of the items that cannot be found at all."""
        return tuple(key for part in self.parts.values() for key in part.unindexable)


AnyIndex = HoldoutIndex | SplitIndex


def index_splits(tasks: Sequence[Task], rule: Rule | None = None) -> SplitIndex:
    """The index of the holdout, dev and final tasks among these; the training tasks tell what the suites have in common.

    Raises:
        Inconclusive: there is no holdout, or none of a split can be indexed.
    """
    by_split = {split: [task for task in tasks if task.split == split] for split in sorted(HELD_OUT, key="holdout".__ne__)}
    training = items_of([task for task in tasks if task.split == "train"])
    parts = {"holdout": without_conventions(index_tasks(by_split.pop("holdout"), rule), training)}
    for split, held_out in by_split.items():
        try:
            parts |= {split: without_conventions(index_tasks(held_out, rule), training)} if held_out else {}
        except Inconclusive as error:
            raise Inconclusive(f"split {split}: {error}") from None
    return SplitIndex(parts=parts)


def _parts(index: AnyIndex) -> Iterator[tuple[str, HoldoutIndex]]:
    yield from index.parts.items() if isinstance(index, SplitIndex) else {"holdout": index}.items()


def match_splits(text: str, index: AnyIndex) -> list[Match]:
    """Matches of a text with every split, the holdout's first; each names its split."""
    found = readings(as_column([text]))
    parts = ((split, match) for split, part in _parts(index) for _, match in match_readings(found, part))
    return [match.model_copy(update={"split": split}) for split, match in parts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """``len(clean) + len(contaminated) == pairs``."""

    clean: tuple[CleanPair, ...]
    contaminated: tuple[ContaminatedPair, ...]


def screen_pairs(pairs: Iterable[Pair], index: AnyIndex) -> Screening:
    """Split pairs into clean and contaminated: by both channels, by identical solution, and by a group of the holdout."""
    clean, contaminated = [], []
    for pair in pairs:
        found = (match_pair(pair, part, split) for split, part in _parts(index))
        matches = [match for matches in found for match in matches]
        if matches:
            contaminated.append(ContaminatedPair(**dict(pair), matches=tuple(matches)))
        else:
            clean.append(CleanPair(**dict(pair), index_digest=index.digest))
    return Screening(clean=tuple(clean), contaminated=tuple(contaminated))


def match_pair(pair: Pair, index: HoldoutIndex, split: str = "holdout") -> list[Match]:
    """Matches of a pair with the holdout, or another split; shared groups and identical solutions are rules of their own.

    A ``short`` match counts here: a training pair that is a whole holdout item, however small, must not be in a trainset.
    """
    matches = match_text(f"{pair.prompt}\n{pair.golden.code}", index)
    code = pair.golden.code
    twin = index.solutions.get(solution_key(code))
    if twin is not None and len(tokenize(code)) >= N:
        matches.append(whole_match(twin, "answer", "same solution", code))
    suite = pair.key.partition("/")[0]
    if f"{suite}/{pair.group}" in index.groups:
        matches.append(whole_match(f"group {pair.group}", "group", "same group", pair.group))
    return [match.model_copy(update={"split": split}) for match in matches]


def whole_match(item: str, part: str, rule: str, text: str, split: str = "holdout") -> Match:
    """A match by a rule other than n-grams, which covers the whole text."""
    whole = (0, len(text))
    return Match(
        item=item,
        split=split,
        part=part,
        channel="exact",
        verdict="strict",
        rule=rule,
        coverage=1.0,
        grams=0,
        unique=0,
        longest_run=0,
        document_span=whole,
        item_span=whole,
        snippet=text[:200],
    )
