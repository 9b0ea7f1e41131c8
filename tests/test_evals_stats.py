from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.stats import compare, detectable_gain, mcnemar_midp, newcombe_paired, paired_interval, wilson


def test_wilson_equals_the_published_example() -> None:
    # Newcombe (1998), Statistics in Medicine 17:857, table I, method 3: 81/263 -> 0.2553 to 0.3662.
    interval = wilson(81, 263)
    assert (round(interval.low, 4), round(interval.high, 4)) == (0.2553, 0.3662)


def test_wilson_of_no_pass_starts_at_zero() -> None:
    # Same table: 0/20 -> 0 to 0.1611.
    interval = wilson(0, 20)
    assert (round(interval.low, 4), round(interval.high, 4)) == (0.0, 0.1611)


@pytest.mark.parametrize(("passed", "n"), [(1, 0), (3, 2), (-1, 4)])
def test_wilson_refuses_impossible_counts(passed: int, n: int) -> None:
    with pytest.raises(ValueError, match="passed"):
        wilson(passed, n)


def test_newcombe_equals_the_published_example() -> None:
    # Newcombe (1998), Statistics in Medicine 17:2635, table II, method 10, cells 36, 12, 2, 0: 0.0569 to 0.3404.
    interval = newcombe_paired(36, 12, 2, 0)
    assert (round(interval.low, 4), round(interval.high, 4)) == (0.0569, 0.3404)


@pytest.mark.parametrize("n", [2, 3, 4, 5, 8, 12])
@pytest.mark.parametrize("rates", [(0.5, 0.5), (0.5, 0.65), (0.3, 0.7), (0.8, 0.6)])
def test_the_interval_of_few_tasks_holds_the_truth_19_times_of_20(n: int, rates: tuple[float, float]) -> None:
    # By enumeration of all outcomes of n tasks that pass independently before and after.
    before, after = rates
    cells = (before * after, (1 - before) * after, before * (1 - after), (1 - before) * (1 - after))
    held = 0.0
    for counts in (c for c in product(range(n + 1), repeat=4) if sum(c) == n):
        ways = math.factorial(n) / math.prod(map(math.factorial, counts))
        low, high = paired_interval(*counts)
        held += ways * math.prod(p**c for p, c in zip(cells, counts, strict=True)) * (low <= after - before <= high)
    assert held >= 0.94


def test_the_interval_of_many_tasks_is_newcombes() -> None:
    assert paired_interval(8, 6, 2, 4) == newcombe_paired(8, 6, 2, 4)


def test_midp_equals_the_published_example() -> None:
    # Fagerland, Lydersen and Laake (2013), table 1, airway hyper-responsiveness: 1 against 7 discordant pairs, mid-p 0.039.
    assert round(mcnemar_midp(1, 7), 3) == 0.039


def test_midp_of_no_discordant_pair_is_one() -> None:
    assert mcnemar_midp(0, 0) == 1.0


@given(st.integers(0, 6), st.integers(0, 6))
def test_midp_is_the_chance_of_what_is_more_extreme_and_half_of_what_is_as_extreme(gained: int, lost: int) -> None:
    # By enumeration of all directions in which the discordant pairs could have changed; ties are both tails' centre.
    observed, total = abs(gained - lost), gained + lost
    distances = [abs(2 * sum(signs) - total) for signs in product((0, 1), repeat=total)]
    chance = sum(1.0 if d > observed else 0.5 if d == observed else 0.0 for d in distances) / len(distances)
    assert math.isclose(mcnemar_midp(gained, lost), chance if total else 1.0, abs_tol=1e-12)


def test_midp_of_as_many_gained_as_lost() -> None:
    # Fagerland, Lydersen and Laake (2013), supplement, and R's contingencytables: 1 - f / 2.
    assert math.isclose(mcnemar_midp(1, 1), 0.75) and math.isclose(mcnemar_midp(2, 2), 1 - 0.375 / 2)


@given(st.integers(0, 60), st.integers(0, 60))
def test_midp_is_a_probability_and_symmetric(gained: int, lost: int) -> None:
    assert 0 < mcnemar_midp(gained, lost) <= 1
    assert math.isclose(mcnemar_midp(gained, lost), mcnemar_midp(lost, gained))


def test_the_detectable_gain_matches_the_rule_of_thumb_where_many_tasks_change() -> None:
    # Miller (2024): 2.8 * sqrt(discordance / n); 15% of 164 tasks: about 8.5 points.
    assert round(100 * detectable_gain(164, 25), 0) == round(100 * 2.8 * math.sqrt(0.15 / 164), 0) == 8
    assert math.isclose(detectable_gain(2_000, 600), 2.8 * math.sqrt(0.3 / 2_000), abs_tol=0.001)


@pytest.mark.parametrize(("n", "discordant"), [(20, 1), (57, 0), (57, 17), (164, 2), (164, 49)])
def test_the_detectable_gain_is_seen_in_four_of_five_runs(n: int, discordant: int) -> None:
    gain = detectable_gain(n, discordant)
    changed = max(gain, discordant / n)
    cells = [(changed + gain) / 2, (changed - gain) / 2, 1 - changed]
    drawn = np.random.default_rng(n + discordant).multinomial(n, cells, size=4_000)
    seen = [gained > lost and mcnemar_midp(gained, lost) < 0.05 for gained, lost, _ in drawn.tolist()]
    assert 0.78 <= np.mean(seen) <= 0.83


@pytest.mark.parametrize(("n", "discordant", "level"), [(164, 25, 0.002), (57, 8, 0.01)])
def test_a_stricter_level_detects_a_larger_gain(n: int, discordant: int, level: float) -> None:
    gain = detectable_gain(n, discordant, level)
    assert gain > detectable_gain(n, discordant)
    changed = max(gain, discordant / n)
    cells = [(changed + gain) / 2, (changed - gain) / 2, 1 - changed]
    drawn = np.random.default_rng(n).multinomial(n, cells, size=4_000)
    seen = [gained > lost and mcnemar_midp(gained, lost) < level for gained, lost, _ in drawn.tolist()]
    assert 0.78 <= np.mean(seen) <= 0.84


def test_no_gain_can_be_seen_with_four_tasks() -> None:
    assert detectable_gain(4, 0) == 1.0 > detectable_gain(5, 0)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=200))
def test_paired_figures_agree_with_each_other(outcomes: list[tuple[bool, bool]]) -> None:
    before = {str(n): pair[0] for n, pair in enumerate(outcomes)}
    after = {str(n): pair[1] for n, pair in enumerate(outcomes)}
    paired = compare(before, after)
    assert math.isclose(paired.delta, paired.after - paired.before, abs_tol=1e-12)
    assert math.isclose(paired.delta, (paired.gained - paired.lost) / paired.n, abs_tol=1e-12)
    assert paired.ci95.low - 1e-9 <= paired.delta <= paired.ci95.high + 1e-9
    assert paired.low_one_sided >= paired.ci95.low - 1e-9


def test_compare_refuses_different_tasks() -> None:
    with pytest.raises(ValueError, match="same tasks"):
        compare({"a": True}, {"b": True})
