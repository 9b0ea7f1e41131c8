"""What makes matched grams a leak: the rule, and for code the evidence beside the windows.

Numbers and texts within matched code tell a copy from a shared shape; alignment finds what windows show only in part.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np

from decontam.kernels import code as codekernel
from decontam.kernels import likeness
from decontam.kernels.batches import Column, Longs
from decontam.kernels.literals import L
from decontam.kernels.score import FIRST, LAST, PART, VALUE
from decontam.matching.alignment import aligned_shares
from decontam.matching.grams import Part
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


@dataclass(slots=True)
class Known:
    """Evidence that is computed for many texts at once. ``asked``: the least share of which ``share`` was asked and not known."""

    told: Literals
    tokens: int
    share: float | None = None
    asked: float | None = None

    def literals(self) -> Literals:
        """See ``told_by_literals``."""
        return self.told

    def aligned(self, least: float) -> float:
        """See ``aligned_in``."""
        if self.share is None:
            self.asked = least
        return self.share or 0.0


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


def aligned_in(column: Column, index: HoldoutIndex, hits: Longs, order: Longs, rows: Longs, least: Any) -> Any:
    """The share of the tokens of each row's part that the text has in order, 0 below ``least`` (by row): see ``alignment``.

    The text is looked at as far around the hits as the item is long. ``rows``, ``hits`` and ``order`` are those of ``score``.
    """
    first, end = hits[order[rows[:, FIRST]], 3], hits[order[rows[:, LAST]], 4]
    reach, base = index.reaches[rows[:, PART]], column.offsets[rows[:, VALUE]]
    lows, highs = base + np.maximum(first - reach, 0), np.minimum(base + end + reach, column.offsets[rows[:, VALUE] + 1])
    return aligned_shares(index.shapes, rows[:, PART], column.data, lows, highs, least)


def told_by_literals(column: Column, index: HoldoutIndex, hits: Longs, order: Longs, rows: Longs) -> list[Literals]:
    """Whether the numbers and texts within matched code are the item's: if they differ, only the shape is shared.

    For each of ``rows``, which are those of ``score`` as ``hits`` and ``order`` are.
    ``agree``: half of those that no other family of items has, or where there are none, one other; ``none``: there are none of
    these either, and of three or more common ones half agree, or there are fewer; else ``differ``. 0, 1, 2 and texts of under two
    characters say nothing. Where training tasks are known, see ``_own_literals``.
    """
    own, grams = index.own, index.code
    first = own.starts[rows[:, PART]]
    counts = own.starts[rows[:, PART] + 1] - first
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    postings = (grams.posting_starts, grams.posting_parts, grams.posting_positions)
    lexer = (codekernel.CLASSES, codekernel.PAIRS, codekernel.kept_table(), *codekernel.marks()[:2])
    places = (own.starts, own.places, own.said, starts)
    states = likeness.agreed(column.data, column.offsets, hits, order, rows, *postings, *places, *lexer)
    which = np.repeat(first - starts[:-1], counts) + np.arange(len(states))  # number of each literal in ``own``
    if index.own_literals:
        said: list[Literals] = []
        for row, low, high in zip(rows, starts[:-1].tolist(), starts[1:].tolist(), strict=True):
            pairs = zip(own.places[which[low:high]].tolist(), states[low:high].tolist(), strict=True)
            agreed = {place: state == likeness.AGREES for place, state in pairs if state != likeness.UNSEEN}
            said.append(_own_literals(column, index, int(row[PART]), hits[order[row[FIRST] : row[LAST] + 1]], agreed))
        return said
    row_of = np.repeat(np.arange(len(rows)), counts)

    def votes(among: Any) -> tuple[Any, Any]:
        """By row: how many literals were compared, and how many of them are the same."""
        same = among & (states == likeness.AGREES)
        return np.bincount(row_of[among], minlength=len(rows)), np.bincount(row_of[same], minlength=len(rows))

    compared = states != likeness.UNSEEN
    cast, same = votes(compared)
    told = np.where((cast >= 3) & (2 * same < cast), "differ", "none")
    for most in (2, 1):  # the rarest that there are decide
        cast, same = votes(compared & (own.families[which] <= most))
        told = np.where(cast > 0, np.where(2 * same >= cast, "agree", "differ"), told)
    names: list[Literals] = told.tolist()
    return names


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
