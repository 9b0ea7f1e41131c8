"""Errors over a sequence of decisions: the levels, the simulated table, the simulation's rule, and what is said."""

from __future__ import annotations

import importlib.util
import sys
from itertools import product
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from conftest import WriteSuite
from scipy.stats import ttest_1samp

from evals.clusters import difference_interval, sign_flip_p
from evals.comparison import compare_outcomes
from evals.stats import Interval, mcnemar_midp, newcombe_paired
from evals.suites import Suite, load_suite
from loop.config import GateSettings, make_config
from loop.gate import Line
from loop.holdout import HoldoutLedger
from loop.sequence import TABLE, decision_level, level_of, promoted_once, sequence_note


def _benchmark() -> ModuleType:
    place = Path(__file__).parents[1] / "benchmarks/sequences.py"
    spec = importlib.util.spec_from_file_location("benchmark_sequences", place)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


simulation = _benchmark()


@pytest.fixture
def suite(write_suite: WriteSuite) -> Suite:
    return load_suite(str(write_suite(holdout=6)))


def line(n: int, changed: int, *, clusters: int = 0, suite: str = "s") -> Line:
    return Line(
        suite=suite,
        slice="*",
        role="target",
        n=n,
        clusters=clusters or n,
        before=0.5,
        after=0.5,
        delta=0.0,
        ci95=Interval(low=-0.1, high=0.1),
        low_one_sided=-0.1,
        high_one_sided=0.1,
        least_p=0.0,
        gained=changed // 2,
        lost=changed - changed // 2,
        p=1.0,
        test="",
        detectable=0.1,
    )


@pytest.mark.parametrize(("looks", "family_error"), [(1, 0.05), (2, 0.05), (10, 0.05), (25, 0.05), (25, 0.2), (200, 0.01)])
def test_the_levels_spend_no_more_than_the_family_error(looks: int, family_error: float) -> None:
    levels = [level_of(decision, looks, family_error) for decision in range(1, looks + 1)]
    assert sum(level / 2 for level in levels) <= family_error + 1e-12
    assert levels == sorted(levels, reverse=True) and levels[-1] > 0 and levels[0] <= 0.05


def test_the_first_decisions_get_the_larger_part() -> None:
    shares = [level_of(decision, 25, 0.05) / 2 / 0.05 for decision in range(1, 26)]
    harmonic = 3.8159581777535068  # of 25 terms
    assert shares == pytest.approx([1 / decision / harmonic for decision in range(1, 26)])
    assert shares[0] > 0.25 and sum(shares[:5]) > 0.59


@pytest.mark.parametrize(("decision", "looks", "family_error"), [(0, 25, 0.05), (26, 25, 0.05), (1, 25, 0.0), (1, 25, 1.0)])
def test_there_is_no_level_for_other_decisions(decision: int, looks: int, family_error: float) -> None:
    with pytest.raises(ValueError, match="needs 1 <= decision <= looks"):
        level_of(decision, looks, family_error)


@pytest.mark.parametrize("level", [0.05, 0.0131, 0.002])
def test_single_tasks_are_judged_as_the_gate_does(level: float) -> None:
    generator = np.random.default_rng(7)
    world = simulation.World(tasks=70, discordance=0.3)
    before, after = world.draw(generator, 400), world.draw(generator, 400, 0.13)
    promoted = simulation.judge_singles(before, after, level)
    for one, two, said in zip(before, after, promoted, strict=True):
        both, gained, lost = int((one & two).sum()), int((~one & two).sum()), int((one & ~two).sum())
        low = newcombe_paired(both, gained, lost, 70 - both - gained - lost, 1 - level).low
        delta, p = (gained - lost) / 70, mcnemar_midp(gained, lost)
        if level == 0.05:
            compared = compare_outcomes(
                {str(n): [bool(x)] for n, x in enumerate(one)}, {str(n): [bool(x)] for n, x in enumerate(two)}
            )
            assert (compared.delta, compared.ci95.low, compared.p) == pytest.approx((delta, low, p))
        assert said == (delta >= 0.02 and low > 0 and p < level)
    assert 40 < promoted.sum() < 400 or level < 0.01


@pytest.mark.parametrize("level", [0.05, 0.0131])
def test_groups_are_judged_as_the_gate_does(level: float) -> None:
    generator = np.random.default_rng(8)
    world = simulation.World(tasks=40, discordance=0.4, group=4)
    before, after = world.draw(generator, 150), world.draw(generator, 150, 0.28)
    promoted = simulation.GroupsJudge(4, generator)(before, after, level)
    groups = [f"g{task // 4}" for task in range(40)]
    for one, two, said in zip(before, after, promoted, strict=True):
        sides = one.astype(float).tolist(), two.astype(float).tolist()
        change = (two.astype(float) - one.astype(float)).reshape(10, 4).sum(axis=1)
        low = ttest_1samp(change / 4, 0).confidence_interval(1 - level).low
        signs = np.array(list(product((1, -1), repeat=10)))
        p = np.mean(np.abs(signs @ change) >= abs(change.sum()) - 1e-9)
        assert p == pytest.approx(sign_flip_p(change.tolist())[0])
        seen = min(low, difference_interval(*sides, groups, 1 - level).low) > 0
        assert said == (change.sum() / 40 >= 0.02 and seen and p < level)
    assert 10 < promoted.sum() < 150


def test_a_world_differs_as_much_as_it_says_and_gains_what_it_says() -> None:
    generator = np.random.default_rng(1)
    for group in (1, 4):
        world = simulation.World(tasks=80, discordance=0.35, group=group)
        one, two, better = world.draw(generator, 4000), world.draw(generator, 4000), world.draw(generator, 4000, 0.1)
        assert (one != two).mean() == pytest.approx(0.35, abs=0.005)
        assert better.mean() - one.mean() == pytest.approx(0.1, abs=0.005)


def test_the_results_of_what_was_promoted_are_before_from_then_on() -> None:
    draws = iter([[False] * 10, [True] * 10, [True] * 10])

    class Scripted(simulation.World):  # type: ignore[misc, name-defined]
        def draw(self, generator: np.random.Generator, sequences: int, gain: float = 0.0) -> np.ndarray:
            return np.array([next(draws)] * sequences)

    decided = simulation.promotions(Scripted(tasks=10, discordance=0.5), [0.05] * 2, [0.0] * 2, 3, np.random.default_rng(0))
    assert decided.tolist() == [[True, False]] * 3  # the second is compared with the first, not with the base


def test_unchanged_models_are_promoted_as_rarely_as_the_family_error_says() -> None:
    world = simulation.World(tasks=160, discordance=0.35)
    levels = [level_of(decision, 25, 0.05) for decision in range(1, 26)]
    found = simulation.at_least_once(world, levels, 4000, np.random.default_rng(3))[-1]
    usual = simulation.at_least_once(world, [0.05] * 25, 4000, np.random.default_rng(3))[-1]
    assert 0 < found <= 0.05 and 0.15 < usual < 0.27


def test_the_table_is_what_the_simulation_gives() -> None:
    found = simulation.at_least_once(simulation.World(tasks=160, discordance=0.35), [0.05] * 25, 4000, np.random.default_rng(5))
    for decisions in (1, 10, 25):
        assert promoted_once([line(160, 56)], decisions) == pytest.approx(found[decisions - 1], abs=0.02)
    grouped = simulation.World(tasks=80, discordance=0.35, group=4)
    found = simulation.at_least_once(grouped, [0.05] * 10, 2000, np.random.default_rng(5))
    assert promoted_once([line(80, 28, clusters=20)], 10) == pytest.approx(found[9], abs=0.025)


def test_between_the_entries_of_the_table_shares_lie_between() -> None:
    low, middle, high = (promoted_once([line(n, changed)], 12) or 0.0 for n, changed in ((20, 4), (30, 6), (40, 8)))
    assert low < middle < high
    assert promoted_once([line(80, 16)], 9) == pytest.approx(
        np.interp(np.log(9), np.log([7, 10]), [promoted_once([line(80, 16)], k) or 0.0 for k in (7, 10)])
    )
    assert promoted_once([line(9000, 1800)], 10) == promoted_once([line(640, 128)], 10)
    assert promoted_once([line(80, 16), line(20, 1, suite="other")], 10) == promoted_once([line(20, 1)], 10)
    assert promoted_once([], 10) is None


def test_the_table_comes_with_the_package() -> None:
    assert TABLE.is_file() and TABLE.parent.parent.name == "loop"


def test_the_note_says_which_decision_and_how_often_chance_promotes(suite: Suite, tmp_path: Path) -> None:
    ledger, holdout = HoldoutLedger(tmp_path), suite.split("holdout")
    for number in range(2):
        ledger.look("decision", holdout, f"base+{number}", "gate")
    lines = [line(160, 56)]
    whole, so_far = (round(100 * (promoted_once(lines, decisions) or 0)) for decisions in (25, 3))
    (said,) = sequence_note(ledger, holdout, GateSettings(), lines)
    assert said == (
        f"decision 3 of 25 on this holdout; unchanged models would be promoted at least once in about {whole}% of such "
        f"sequences (about {so_far}% by decision 3)"
    )
    assert sequence_note(ledger, holdout, GateSettings(), lines, "base+0", "gate")[0].startswith("decision 1 of 25 ")


def test_with_a_family_error_the_note_and_the_level_follow_the_decision(suite: Suite, tmp_path: Path) -> None:
    ledger, holdout = HoldoutLedger(tmp_path), suite.split("holdout")
    settings = make_config({"suites": {"target": ["codes"]}, "gate": {"family_error": 0.05, "looks": 10}}).gate
    assert decision_level(ledger, holdout, GateSettings()) == 0.05
    for number in range(3):
        assert decision_level(ledger, holdout, settings) == level_of(number + 1, 10, 0.05)
        ledger.look("decision", holdout, f"base+{number}", "gate")
    assert decision_level(ledger, holdout, settings, "base+1", "gate") == level_of(2, 10, 0.05)
    (said,) = sequence_note(ledger, holdout, settings, [line(160, 56)], "base+1", "gate")
    assert said == (
        "decision 2 of 10 on this holdout, tested at a level of 1.71% (gate.family_error): at least one promotion of an "
        "unchanged model in at most 5.0% of such sequences"
    )
