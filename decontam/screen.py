"""n-gram screening of pairs and rows against the holdout.

Covers copies of an item's prompt, answer or tests, whole or in part, with other case, spacing or punctuation, and identical
solutions. Does not see paraphrases, translations or renamed code; every report says so.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from decontam.records import CleanPair, ContaminatedPair, Match
from decontam.tokens import N, Token, informative, tokenize
from evals.errors import Inconclusive
from evals.files import digest
from evals.records import Task
from goldens.records import Pair

RULE_VERSION = "ngram-1"
BLIND = "n-grams do not see paraphrases, translations between languages, or code with every name changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When a document counts as leaking an item.

    Flag at ``coverage`` and ``unique`` both reached (ConTAM, arXiv 2411.03923: small n, no minimum counts beyond this).
    Grams in more than ``common_share`` of the items are boilerplate of the suite and count for no item.
    """

    coverage: float = 0.10
    unique: int = 3
    common_share: float = 0.05
    common_least: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    item: str
    name: str
    text: str
    tokens: tuple[Token, ...]
    grams: dict[int, tuple[str, ...]]  # by position
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldoutIndex:
    """Grams of all holdout items. ``digest`` names the holdout and the rule; ``unindexable`` are items too short to index."""

    digest: str
    rule: Rule
    items: int
    unindexable: tuple[str, ...]
    groups: frozenset[str]
    solutions: dict[str, str]
    parts: tuple[_Part, ...] = field(repr=False)
    postings: dict[tuple[str, ...], list[int]] = field(repr=False)
    frequency: Counter[tuple[str, ...]] = field(repr=False)


def build_index(holdout: Sequence[Task], rule: Rule | None = None) -> HoldoutIndex:
    """Index the holdout: each item's prompt, answer and tests apart.

    Raises:
        Inconclusive: there is no holdout, or nothing in it can be indexed.
    """
    rule = rule or Rule()
    if not holdout:
        raise Inconclusive(
            "the holdout is empty: nothing can be called clean, and no gain could be believed; give tasks split: holdout"
        )
    texts = [
        (task.key, name, text)
        for task in holdout
        for name, text in (("prompt", task.prompt), ("answer", task.golden), ("tests", task.checks))
    ]
    tokenized = [tuple(tokenize(text)) for _, _, text in texts]
    grams = [_grams(tokens) for tokens in tokenized]
    by_item: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for (item, _, _), found in zip(texts, grams, strict=True):
        by_item[item].update(found.values())
    frequency = Counter(gram for found in by_item.values() for gram in found)
    common = max(rule.common_least, int(rule.common_share * len(holdout)))
    parts: list[_Part] = []
    postings: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for (item, name, text), tokens, found in zip(texts, tokenized, grams, strict=True):
        kept = {position: gram for position, gram in found.items() if frequency[gram] <= common}
        weight = sum(idf(frequency[gram], len(holdout)) for gram in set(kept.values()))
        for gram in set(kept.values()):
            postings[gram].append(len(parts))
        parts.append(_Part(item=item, name=name, text=text, tokens=tokens, grams=kept, weight=weight))
    indexable = {part.item for part in parts if part.grams}
    if not indexable:
        raise Inconclusive(
            f"none of the {len(holdout)} holdout items has {N} informative words in a row: nothing can be screened"
        )
    identity = [
        RULE_VERSION,
        vars_of(rule),
        sorted([task.key, task.group, task.prompt, task.golden, task.checks] for task in holdout),
    ]
    return HoldoutIndex(
        digest=digest(identity),
        rule=rule,
        items=len(holdout),
        unindexable=tuple(task.key for task in holdout if task.key not in indexable),
        groups=frozenset(f"{task.suite}/{task.group}" for task in holdout),
        solutions={solution_key(task.golden): task.key for task in holdout},
        parts=tuple(parts),
        postings=dict(postings),
        frequency=frequency,
    )


def vars_of(rule: Rule) -> dict[str, float]:
    """The rule's numbers, for digests and reports."""
    return {name: getattr(rule, name) for name in ("coverage", "unique", "common_share", "common_least")}


def idf(frequency: int, items: int) -> float:
    """Inverse document frequency over holdout items: ``ln(1 + items / frequency)``."""
    return math.log(1 + items / frequency)


def solution_key(code: str) -> str:
    """Identity of a solution up to spacing, punctuation and case."""
    return " ".join(token.text for token in tokenize(code))


def _grams(tokens: Sequence[Token]) -> dict[int, tuple[str, ...]]:
    words = [token.text for token in tokens]
    found = {}
    for position in range(len(words) - N + 1):
        gram = tuple(words[position : position + N])
        if informative(gram):
            found[position] = gram
    return found


def match_text(text: str, index: HoldoutIndex) -> list[Match]:
    """Every item part that the text leaks under the index's rule, worst first."""
    tokens = tokenize(text)
    words = [token.text for token in tokens]
    positions: dict[int, dict[tuple[str, ...], int]] = defaultdict(dict)
    for position in range(len(words) - N + 1):
        gram = tuple(words[position : position + N])
        for number in index.postings.get(gram, ()):
            positions[number].setdefault(gram, position)
    matches = []
    for number, found in positions.items():
        part = index.parts[number]
        unique = sum(index.frequency[gram] == 1 for gram in found)
        coverage = sum(idf(index.frequency[gram], index.items) for gram in found) / part.weight
        if coverage >= index.rule.coverage and unique >= index.rule.unique:
            matches.append(_match(text, tokens, part, found, coverage, unique))
    return sorted(matches, key=lambda match: (-match.coverage, match.item, match.part))


def _match(
    text: str, tokens: Sequence[Token], part: _Part, found: dict[tuple[str, ...], int], coverage: float, unique: int
) -> Match:
    """Evidence: the longest run of item grams that stand side by side in the document too."""
    best, start, length = 0, 0, 0
    for position in sorted(part.grams):
        in_document = found.get(part.grams[position])
        previous = found.get(part.grams.get(position - 1, ()))
        together = length and in_document is not None and previous is not None and in_document == previous + 1
        length = 0 if in_document is None else length + 1 if together else 1
        if length > best:
            best, start = length, position - length + 1
    first = found[part.grams[start]]
    last = first + best + N - 2
    span = (tokens[first].start, tokens[last].end)
    return Match(
        item=part.item,
        part=part.name,
        rule=RULE_VERSION,
        coverage=round(coverage, 4),
        grams=len(found),
        unique=unique,
        longest_run=best + N - 1,
        document_span=span,
        item_span=(part.tokens[start].start, part.tokens[start + best + N - 2].end),
        snippet=text[slice(*span)][:200],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """``len(clean) + len(contaminated) == pairs``."""

    clean: tuple[CleanPair, ...]
    contaminated: tuple[ContaminatedPair, ...]


def screen_pairs(pairs: Iterable[Pair], index: HoldoutIndex) -> Screening:
    """Split pairs into clean and contaminated: by n-grams, by identical solution, and by a group of the holdout."""
    clean, contaminated = [], []
    for pair in pairs:
        matches = match_pair(pair, index)
        if matches:
            contaminated.append(ContaminatedPair(pair=pair, matches=tuple(matches)))
        else:
            clean.append(CleanPair(pair=pair, index_digest=index.digest))
    return Screening(clean=tuple(clean), contaminated=tuple(contaminated))


def match_pair(pair: Pair, index: HoldoutIndex) -> list[Match]:
    """Matches of a pair with the holdout; shared groups and identical solutions are rules of their own."""
    matches = match_text(f"{pair.prompt}\n{pair.golden.code}", index)
    suite = pair.task.partition("/")[0]
    whole = (0, len(pair.golden.code))
    twin = index.solutions.get(solution_key(pair.golden.code))
    blank = {"coverage": 1.0, "grams": 0, "unique": 0, "longest_run": 0, "document_span": whole, "item_span": whole}
    if twin is not None and len(tokenize(pair.golden.code)) >= N:
        matches.append(Match(item=twin, part="answer", rule="same solution", snippet=pair.golden.code[:200], **blank))
    if f"{suite}/{pair.group}" in index.groups:
        matches.append(Match(item=f"group {pair.group}", part="group", rule="same group", snippet=pair.group, **blank))
    return matches
