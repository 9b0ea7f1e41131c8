"""When a text counts as leaking a holdout item: the thresholds, by the names that settings and reports use."""

from __future__ import annotations

from dataclasses import dataclass

RULE_VERSION = "goldloop-4"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When a text counts as leaking a part of an item. Tuned on one half of ``benchmarks/leakage``, reported on the other.

    Text: ``coverage`` of a prompt with ``unique`` grams that no other item has, or ``answer_coverage`` of an answer or tests with
    ``answer_unique`` (programs share phrases), or ``whole`` of a part whether unique or not. ConTAM (arXiv 2411.03923): small n,
    and no higher counts, which cause false negatives. Code: ``code_coverage`` and ``code_windows`` where numbers or texts
    that only this item has are there, too; ``bare_coverage`` and ``bare_windows`` where ``bare_aligned`` of the tokens stand
    in the same order; ``code_whole`` and ``whole_windows``, or where numbers and texts are others ``other_windows`` of which
    ``other_share`` are this item's alone; where other items share the windows, ``shared_windows`` with numbers and texts that
    agree, and ``aligned`` of the tokens in order. Where windows show little, order alone: of ``aligned_tokens`` 92%, less of more
    tokens, of ``long_tokens`` ``long_aligned`` (``judging.needed_share``), with ``sparse_windows`` that no other item has, or
    ``aligned`` of the tokens with one; of fewer tokens ``short_aligned`` with ``short_windows``. ``own_windows`` of the windows
    make code this item's own. Tests by their literals: ``tests_coverage`` with ``tests_unique``, or ``tests_shared`` with as many
    that others have, too; and by their calls: ``calls_coverage`` with ``calls``, or all. Code below ``aligned_coverage`` is not
    looked at. Where a suite's training tasks
    are known, an item's own numbers and texts decide; if it has none, only ``code_whole`` and twice ``whole_windows``, or the
    order of tokens. Twice a threshold is strict. Grams that more than ``common_share`` of the items have (and more than
    ``common_least``) are boilerplate of the suite and count for no item; a part of which less than ``own_share`` is left cannot
    be told from others. ``shortest``: words that a short item needs.
    """

    coverage: float = 0.10
    unique: int = 3
    answer_coverage: float = 0.20
    answer_unique: int = 4
    whole: float = 0.80
    code_coverage: float = 0.30
    code_windows: int = 3
    own_windows: float = 0.60
    bare_coverage: float = 0.30
    bare_windows: int = 20
    bare_aligned: float = 0.40
    code_whole: float = 0.90
    whole_windows: int = 7
    shared_windows: int = 15
    other_windows: int = 20
    other_share: float = 0.50
    aligned: float = 0.94
    aligned_tokens: int = 25
    aligned_coverage: float = 0.03
    sparse_windows: int = 2
    short_windows: int = 10
    short_aligned: float = 0.98
    long_aligned: float = 0.75
    long_tokens: int = 60
    tests_coverage: float = 0.20
    tests_unique: int = 4
    tests_shared: float = 0.60
    calls_coverage: float = 0.50
    calls: int = 3
    common_share: float = 0.05
    common_least: int = 3
    own_share: float = 0.25
    shortest: int = 3
