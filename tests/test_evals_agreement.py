"""Agreement beyond chance, its error and interval, and the honesty of a confidence, against other computations."""

from __future__ import annotations

import math

import numpy as np
import pytest

from evals.agreement import cohen_kappa, expected_calibration_error, kappa_error, kappa_interval


def test_kappa_equals_a_worked_example() -> None:
    # Cohen's kappa of 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no is 0.4.
    first = [True] * 25 + [False] * 25
    second = [True] * 20 + [False] * 5 + [True] * 10 + [False] * 15
    assert cohen_kappa(first, second) == pytest.approx(0.4)


def test_kappa_equals_cohens_formula_on_skewed_tables() -> None:
    # 45 yes/yes, 15 yes/no, 25 no/yes, 15 no/no: p_o 0.60, p_e 0.54, kappa 0.1304; and 25, 35, 5, 35: 0.2593 (both n = 100).
    for (a, b, c, d), wanted in {(45, 15, 25, 15): 0.06 / 0.46, (25, 35, 5, 35): 0.14 / 0.54}.items():
        first = [True] * (a + b) + [False] * (c + d)
        second = [True] * a + [False] * b + [True] * c + [False] * d
        assert cohen_kappa(first, second) == pytest.approx(wanted)


def ratings(both: int, first_only: int, second_only: int, neither: int) -> tuple[list[bool], list[bool]]:
    first = [True] * (both + first_only) + [False] * (second_only + neither)
    return first, [True] * both + [False] * first_only + [True] * second_only + [False] * neither


@pytest.mark.parametrize("cells", [(20, 5, 10, 15), (45, 15, 25, 15), (25, 35, 5, 35), (80, 3, 4, 13), (2, 1, 0, 97)])
def test_the_error_of_kappa_is_that_of_fleiss_cohen_and_everitt(cells: tuple[int, int, int, int]) -> None:
    # Fleiss, Cohen and Everitt (1969), Psychological Bulletin 72:323-327, cell by cell.
    n = sum(cells)
    share = np.array([[cells[0], cells[1]], [cells[2], cells[3]]]) / n
    rows, columns = share.sum(axis=1), share.sum(axis=0)
    chance = float(rows @ columns)
    kappa = (float(np.trace(share)) - chance) / (1 - chance)
    same = sum(share[i, i] * (1 - (rows[i] + columns[i]) * (1 - kappa)) ** 2 for i in range(2))
    unlike = (1 - kappa) ** 2 * sum(share[i, j] * (columns[i] + rows[j]) ** 2 for i, j in ((0, 1), (1, 0)))
    variance = (same + unlike - (kappa - chance * (1 - kappa)) ** 2) / (n * (1 - chance) ** 2)
    sides = ratings(*cells)
    tasks = [f"s/{i}" for i in range(n)]
    assert cohen_kappa(*sides) == pytest.approx(kappa)
    assert kappa_error(*sides, tasks) == pytest.approx(math.sqrt(variance * n / (n - 1)))


def test_the_error_of_kappa_is_that_of_a_bootstrap_over_tasks() -> None:
    generator = np.random.default_rng(3)
    truth = np.repeat(generator.random(60) < 0.5, 4)
    said = np.where(np.repeat(generator.random(60) < 0.15, 4), ~truth, truth)  # a task is misjudged in all its answers
    places = np.arange(240).reshape(60, 4)
    drawn = [places[generator.integers(0, 60, 60)].ravel() for _ in range(1_000)]
    spread = np.std([cohen_kappa(said[rows].tolist(), truth[rows].tolist()) for rows in drawn])
    by_task = kappa_error(said.tolist(), truth.tolist(), [f"s/{i // 4}" for i in range(240)])
    assert by_task == pytest.approx(spread, rel=0.1)
    assert kappa_error(said.tolist(), truth.tolist(), [f"s/{i}" for i in range(240)]) < 0.6 * spread


@pytest.mark.parametrize(("share", "wrong"), [(0.5, 0.15), (0.8, 0.1), (0.5, 0.02), (0.9, 0.05)])
def test_the_interval_of_kappa_covers_it(share: float, wrong: float) -> None:
    generator = np.random.default_rng(5)
    judged_good = share * (1 - wrong) + (1 - share) * wrong
    chance = share * judged_good + (1 - share) * (1 - judged_good)
    true_kappa = (1 - wrong - chance) / (1 - chance)
    tasks = [f"s/{i}" for i in range(100)]
    inside = 0
    for _ in range(500):
        truth = generator.random(100) < share
        said = truth ^ (generator.random(100) < wrong)
        low, high = kappa_interval(said.tolist(), truth.tolist(), tasks)
        inside += low <= true_kappa <= high
    assert inside >= 0.93 * 500


def test_perfect_agreement_has_a_lower_limit_below_one_and_one_kind_none() -> None:
    tasks = [f"s/{i}" for i in range(100)]
    low, high = kappa_interval(*ratings(50, 0, 0, 50), tasks)
    assert 0.9 < low < 0.95 and high == 1.0
    assert tuple(kappa_interval(*ratings(100, 0, 0, 0), tasks)) == (-1.0, 1.0)
    assert tuple(kappa_interval(*ratings(50, 0, 0, 50), ["s/one"] * 100)) == (-1.0, 1.0)


def test_calibration_error_weights_bins_by_their_answers() -> None:
    # Bin 0.9-1: 8 answers, said 0.95, 6 right; bin 0.6-0.7: 2 answers, said 0.65, 2 right. 0.8 * 0.20 + 0.2 * 0.35.
    said = [0.95] * 8 + [0.65] * 2
    assert expected_calibration_error(said, [True] * 6 + [False] * 2 + [True] * 2) == pytest.approx(0.23)


def test_calibration_error_of_honest_confidence_is_zero() -> None:
    assert expected_calibration_error([0.75] * 4, [True, True, True, False]) == pytest.approx(0.0)
    assert expected_calibration_error([1.0] * 4, [True, False, False, False]) == pytest.approx(0.75)
