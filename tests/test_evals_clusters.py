"""Estimators and tests over several samples a task, against published values and by simulation."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, multinomial, ttest_1samp
from scipy.stats import t as student

from evals.clusters import (
    bootstrap_interval,
    compare_means,
    difference_interval,
    holm,
    mean_interval,
    pass_at_k,
    pass_hat_k,
    sign_flip_p,
)
from evals.comparison import compare_outcomes, pass_rate
from evals.stats import NO_EVIDENCE, score_interval

# Darwin's 15 pairs of maize, differences in eighths of an inch, as in Fisher (1935), The Design of Experiments, table 3.
DARWIN = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]


@given(st.integers(1, 12), st.data())
def test_pass_at_k_is_the_share_of_subsets_with_a_pass(n: int, data: st.DataObject) -> None:
    passed, k = data.draw(st.integers(0, n)), data.draw(st.integers(1, n))
    subsets = list(combinations(range(n), k))
    assert math.isclose(pass_at_k(n, passed, k), sum(min(s) < passed for s in subsets) / len(subsets), abs_tol=1e-12)
    assert math.isclose(pass_hat_k(n, passed, k), sum(max(s) < passed for s in subsets) / len(subsets), abs_tol=1e-12)


def test_pass_at_k_equals_the_published_product_form() -> None:
    # Chen et al. (2021), figure 3: 1 - prod(1 - k / i for i in n - c + 1 .. n).
    for n, c, k in [(200, 7, 1), (200, 7, 10), (200, 150, 100), (100, 0, 10), (20, 11, 10)]:
        published = 1.0 - float(np.prod(1.0 - k / np.arange(n - c + 1, n + 1))) if n - c >= k else 1.0
        assert math.isclose(pass_at_k(n, c, k), published, abs_tol=1e-12)


@pytest.mark.parametrize(("n", "passed", "k"), [(3, 1, 4), (3, 4, 1), (3, -1, 1), (3, 1, 0)])
def test_pass_at_k_is_undefined_for_too_few_samples(n: int, passed: int, k: int) -> None:
    for estimator in (pass_at_k, pass_hat_k):
        with pytest.raises(ValueError, match="needs 0 <= passed"):
            estimator(n, passed, k)


def test_sign_flips_equal_the_published_example() -> None:
    # Fisher (1935), section 21: 863 of the 32,768 arrangements reach +314, so 1,726 reach it on either side.
    p, exact = sign_flip_p([float(d) for d in DARWIN])
    assert exact and p == 1726 / 32768


def test_drawn_sign_flips_agree_with_counted_ones() -> None:
    generator = np.random.default_rng(3)
    values = (generator.integers(-3, 5, size=15) / 4).tolist()
    counted, _ = sign_flip_p(values)
    padded = [*values, *([1e-12] * 10)]  # more informative tasks than are enumerated, of no weight
    drawn, exact = sign_flip_p(padded)
    assert not exact and abs(drawn - counted) < 0.01


def test_sign_flips_without_a_difference_see_nothing() -> None:
    assert sign_flip_p([0.0, 0.0]) == (1.0, True)


def test_student_interval_equals_the_published_example() -> None:
    # Same data: mean 20.93, standard deviation 37.74, t(14) = 2.145, hence 0.03 to 41.84 (in eighths of an inch).
    paired = compare_means({str(i): 0.0 for i in range(15)}, {str(i): d / 1000 for i, d in enumerate(DARWIN)})
    assert (round(1000 * paired.ci95.low, 2), round(1000 * paired.ci95.high, 2)) == (0.03, 41.84)


@pytest.mark.parametrize("count", [3, 60])
def test_alike_means_count_each_task_as_one_trial(count: int) -> None:
    interval = mean_interval([1.0] * count)
    trials = score_interval(1.0, count, float(student.ppf(0.975, count - 1)))
    assert (interval.low, interval.high) == (trials.low, 1.0)
    assert interval.low < 0.15 if count == 3 else 0.9 < interval.low < 0.95


def test_tasks_that_repeat_each_other_count_once() -> None:
    few = [0.0, 0.25, 0.5, 1.0, 0.75, 0.0, 1.0, 1.0]
    later = [0.25, 0.25, 1.0, 1.0, 0.5, 0.5, 1.0, 0.75]
    groups = [str(n) for n in range(len(few)) for _ in range(5)]
    many, many_later = ([value for value in side for _ in range(5)] for side in (few, later))
    single = [str(n) for n in range(len(few))]
    assert mean_interval(many, groups=groups).low == pytest.approx(mean_interval(few).low)
    assert difference_interval(many, many_later, groups).low == pytest.approx(difference_interval(few, later, single).low)
    names = [f"{n}" for n in range(len(many))]
    sides = dict(zip(names, many, strict=True)), dict(zip(names, many_later, strict=True))
    grouped = compare_means(*sides, groups=dict(zip(names, groups, strict=True)))
    alone = compare_means(dict(zip(single, few, strict=True)), dict(zip(single, later, strict=True)))
    assert (grouped.n, grouped.clusters, alone.clusters) == (40, 8, 8)
    assert grouped.p == alone.p and grouped.ci95.low == pytest.approx(alone.ci95.low)
    assert grouped.bootstrap95 and alone.bootstrap95
    assert grouped.bootstrap95.low == pytest.approx(alone.bootstrap95.low)
    assert compare_means(*sides).p < 0.1 < 0.4 < grouped.p


def test_without_groups_of_their_own_tasks_do_not_count_as_independent() -> None:
    before = {f"t{n}": [n % 6 == 0] for n in range(60)}
    after = {f"t{n}": [n % 6 == 0 or n < 10] for n in range(60)}
    free, held = compare_outcomes(before, after), compare_outcomes(before, after, {f"t{n}": f"g{n // 10}" for n in range(60)})
    assert (free.test, free.clusters) == ("McNemar, exact, mid-p", 60) and free.ci95.low > 0 and free.p < 0.05
    assert (held.test, held.clusters) == ("sign flips over groups", 6) and held.ci95.low < 0 and held.p > 0.05
    assert held.detectable > 2 * free.detectable
    assert pass_rate(after, {f"t{n}": f"g{n // 10}" for n in range(60)}).interval.low < pass_rate(after).interval.low


def test_one_group_or_one_task_tells_nothing() -> None:
    tasks = [f"t{n}" for n in range(60)]
    found = compare_outcomes({t: [False] for t in tasks}, {t: [True] for t in tasks}, dict.fromkeys(tasks, "g"))
    assert (found.ci95.low, found.ci95.high, found.p, found.detectable) == (-1.0, 1.0, 1.0, 1.0)
    assert (found.after_ci95.low, found.after_ci95.high) == (0.0, 1.0)
    one = compare_outcomes({"t": [False] * 4}, {"t": [True] * 4})
    assert (one.ci95.low, one.p, one.detectable) == (-1.0, 1.0, 1.0)


def test_tasks_that_all_change_alike_leave_doubt_where_they_are_few() -> None:
    # No spread between tasks: Student's t would be sure with two of them.
    few, many = ([f"t{n}" for n in range(count)] for count in (2, 20))
    for tasks, sure in ((few, False), (many, True)):
        found = compare_outcomes({t: [False] * 4 for t in tasks}, {t: [True] * 4 for t in tasks})
        assert (found.ci95.low > 0) is sure and (found.p < 0.05) is sure
    steady = compare_outcomes({t: [True] * 4 for t in many}, {t: [True] * 4 for t in many})
    assert steady.low_one_sided < -0.05 and steady.detectable > 0.05


@pytest.mark.parametrize("groups", [2, 3, 4])
def test_the_interval_of_a_difference_covers_with_few_groups(groups: int) -> None:
    # Two equal models at 50%, tasks of a group alike: what chance alone makes of two, three or four groups.
    generator = np.random.default_rng(groups)
    labels = [str(n // 4) for n in range(4 * groups)]
    covered, rounds = 0, 800
    for _ in range(rounds):
        before, after = _grouped(generator, [4] * groups, 1, 0.0)
        found = difference_interval(before, after, labels, trials=(len(before), len(before)))
        covered += found.low <= 0.0 <= found.high
    assert covered / rounds >= 0.95 - 2 * math.sqrt(0.05 * 0.95 / rounds)


@given(st.integers(2, 9), st.data())
def test_the_interval_of_a_difference_holds_students_t_over_the_groups(count: int, data: st.DataObject) -> None:
    shares = st.lists(st.integers(0, 4).map(lambda k: k / 4), min_size=3 * count, max_size=3 * count)
    before, after = data.draw(shares), data.draw(shares)
    labels = [str(n // 3) for n in range(3 * count)]
    found = difference_interval(before, after, labels)
    means = (np.array(after) - np.array(before)).reshape(count, 3).mean(axis=1)
    own = ttest_1samp(means, 0.0).confidence_interval() if np.ptp(means) > 0 else None
    low, high = (own.low, own.high) if own else (means[0], means[0])
    assert found.low <= max(-1.0, low) + 1e-9 and found.high >= min(1.0, high) - 1e-9


def test_there_are_never_more_trials_than_samples() -> None:
    # Groups that differ by less than chance: exactly half of each of 8 groups passes, but for one task.
    means = [1.0, 0.0] * 16
    means[0] = 0.0
    groups = [str(n // 4) for n in range(32)]
    free = mean_interval(means, groups=groups)
    assert free.high - free.low < 0.15  # as of 190 tasks
    capped = mean_interval(means, groups=groups, trials=32)
    assert capped == score_interval(15 / 32, 32, float(student.ppf(0.975, 7)))
    rate = pass_rate({f"t{n}": [bool(mean)] for n, mean in enumerate(means)}, {f"t{n}": g for n, g in enumerate(groups)})
    assert (rate.interval.low, rate.interval.high) == pytest.approx((capped.low, capped.high))


@pytest.mark.parametrize("groups", [2, 5, 6, 7])
def test_with_five_groups_or_fewer_nothing_is_detected_nor_said(groups: int) -> None:
    labels = {f"t{n}": f"g{n % groups}" for n in range(10 * groups)}
    found = compare_outcomes({t: [False] for t in labels}, {t: [True] for t in labels}, labels)
    assert found.p == found.least_p == 2 / 2**groups  # all of 2 ** groups patterns, of which two are as extreme
    assert (found.detectable < 1) is (groups > 5) and (found.detects == "detects nothing") is (groups <= 5)
    assert found.verdict == ("better" if groups > 5 else NO_EVIDENCE)
    reverse = compare_outcomes({t: [True] for t in labels}, {t: [False] for t in labels}, labels)
    assert reverse.verdict == ("worse" if groups > 5 else NO_EVIDENCE)


def test_an_interval_without_a_test_below_5_percent_is_no_verdict() -> None:
    labels = {f"t{n}": f"g{n % 5}" for n in range(50)}
    found = compare_outcomes({t: [False] for t in labels}, {t: [True] for t in labels}, labels)
    assert found.ci95.low > 0 and found.p > 0.05 and found.verdict == "no evidence of a change"


def test_groups_that_change_alike_detect_what_the_sign_test_detects() -> None:
    # 9 of 12 groups lose or gain exactly one task of five: the sign test over groups, by enumeration of its power.
    found = compare_means(
        {f"t{n}": 0.0 for n in range(60)},
        {f"t{n}": (0.0 if n % 5 or n >= 45 else 1.0 if n < 25 else -1.0) for n in range(60)},
        groups={f"t{n}": f"g{n // 5}" for n in range(60)},
    )
    gain = 60 * found.detectable / 12  # in groups, net, of which 9 of 12 change
    up = (9 / 12 + gain) / 2
    power = (
        sum(
            float(multinomial.pmf([a, b, 12 - a - b], 12, [up, 9 / 12 - up, 3 / 12]))
            for a in range(13)
            for b in range(13 - a)
            if a > b and 2 * float(binom.cdf(b, a + b, 0.5)) < 0.05
        )
        if up <= 9 / 12
        else 1.0
    )
    assert power >= 0.79


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_is_no_number_is_refused(bad: float) -> None:
    values = [0.5, bad, 0.25]
    sides = dict(zip("abc", values, strict=True)), dict(zip("abc", [0.5, 0.5, 0.5], strict=True))
    for attempt in (
        lambda: mean_interval(values),
        lambda: difference_interval(values, [0.5] * 3, list("abc")),
        lambda: sign_flip_p(values),
        lambda: bootstrap_interval(values),
        lambda: compare_means(*sides),
        lambda: holm({"a": bad}),
    ):
        with pytest.raises(ValueError, match="needs"):
            attempt()


def test_comparison_needs_the_same_tasks() -> None:
    with pytest.raises(ValueError, match="same tasks"):
        compare_means({"a": 1.0, "b": 0.0}, {"a": 1.0, "c": 0.0})


def test_holm_equals_a_worked_example() -> None:
    # Holm (1979): 0.01, 0.04, 0.03 -> 0.03, 0.06, 0.06.
    adjusted = holm({"a": 0.01, "b": 0.04, "c": 0.03})
    assert {name: round(p, 12) for name, p in adjusted.items()} == {"a": 0.03, "b": 0.06, "c": 0.06}


@given(st.dictionaries(st.text(max_size=3), st.floats(0, 1), max_size=8))
def test_holm_never_lowers_and_keeps_the_order(p_values: dict[str, float]) -> None:
    adjusted = holm(p_values)
    names = sorted(p_values, key=lambda name: p_values[name])
    assert all(adjusted[name] >= p_values[name] for name in names)
    assert [adjusted[name] for name in names] == sorted(adjusted.values())


def _suite(generator: np.random.Generator, tasks: int, samples: int, shift: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Pass rates of two models on tasks of very different difficulty, ``samples`` each."""
    difficulty = generator.beta(0.8, 0.8, size=tasks)
    other = np.clip(difficulty + shift + generator.normal(0, 0.05, size=tasks), 0, 1)
    return generator.binomial(samples, difficulty) / samples, generator.binomial(samples, other) / samples


@pytest.mark.slow
@pytest.mark.parametrize(("tasks", "samples"), [(60, 4), (164, 3), (400, 1)])
def test_95_percent_intervals_cover_95_percent_of_simulated_suites(tasks: int, samples: int) -> None:
    generator = np.random.default_rng(tasks)
    rounds = 4_000
    covered = {"mean": 0, "paired": 0, "bootstrap": 0}
    for _ in range(rounds):
        before, after = _suite(generator, tasks, samples)
        own = mean_interval(before.tolist())
        covered["mean"] += own.low <= 0.5 <= own.high
        differences = after - before
        half = float(differences.std(ddof=1)) / math.sqrt(tasks)
        truth = 0.0  # by symmetry of the difficulties, clipping included
        covered["paired"] += abs(float(differences.mean()) - truth) <= float(student.ppf(0.975, tasks - 1)) * half
        if covered["bootstrap"] >= 0 and _ < 1_000:
            box = bootstrap_interval(differences.tolist(), draws=1_000, seed=_)
            covered["bootstrap"] += box.low <= truth <= box.high
    assert 0.94 <= covered["mean"] / rounds <= 0.96
    assert 0.94 <= covered["paired"] / rounds <= 0.96
    assert 0.93 <= covered["bootstrap"] / 1_000 <= 0.97


UNEQUAL = [4, 5, 6, 6, 7, 4, 3, 5, 6, 2, 4, 5, 6, 1, 3, 4, 3, 3]


def _grouped(generator: np.random.Generator, sizes: list[int], samples: int, level: float) -> tuple[list[float], list[float]]:
    """Pass rates of two equal models on tasks whose groups are of very different difficulty. ``level`` is in logits."""
    groups = np.repeat(np.arange(len(sizes)), sizes)
    spread = generator.normal(0, 0.8, size=(2, len(sizes)))[:, groups] * [[1], [0.5]]
    own = level + spread[0] + generator.normal(0, 1.5, size=groups.size)
    shares = [1 / (1 + np.exp(-(own + sign * spread[1]))) for sign in (-1, 1)]
    before, after = (generator.binomial(samples, share) / samples for share in shares)
    return before.tolist(), after.tolist()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sizes", "samples", "level"),
    [
        ([1] * 20, 4, 0.0),
        ([1] * 40, 4, -3.0),
        (UNEQUAL, 1, 0.0),
        (UNEQUAL, 1, -3.0),
        (UNEQUAL, 4, 3.0),
        ([1] * 30 + UNEQUAL, 4, 1.0),
    ],
)
def test_95_percent_intervals_cover_groups_of_unequal_size(sizes: list[int], samples: int, level: float) -> None:
    generator = np.random.default_rng(len(sizes) + samples)
    groups = [str(n) for n in np.repeat(np.arange(len(sizes)), sizes)]
    truth = np.mean([np.mean(_grouped(generator, sizes, 1_000, level)[0]) for _ in range(4_000)])
    rounds, mean, difference = 4_000, 0, 0
    for _ in range(rounds):
        before, after = _grouped(generator, sizes, samples, level)
        own, between = mean_interval(before, groups=groups), difference_interval(before, after, groups)
        mean += own.low <= truth <= own.high
        difference += between.low <= 0.0 <= between.high
    drawn = 2 * math.sqrt(0.05 * 0.95 / rounds)  # what so many rounds themselves are off by
    assert 0.94 - drawn <= mean / rounds <= 0.96 + drawn
    assert 0.94 - drawn <= difference / rounds <= 0.96 + drawn
