"""What makes matched grams a leak: the rule, and for code the evidence beside the windows.

Numbers and texts within matched code tell a copy from a shared shape; alignment finds what windows show only in part.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from decontam.kernels.batches import Column, Longs
from decontam.kernels.literals import L
from decontam.matching.alignment import aligned_share, shape
from decontam.matching.grams import Grams, Part, code_literals
from decontam.matching.index import HoldoutIndex, telling_literals
from decontam.records import MatchVerdict
from decontam.rule import Rule

Literals = Literal["agree", "differ", "none", "own", "others", "shape"]
"""What numbers and texts say; the last three only where training tasks show which are conventions of the suite.

``own``: they agree, and are no conventions. ``others``: the item has some of its own, and the text others, as two siblings of a
template. ``shape``: the item has none of its own.
"""


def judge_text(rule: Rule, part: str, coverage: float, grams: int, unique: int) -> tuple[MatchVerdict, str] | None:
    """Whether grams of words make a leak of a part, and by which rule; None if not."""
    least, own = (rule.coverage, rule.unique) if part == "prompt" else (rule.answer_coverage, rule.answer_unique)
    if coverage >= least and unique >= own:
        said = f"8-grams of words: coverage >= {least:.2f} and {own} that no other item has"
        return ("strict" if coverage >= 2 * least else "flag"), said
    if coverage >= rule.whole and grams >= 2:
        return "flag", f"8-grams of words: coverage >= {rule.whole:.2f}, the whole part"
    return None


def judge_tests(rule: Rule, coverage: float, unique: int) -> tuple[MatchVerdict, str] | None:
    """Whether windows of literals make a leak of tests, and by which rule; None if not."""
    if coverage < rule.tests_coverage or unique < rule.tests_unique:
        return None
    said = f"windows of {L} literals: coverage >= {rule.tests_coverage:.2f} and {rule.tests_unique} that no other item has"
    return ("strict" if coverage >= 2 * rule.tests_coverage else "flag"), said


class Evidence(Protocol):
    """Evidence that is computed only if windows of code were found, since it costs more."""

    def literals(self) -> Literals:
        """Whether numbers and texts are the item's."""

    @property
    def tokens(self) -> int:
        """How many tokens the item's part has, as they are aligned."""

    def aligned(self, least: float) -> float:
        """Share of these that occur in the text in order, 0 below ``least``."""


@dataclass(frozen=True, slots=True)
class CodeEvidence:
    """The evidence in one text for one part of the code channel; ``window``: the hits."""

    column: Column
    index: HoldoutIndex
    part: int
    window: Longs

    def literals(self) -> Literals:
        """See ``same_literals``."""
        return same_literals(self.column, self.index, self.part, self.window)

    @property
    def tokens(self) -> int:
        """See ``alignment``."""
        return len(self.index.shapes[self.part])

    def aligned(self, least: float) -> float:
        """See ``alignment``; the text is looked at as far around the hits as the item is long."""
        near = shape(_around(self.column, self.index.code.parts[self.part].text, self.window))
        return aligned_share(self.index.shapes[self.part], near, least)


def judge_code(rule: Rule, evidence: Evidence, coverage: float, grams: int, unique: int) -> tuple[MatchVerdict, str] | None:
    """Whether windows of code make a leak of an answer, and by which rule; None if not."""
    if not unique or coverage < rule.aligned_coverage:
        return None
    own = unique >= rule.own_windows * grams
    whole = coverage >= rule.code_whole
    verdict: MatchVerdict = "strict" if whole else "flag"
    told = evidence.literals()
    if told == "others":
        return None
    if told == "shape" and not (whole and grams >= 2 * rule.whole_windows):
        return _aligned(rule, evidence, coverage, grams, unique, own=False)
    if told == "differ":
        if own and (grams >= rule.other_windows if whole else grams >= 2 * rule.other_windows and coverage >= rule.bare_coverage):
            return "flag", f"windows of 12 code tokens: {rule.other_windows} or more, with other numbers and texts"
        return None
    same = (own and told in ("agree", "own")) or (whole and told == "own")
    if same and coverage >= rule.code_coverage and unique >= rule.code_windows:
        return verdict, f"windows of 12 code tokens: coverage >= {rule.code_coverage:.2f}, numbers and texts agree"
    if whole and own and unique >= rule.whole_windows:
        return verdict, f"windows of 12 code tokens: coverage >= {rule.code_whole:.2f}, the whole code"
    return _aligned(rule, evidence, coverage, grams, unique, own)


def _aligned(
    rule: Rule, evidence: Evidence, coverage: float, grams: int, unique: int, own: bool
) -> tuple[MatchVerdict, str] | None:
    """What the order of tokens says where windows show an answer only in part. ``own``: most windows are this item's alone."""
    bare = own and coverage >= rule.bare_coverage and grams >= rule.bare_windows
    long = own and unique >= rule.code_windows and evidence.tokens >= rule.long_tokens
    enough = evidence.tokens >= rule.aligned_tokens or (coverage >= rule.code_whole and grams >= rule.shared_windows)
    if not (bare or long or enough):
        return None
    # The least share that decides anything: most candidates are settled by counting tokens, without aligning them.
    share = evidence.aligned(rule.bare_aligned if bare else rule.long_aligned if long else rule.aligned)
    if bare and share >= rule.bare_aligned:
        return "flag", f"windows of 12 code tokens: coverage >= {rule.bare_coverage:.2f} and {rule.bare_windows} windows"
    if enough and share >= rule.aligned:
        return "flag", f"code aligned: {rule.aligned:.0%} of {rule.aligned_tokens} tokens or more in the same order"
    if long and share >= rule.long_aligned:
        return "flag", f"code aligned: {rule.long_aligned:.0%} of {rule.long_tokens} tokens or more in the same order"
    return None


def _around(column: Column, part: str, window: Longs) -> bytes:
    """The text as far around the hits as the item's part is long."""
    value = int(window[0, 0])
    data = column.data[column.offsets[value] : column.offsets[value + 1]]
    reach = len(part.encode("utf-8", "replace"))
    return data[max(int(window[:, 3].min()) - reach, 0) : int(window[:, 4].max()) + reach].tobytes()


def same_literals(column: Column, index: HoldoutIndex, part: int, window: Longs) -> Literals:
    """Whether the numbers and texts within matched code are the item's: if they differ, only the shape is shared.

    ``agree``: half of those that no other family of items has, or where there are none, one other; ``none``: there are none of
    these either, and of three or more common ones half agree, or there are fewer; else ``differ``. 0, 1, 2 and texts of under two
    characters say nothing. Where training tasks are known, see ``_own_literals``.
    """
    agreed = _agreed(column, index, part, window)
    if index.own_literals:
        return _own_literals(column, index, part, window, agreed)
    own = index.literals[part]
    for most in (1, 2):
        if rare := [same for position, same in agreed.items() if index.literal_families[own[position]] <= most]:
            return "agree" if 2 * sum(rare) >= len(rare) else "differ"
    votes = list(agreed.values())
    return "differ" if len(votes) >= 3 and 2 * sum(votes) < len(votes) else "none"


def _own_literals(column: Column, index: HoldoutIndex, part: int, window: Longs, agreed: dict[int, bool]) -> Literals:
    """Whether a text has the numbers and texts of an item that are no convention of its suite; the rarest of these decide.

    Those within matched code are compared place by place. Where none is, the text around it is to have them anywhere: code that
    goes on otherwise behind what a suite has in common is another task's.
    """
    families, own = index.literal_families, index.literals[part]
    for most in (1, 2, index.own_literals):
        rare = {position: text for position, text in own.items() if families[text] <= most}
        if not rare:
            continue
        if votes := [same for position, same in agreed.items() if position in rare]:
            if 2 * sum(votes) < len(votes):
                return "others"
            return "own" if most <= 2 else "none"
        return "none" if _holds_any(_around(column, index.code.parts[part].text, window), rare.values()) else "others"
    return "shape"


def is_sibling(column: Column, index: HoldoutIndex, part: Part, window: Longs) -> bool:
    """Whether words of an answer are those of a template: it has numbers and texts of its own, and the text has none of these.

    Known only where training tasks show which are conventions of the suite.
    """
    families = index.literal_families
    texts = set(telling_literals(part.text).values()) if index.own_literals else set[str]()
    for most in (1, 2, index.own_literals):
        if rare := {text for text in texts if families[text] <= most}:
            return not _holds_any(_around(column, part.text, window), rare)
    return False


def _holds_any(code: bytes, literals: Iterable[str]) -> bool:
    return not set(telling_literals(code.decode("utf-8", "replace")).values()).isdisjoint(literals)


def _agreed(column: Column, index: HoldoutIndex, part: int, window: Longs) -> dict[int, bool]:
    """By place in the part, whether the number or text there is the same in matched code; only those that lie in it."""
    grams = index.code
    value = int(window[0, 0])
    base = int(column.offsets[value])
    own = index.literals[part]
    agreed: dict[int, bool] = {}
    compared: set[tuple[int, int]] = set()  # (place in the part, token of the text); windows overlap
    length = grams.parts[part].length
    for _, gram, first, start, end in window.tolist() if own else ():
        position = position_in(grams, gram, part)
        pairs = ((k, (position + k, first + k)) for k in range(length) if position + k in own)
        unsettled = [(k, pair) for k, pair in pairs if pair not in compared and not agreed.get(position + k)]
        if not unsettled:
            continue
        code = column.data[base + start : base + end].tobytes()
        literals = code_literals(code, keep_texts=True)
        if len(literals) != length:  # a docstring lies within the window
            literals = code_literals(code)
        if len(literals) != length:
            continue
        for k, pair in unsettled:
            compared.add(pair)
            agreed[position + k] = literals[k] == own[position + k]
    return agreed


def position_in(grams: Grams, gram: int, part: int) -> int:
    """Where a gram occurs first in a part, in tokens."""
    low, high = int(grams.posting_starts[gram]), int(grams.posting_starts[gram + 1])
    return int(grams.posting_positions[low + int(np.searchsorted(grams.posting_parts[low:high], part))])
