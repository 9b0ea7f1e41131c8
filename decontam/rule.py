"""When a text counts as leaking a holdout item: the thresholds, by the names that settings and reports use."""

from __future__ import annotations

from dataclasses import dataclass

RULE_VERSION = "goldloop-2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When a text counts as leaking a part of an item. Tuned on one half of ``benchmarks/leakage``, reported on the other.

    Text: ``coverage`` of a prompt with ``unique`` grams that no other item has, or ``answer_coverage`` of an answer or tests with
    ``answer_unique`` (programs share phrases), or ``whole`` of a part whether unique or not. ConTAM (arXiv 2411.03923): small n,
    and no higher counts, which cause false negatives. Code: ``code_coverage`` and ``code_windows`` where numbers or texts that
    only this item has are there, too; ``bare_coverage``, ``bare_windows`` and a unique one where the code has none;
    ``code_whole`` and ``whole_windows``, most of them unique; or ``aligned`` of ``aligned_tokens`` or more in the same order,
    where ``aligned_coverage`` and ``code_windows``, all unique, made it worth a look. Twice a threshold is strict. Grams that
    more than ``common_share`` of the items have (and more than ``common_least``) are boilerplate of the suite and count for no
    item; a part of which less than ``own_share`` is left cannot be told from others. ``shortest``: words that a short item needs.
    """

    coverage: float = 0.10
    unique: int = 3
    answer_coverage: float = 0.20
    answer_unique: int = 4
    whole: float = 0.80
    code_coverage: float = 0.50
    code_windows: int = 3
    bare_coverage: float = 0.60
    bare_windows: int = 15
    code_whole: float = 0.90
    whole_windows: int = 8
    aligned: float = 0.88
    aligned_tokens: int = 30
    aligned_coverage: float = 0.12
    common_share: float = 0.05
    common_least: int = 3
    own_share: float = 0.25
    shortest: int = 3
