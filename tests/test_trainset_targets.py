"""Targets of the model's own: what it is asked, which answers become one, and which of them are learnt."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from decontam.records import CleanPair
from evals.records import Attempt, Failure, Task, Try, Verdict
from goldens.likeness import code_tokens, normalised, token_distance
from goldens.records import Golden
from trainset.choosing import choose_targets, is_held_back
from trainset.settings import SamplingSettings, TargetRules
from trainset.targets import own_passes, questions_of, targets_of

TASK = Task(
    id="double",
    suite="s",
    split="train",
    group="double",
    system="Be brief.",
    prompt="Write `double(number)`.",
    golden="def double(number):\n    total = number + number\n    return total\n",
    checks="assert double(2) == 4\n",
)
WROTE = "def double(number):\n    return number"
PASS = Verdict(status="pass", reason="pass", sandbox="sandlock")
FAIL = Verdict(status="fail", reason="wrong_value", evidence={"check": "double(2)", "expected": "4", "got": "2"})
FAILURE = Failure(
    key="s/double",
    attempt=Attempt(key="s/double", completion=f"```python\n{WROTE}\n```", code=WROTE, finish_reason="stop"),
    verdict=FAIL,
)
SAMPLING = SamplingSettings(samples=3)


def tried(code: str | None, verdict: Verdict = PASS, sample: int = 0) -> Try:
    attempt = Attempt(key="s/double", sample=sample, completion=f"```\n{code}\n```", code=code, finish_reason="stop")
    return Try(attempt=attempt, verdict=verdict)


def given(source: Any, *tries: Try) -> list[Golden]:
    asked = questions_of(source, TASK, FAILURE, SamplingSettings(samples=len(tries)), 1)
    return targets_of(source, TASK, FAILURE, asked, tries)


def test_own_asks_the_tasks_own_question_with_seeds_of_its_own() -> None:
    asked = questions_of("own", TASK, FAILURE, SAMPLING, 1)
    assert [question.messages for question in asked] == [tuple(TASK.messages())] * 3
    assert [question.sample for question in asked] == [1, 2, 3] and len({question.seed for question in asked}) == 3


def test_revise_shows_the_failing_answer_what_the_tests_said_and_the_golden() -> None:
    (question, *_) = questions_of("revise", TASK, FAILURE, SAMPLING, 1)
    roles = [message["role"] for message in question.messages]
    assert roles == ["system", "user", "assistant", "user"] and question.turn == 1
    assert question.messages[2]["content"] == FAILURE.attempt.completion
    asked = question.messages[3]["content"]
    assert "expected: 4\ngot: 2" in asked and TASK.golden.strip() in asked and "keep your own structure" in asked


def test_revise_does_not_show_hidden_inputs() -> None:
    hidden = FAIL.model_copy(update={"evidence": {**FAIL.evidence, "stage": "hidden"}})
    (question, *_) = questions_of("revise", TASK, FAILURE.model_copy(update={"verdict": hidden}), SAMPLING, 1)
    assert "expected: 4" not in question.messages[-1]["content"]


def test_a_hint_is_the_goldens_first_lines_and_never_all_of_it() -> None:
    (question, *_) = questions_of("hint", TASK, FAILURE, SAMPLING, 1)
    asked = question.messages[-1]["content"]
    assert asked.startswith(TASK.prompt) and "def double(number):\n    total = number + number\n```" in asked
    assert "return total" not in asked
    most = questions_of("hint", TASK, FAILURE, SamplingSettings(hint_share=0.99), 1)
    assert "return total" not in most[0].messages[-1]["content"]


@pytest.mark.parametrize("change", [{"golden": "double = lambda number: 2 * number"}, {"kind": "patch"}])
def test_a_golden_of_one_line_and_a_patch_give_no_hint(change: dict[str, Any]) -> None:
    assert questions_of("hint", TASK.model_copy(update=change), FAILURE, SAMPLING, 1) == []


def test_samples_of_all_sources_have_names_of_their_own() -> None:
    asked = [q for source in ("own", "revise", "hint") for q in questions_of(source, TASK, FAILURE, SAMPLING, 1)]
    assert len({(q.sample, q.turn) for q in asked}) == len({q.seed for q in asked}) == 9


def test_every_distinct_pass_of_own_is_a_target_nearest_first() -> None:
    near, far = "def double(number):\n    return number * 2", "def double(number):\n    result = 2\n    return result * number"
    found = given("own", tried(far), tried(near), tried(f"# again\n{near}\n"), tried(WROTE, FAIL), tried(None))
    assert [golden.code for golden in found] == [near, far]
    assert [(golden.distance, golden.sample) for golden in found] == [(2, 2), (5, 1)]
    assert all(golden.source == "own" and golden.proof == PASS and golden.seed is not None for golden in found)


@pytest.mark.parametrize("source", ["revise", "hint"])
def test_of_the_other_sources_the_nearest_pass_is_the_target(source: str) -> None:
    near, far = "def double(number):\n    return number * 2", "def double(number):\n    result = 2\n    return result * number"
    assert [golden.code for golden in given(source, tried(far), tried(near))] == [near]


@pytest.mark.parametrize(
    "verdict",
    [FAIL, Verdict(status="error", reason="backend"), PASS.model_copy(update={"flags": ("forbidden_reach",)})],
)
def test_nothing_unproved_becomes_a_target(verdict: Verdict) -> None:
    assert given("own", tried(TASK.golden, verdict)) == [] == given("revise", tried(TASK.golden, verdict))


def test_an_evaluations_passes_of_a_task_that_failed_at_other_times_are_own() -> None:
    from evals.records import Result

    shared = {"id": "double", "suite": "s", "split": "train", "group": "double", "slice": "-"}
    results = [Result(**shared, attempt=FAILURE.attempt, verdict=FAIL)]
    one = tried("def double(number):\n    return number * 2", sample=1)
    results.append(Result(**shared, attempt=one.attempt, verdict=PASS))
    asked, tries = own_passes(results, TASK)
    (golden,) = targets_of("own", TASK, FAILURE, asked, tries)
    assert golden.sample == 1 and own_passes([*results[:1]], TASK) == ([], [])


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [
        ("a + b", "a + b", 0),
        ("a+b", "a  +  b", 0),
        ("return x", "return x * 2", 2),
        ("f(a, b)", "f(b, a)", 2),
        ("", "a b c", 3),
        ("kitten sitting on", "sitting on kitten", 2),
    ],
)
def test_the_distance_is_that_of_tokens(one: str, other: str, distance: int) -> None:
    assert token_distance(one, other) == token_distance(other, one) == distance


def test_the_distance_is_levenshteins() -> None:
    import random

    def by_hand(a: list[str], b: list[str]) -> int:
        row = list(range(len(b) + 1))
        for i, left in enumerate(a, 1):
            row, before = [i, *([0] * len(b))], row
            for j, right in enumerate(b, 1):
                row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (left != right))
        return row[-1]

    draw = random.Random(0)
    for _ in range(50):
        one, other = (" ".join(draw.choices("abcd", k=draw.randrange(12))) for _ in range(2))
        assert token_distance(one, other) == by_hand(code_tokens(one), code_tokens(other)), (one, other)


def test_codes_that_differ_in_layout_and_comments_alone_are_one() -> None:
    assert normalised("def f():\n  return 'a'  # one", "python") == normalised('def f():\n\n    return ("a")', "python")
    assert normalised("f(1)", "python") != normalised("f(2)", "python")
    assert normalised("let a = 1; // one", "javascript") == normalised("let a=1;", "javascript")
    assert normalised("def (broken", "python") == "def ( broken"


def clean(name: str, source: Any = "golden", code: str = "", **changes: Any) -> CleanPair:
    attempt = Attempt(key=f"s/{name}", completion="x", code="own = 1", finish_reason="stop")
    golden = {"sample": changes.pop("sample", None), "distance": changes.pop("distance", None)}
    pair = CleanPair(
        key=f"s/{name}",
        group=name,
        slice="a",
        prompt=f"Do {name}.",
        system="",
        language="python",
        licence="MIT",
        attempt=attempt,
        verdict=FAIL,
        golden=Golden(key=f"s/{name}", code=code or f"{source} = 1", source=source, proof=PASS, **golden),
        index_digest="b2:x",
    )
    return pair.model_copy(update=changes)


def chosen(pairs: list[CleanPair], *targets: Any, **rules: Any) -> tuple[list[tuple[str, str]], dict[str, int]]:
    choice = choose_targets(pairs, TargetRules(targets=targets or ("own", "revise", "golden"), **rules))
    assert len(choice.targets) + sum(choice.dropped.values()) == sum(not pair.replay for pair in pairs)
    return [(pair.key[2:], pair.golden.source) for pair in choice.targets], dict(choice.dropped)


def test_a_task_learns_from_the_first_source_that_has_a_target() -> None:
    pairs = [clean("a"), clean("a", "own"), clean("b"), clean("b", "revise"), clean("c")]
    assert chosen(pairs)[0] == [("a", "own"), ("b", "revise"), ("c", "golden")]
    assert chosen(pairs, "golden", "own")[0] == [("a", "golden"), ("b", "golden"), ("c", "golden")]
    assert chosen(pairs, sources_per_task=2)[0][:2] == [("a", "own"), ("a", "golden")]


def test_own_passes_are_bounded_by_task_nearest_first() -> None:
    pairs = [clean("a", "own", f"own = {n}", distance=9 - n, sample=n) for n in range(6)]
    choice = choose_targets(pairs, TargetRules(targets=("own",), own_per_task=3))
    assert [pair.golden.code for pair in choice.targets] == ["own = 5", "own = 4", "own = 3"]
    assert choice.dropped == {"beyond trainset.own_per_task": 3}


def test_a_share_bounds_the_tasks_that_learn_from_a_source() -> None:
    pairs = [clean(f"t{n}", source) for n in range(8) for source in ("own", "golden")]
    found, dropped = chosen(pairs, {"own": 0.25}, "golden")
    sources = [source for _, source in found]
    assert (sources.count("own"), sources.count("golden")) == (2, 6)
    assert dropped == {"beyond the share of own": 6, "another source of the task came first": 2}


def test_the_choice_is_of_the_seed_and_not_of_the_order() -> None:
    pairs = [clean(f"t{n}", source) for n in range(8) for source in ("own", "golden")]
    rules = TargetRules(targets=({"own": 0.25}, "golden"))
    assert choose_targets(pairs, rules).targets == choose_targets(pairs[::-1], rules).targets
    taken = {tuple(p.key for p in choose_targets(pairs, rules, seed).targets if p.golden.source == "own") for seed in range(6)}
    assert len(taken) > 1


def test_goldens_are_capped_by_slice_and_by_what_the_failures_say() -> None:
    pairs = [clean(f"t{n}", slice="a" if n < 4 else "b") for n in range(6)]
    assert len(chosen(pairs, goldens_per_slice=2)[0]) == 4
    other = Verdict(status="fail", reason="time")
    assert len(chosen([*pairs, clean("late", verdict=other)], goldens_per_cluster=1)[0]) == 2
    assert chosen(pairs, goldens_per_slice=2)[1] == {"beyond trainset.goldens_per_slice": 2}
    assert len(chosen([clean(f"t{n}", "own") for n in range(6)], goldens_per_slice=2)[0]) == 6


def test_held_back_groups_are_never_learnt_from_whatever_the_source() -> None:
    pairs = [clean(f"t{n}", source) for n in range(200) for source in ("own", "golden")]
    found, dropped = chosen(pairs, goldens_held_back=0.3)
    assert 40 <= dropped["held back"] / 2 <= 80
    assert all(not is_held_back("s", name, 0.3) for name, _ in found)
    assert not is_held_back("s", "t1", 0.0)


def test_what_an_earlier_attempt_taught_gives_way() -> None:
    later = clean("a", "own").attempt.model_copy(update={"completion": "y"})
    pairs = [clean("a"), clean("a", "revise"), clean("a", "golden", attempt=later)]
    assert chosen(pairs) == ([("a", "golden")], {"same task twice": 2})


def test_the_same_code_from_two_sources_is_one_row() -> None:
    pairs = [clean("a", "own", "x = 1"), clean("a", "golden", "x = 1  # the same")]
    assert chosen(pairs, sources_per_task=2)[0] == [("a", "own")]


def test_pairs_of_sources_that_are_not_listed_are_counted() -> None:
    assert chosen([clean("a", "own"), clean("a")], "golden") == (
        [("a", "golden")],
        {"source own is not in trainset.targets": 1},
    )


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        (["own", "own"], "own is listed twice"),
        (["replay"], "Input should be"),
        ([{"own": 0}], "greater than 0"),
        ([], "at least 1 item"),
        ([{"own": 0.5, "golden": 0.5}], "unexpected|Extra|extra|required"),
    ],
)
def test_wrong_lists_of_targets_are_refused(targets: list[Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        TargetRules(targets=targets)
