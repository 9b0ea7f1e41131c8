"""Answers that failed at the same thing become one problem, and a problem goes to one split.

Candidates come from MinHash with LSH over the words of what was asked, and from the names of functions that were asked for;
of these the nearest leader wins, by a Jaccard index that weighs words by rarity. A leader is a problem's first answer, so an
answer that comes later joins what is there, and nothing that was assigned moves. Does not see paraphrases without a common word.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from evals.logs.project import JudgedAnswer
from evals.records import Split

HOLDOUT_SHARE = 0.4
_ALIKE = 0.45
_ALIKE_NAMED = 0.12
_PERMUTATIONS, _BANDS = (
    126,
    42,
)  # of pairs with an index of 0.4 94% become candidates, with 0.5 99.6%: a miss would found a problem
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|\d+|[^\W\d_]+")
_CALL = re.compile(r"\b([A-Za-z_]\w*)\s*\(")
_DEFINED = re.compile(
    r"^\s*(?:async\s+)?(?:def|function|func|fn)\s+([A-Za-z_]\w*)|^\s*(?:export\s+)?const\s+(\w+)\s*=", re.MULTILINE
)
_COMMON_NAMES = frozenset(
    {"main", "solve", "solution", "run", "process", "f", "foo", "func", "function", "test", "print", "handler"}
)
_NAME_WEIGHT = 3.0
_SAID_ANYWAY = (
    "a again also am an and are as at be been before but by can could do does else for from get give has have hello help "
    "hey hi i if in into is it its just kindly let like make me my need no not now of ok on only or our out please quick "
    "really should so some thank thanks that the them then there these they this to today too urgent us use very want was "
    "we what when where which who will with would write you your"
)
_FILLERS = frozenset(_SAID_ANYWAY.split())
"""Words that say little about what was asked; each weighs a fifth of a rare word at most."""
_FILLER_WEIGHT = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What a question consists of: its words, and the names of functions that it asks for."""

    words: frozenset[str]
    asked: frozenset[str]


def features_of(answer: JudgedAnswer) -> Features:
    """The features of an answer's question. A function is asked for where the question names it and an answer defines it."""
    text = answer.question
    defined = {a or b for code in (answer.answer, *answer.corrections) for a, b in _DEFINED.findall(code)}
    named = set(_CALL.findall(text)) | {word for word in _WORD.findall(text) if word in defined}
    asked = frozenset(name for name in named & defined if name.lower() not in _COMMON_NAMES)
    return Features(words=frozenset(word.lower() for word in _WORD.findall(text)), asked=asked)


@dataclass(slots=True, kw_only=True)
class _Leaders:
    """The first answers of all problems so far, and how to find those that are near."""

    weights: Mapping[str, float]
    problems: list[str] = field(default_factory=list)
    features: list[Features] = field(default_factory=list)
    by_name: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    index: Any = None

    def __post_init__(self) -> None:
        from rensa import RMinHashLSH

        self.index = RMinHashLSH(_ALIKE, _PERMUTATIONS, _BANDS)

    def add(self, problem: str, features: Features) -> None:
        """Make an answer the leader of a problem."""
        number = len(self.problems)
        self.problems.append(problem)
        self.features.append(features)
        for name in features.asked:
            self.by_name[name].append(number)
        self.index.insert(number, _minhash(features))

    def nearest(self, features: Features) -> str | None:
        """The problem whose leader is nearest, where one is near enough."""
        named = {number for name in features.asked for number in self.by_name.get(name, ())}
        found = {
            number: self.similarity(features, self.features[number]) for number in {*named, *self.index.query(_minhash(features))}
        }
        near = [(share, -number) for number, share in found.items() if share >= self._least(features, self.features[number])]
        return self.problems[-max(near)[1]] if near else None

    @staticmethod
    def _least(one: Features, other: Features) -> float:
        """Two questions that ask for one function are alike soon; two that ask for different ones never are."""
        if one.asked and other.asked:
            return _ALIKE_NAMED if one.asked & other.asked else 2.0
        return _ALIKE

    def similarity(self, one: Features, other: Features) -> float:
        """Jaccard's index with each word weighed by its rarity, names of functions more."""
        shared = self._weight(one.words & other.words) + _NAME_WEIGHT * len(one.asked & other.asked)
        either = self._weight(one.words | other.words) + _NAME_WEIGHT * len(one.asked | other.asked)
        return shared / either if either else 0.0

    def _weight(self, words: Iterable[str]) -> float:
        return sum(_FILLER_WEIGHT if word in _FILLERS else self.weights.get(word, 1.0) for word in sorted(words))


def _minhash(features: Features) -> Any:
    from rensa import RMinHash

    sketch = RMinHash(_PERMUTATIONS, 1)
    sketch.update([*sorted(features.words), *(f"{name}()" for name in sorted(features.asked))])
    return sketch


def assign(answers: Sequence[JudgedAnswer], known: Mapping[str, str]) -> dict[str, str]:
    """The problem of every answer that has none yet, by answer id; ``known`` are those assigned before.

    ``answers`` are in order of time, and only a failing answer founds a problem: one that was called good joins a problem, or
    none.
    """
    features = {answer.id: features_of(answer) for answer in answers}
    often = Counter(word for one in features.values() for word in one.words)
    total = len(answers)
    leaders = _Leaders(weights={word: math.log1p(total / count) for word, count in often.items()})
    led: set[str] = set()
    for answer in answers:
        problem = known.get(answer.id)
        if problem is not None and problem not in led:
            led.add(problem)
            leaders.add(problem, features[answer.id])
    new: dict[str, str] = {}
    for answer in (answer for answer in answers if answer.fails and answer.id not in known):
        problem = leaders.nearest(features[answer.id])
        if problem is None:
            problem = problem_id(answer)
            leaders.add(problem, features[answer.id])
        new[answer.id] = problem
    for answer in (answer for answer in answers if not answer.fails and answer.id not in known):
        problem = leaders.nearest(features[answer.id])
        if problem is not None:
            new[answer.id] = problem
    return new


def problem_id(answer: JudgedAnswer) -> str:
    """The name of the problem that an answer founds: the same whenever the log is read again."""
    return f"p-{blake2b(answer.id.encode(), digest_size=4).hexdigest()}"


def assign_splits(
    seen: Mapping[str, str], known: Mapping[str, Split], *, closed: Iterable[str] = (), share: float = HOLDOUT_SHARE
) -> dict[str, Split]:
    """The split of every problem that has none: the newest go to the holdout until it has its share of all.

    ``seen`` maps problems to the time of their first failure; ``closed`` are problems whose licence forbids training, which can
    only be in the holdout.
    """
    closed = set(closed)
    new = sorted((name for name in seen if name not in known), key=lambda name: (seen[name], name), reverse=True)
    wanted = math.ceil(share * len(seen)) - sum(split == "holdout" for split in known.values())
    splits: dict[str, Split] = {name: "holdout" for name in new if name in closed}
    wanted -= len(splits)
    for name in (name for name in new if name not in closed):
        splits[name] = "holdout" if wanted > 0 else "train"
        wanted -= 1
    return splits
