"""When a text counts as leaking a holdout item: the thresholds, by the names that settings and reports use."""

from __future__ import annotations

from dataclasses import dataclass

RULE_VERSION = "goldloop-3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When a text counts as leaking a part of an item. Tuned on one half of ``benchmarks/leakage``, reported on the other.

    Text: ``coverage`` of a prompt with ``unique`` grams that no other item has, or ``answer_coverage`` of an answer or tests with
    ``answer_unique`` (programs share phrases), or ``whole`` of a part whether unique or not. ConTAM (arXiv 2411.03923): small n,
    and no higher counts, which cause false negatives. Code: ``code_coverage`` and ``code_windows`` where numbers or texts
    that only this item has are there, too; ``bare_coverage`` and ``bare_windows`` where ``bare_aligned`` of the tokens stand
    in the same order; ``code_whole`` and ``whole_windows``, or where numbers and texts are others ``other_windows``, or,
    where other items share them, ``shared_windows`` and ``aligned`` of the tokens; or ``aligned`` of ``aligned_tokens`` or
    more in the same order, of long programs (``long_tokens``) ``long_aligned``. Without alignment ``own_windows`` of the
    windows are unique. Tests by their literals: ``tests_coverage`` with ``tests_unique``. Code below ``aligned_coverage`` is
    not looked at. Where a suite's training tasks are known, an item's own numbers and texts decide; if it has none, only
    ``code_whole`` and twice ``whole_windows``, or ``aligned``. Twice a threshold is strict. Grams that more than
    ``common_share`` of the items have (and more than ``common_least``) are boilerplate of the suite and count for no item; a
    part of which less than ``own_share`` is left cannot be told from others. ``shortest``: words that a short item needs.
    """

    coverage: float = 0.10
    unique: int = 3
    answer_coverage: float = 0.20
    answer_unique: int = 4
    whole: float = 0.80
    code_coverage: float = 0.30
    code_windows: int = 3
    own_windows: float = 0.75
    bare_coverage: float = 0.40
    bare_windows: int = 20
    bare_aligned: float = 0.45
    code_whole: float = 0.90
    whole_windows: int = 5
    shared_windows: int = 15
    other_windows: int = 20
    aligned: float = 0.94
    aligned_tokens: int = 25
    aligned_coverage: float = 0.08
    long_aligned: float = 0.75
    long_tokens: int = 60
    tests_coverage: float = 0.20
    tests_unique: int = 4
    common_share: float = 0.05
    common_least: int = 3
    own_share: float = 0.25
    shortest: int = 3
