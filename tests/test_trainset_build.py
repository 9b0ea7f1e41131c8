from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from decontam.records import CleanPair
from decontam.screen import Rule, index_tasks, screen_pairs
from evals.errors import BadInput, Inconclusive
from evals.files import Journal
from evals.graders import grade
from evals.models.base import Sampling
from evals.models.scripted import ScriptedBackend
from evals.records import Attempt, Task, Verdict
from evals.run import evaluate
from evals.sandboxes.base import Sandbox
from goldens.pair import collect_failures, pair_failures
from goldens.prove import prove_all
from goldens.records import Golden
from trainset.build import ROWS, Mix, build, leave_out_likely, load, save
from trainset.records import Example


def clean(name: str, *, replay: bool = False, index: str = "b2:x") -> CleanPair:
    attempt = Attempt(key=f"s/{name}", completion="```python\nown = 1\n```\n", code="own = 1", finish_reason="stop")
    golden = Golden(
        key=f"s/{name}",
        code="own = 1" if replay else "gold = 1\n",
        source="replay" if replay else "golden",
        proof=Verdict(status="pass", reason="pass", sandbox="sandlock/landlock-7"),
    )
    return CleanPair(
        key=f"s/{name}",
        group=name,
        slice="a",
        prompt=f"Do {name}.",
        system="Be good.",
        language="python",
        licence="MIT",
        attempt=attempt,
        verdict=Verdict(status="pass", reason="pass") if replay else Verdict(status="fail", reason="time"),
        golden=golden,
        index_digest=index,
    )


def short(example: Example) -> int:
    return 10


def make(pairs: list[CleanPair], share: float = 0.1, seed: int = 0) -> tuple[Example, ...]:
    return build(pairs, Mix(replay_share=share, seed=seed), count_tokens=short, max_length=100).examples


def test_a_row_is_trls_conversational_prompt_and_completion() -> None:
    (row,) = make([clean("a")])
    assert row.prompt == ({"role": "system", "content": "Be good."}, {"role": "user", "content": "Do a."})
    assert row.completion == ({"role": "assistant", "content": "```python\ngold = 1\n```"},)
    assert row.provenance["failure"] == "time"
    assert row.provenance["index_digest"] == "b2:x"


def test_replay_rows_are_the_models_own_words() -> None:
    rows = make([*(clean(f"t{n}") for n in range(9)), clean("own", replay=True)])
    assert [row.completion[0]["content"] for row in rows if row.provenance["source"] == "replay"] == ["```python\nown = 1\n```"]


def repaired(name: str, **proof: Any) -> CleanPair:
    found = clean(name)
    verdict = Verdict(**{"status": "pass", "reason": "pass", "sandbox": "sandlock/landlock-7", **proof})
    golden = Golden(key=f"s/{name}", code="own = 2", source="repair", proof=verdict)
    return found.model_copy(update={"golden": golden})


def test_a_row_of_an_own_repair_says_so_and_is_its_code_alone() -> None:
    built = build([clean("a"), repaired("b")], Mix(), count_tokens=short, max_length=100)
    rows = {str(row.provenance["source"]): row for row in built.examples}
    assert rows.keys() == {"golden", "repair"}
    assert rows["repair"].completion[0]["content"] == "```python\nown = 2\n```" and len(rows["repair"].prompt) == 2
    assert (built.counts["rows"], built.counts["golden"], built.counts["repair"]) == (2, 1, 1)


@pytest.mark.parametrize("proof", [{"status": "fail", "reason": "wrong_value"}, {"flags": ("forbidden_reach",)}])
def test_a_target_without_a_clean_pass_is_refused(proof: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="s/b: the target's proof is"):
        make([repaired("b", **proof)])


HONEST = "def double(number):\n    total = 0\n    for _ in range(2):\n        total += number\n    return total"
CHEATING = "def double(number):\n    return {2: 4, -3: -6, 11: 22, 40: 80, 117: 234}.get(number, 0)"


@pytest.mark.parametrize(("repair", "source"), [(HONEST, "repair"), (CHEATING, "golden")])
def test_only_an_honest_repair_becomes_a_row(sandbox: Sandbox, tmp_path: Path, repair: str, source: str) -> None:
    rows = rows_after(repair, sandbox, tmp_path, HELD)
    assert [row.provenance["source"] for row in rows] == [source]
    assert (HONEST in rows[0].completion[0]["content"]) is (source == "repair")


def test_a_repair_that_is_a_holdouts_solution_becomes_no_row(sandbox: Sandbox, tmp_path: Path) -> None:
    same = HELD.model_copy(update={"golden": HONEST})
    with pytest.raises(Inconclusive, match="no clean pair is left"):
        rows_after(HONEST, sandbox, tmp_path, same)
    assert rows_after(CHEATING, sandbox, tmp_path / "cheating", same)


TASK = Task(
    id="double",
    suite="s",
    split="train",
    group="double",
    prompt="Write `double(number)`.",
    golden="def double(number):\n    return number * 2",
    checks="".join(f"assert double({number}) == {2 * number}\n" for number in (2, -3, 11, 40, 117)),
)

HELD = Task(
    id="flags",
    suite="s",
    split="holdout",
    group="flags",
    prompt="Name the colours of the flag that a lighthouse keeper hoists in the harbour before a storm comes up at night.",
    golden="def colours(storm):\n    return ['black', 'yellow'] if storm else ['white']",
    checks="assert colours(False) == ['white']\n",
)


def rows_after(repair: str, sandbox: Sandbox, folder: Path, holdout: Task) -> tuple[Example, ...]:
    """The rows of a round in which the model fails at first and then answers with ``repair``."""
    answers = {TASK.prompt: "def double(number):\n    return number"}
    backend = ScriptedBackend(lambda asked: f"Here it is, with the test mended.\n```python\n{answers.get(asked, repair)}\n```")

    def judged(task: Task, code: str | None) -> Verdict:
        return grade(task, code, sandbox)

    journal = Journal(folder / "journal.jsonl")
    results = evaluate([TASK], backend, judged, journal, sampling=Sampling(max_new_tokens=64), repair_turns=1)
    assert [len(result.repairs) for result in results] == [1]
    pairing = pair_failures(collect_failures(results), [TASK], prove_all([TASK], judged))
    screening = screen_pairs(pairing.pairs, index_tasks([holdout], Rule()))
    return build(screening.clean, Mix(), count_tokens=short, max_length=100).examples


def test_replay_keeps_to_its_share() -> None:
    pairs = [*(clean(f"t{n}") for n in range(18)), *(clean(f"r{n}", replay=True) for n in range(18))]
    rows = make(pairs)
    assert sum(row.provenance["source"] == "replay" for row in rows) == 2
    assert len(rows) == 20


def test_order_and_choice_do_not_depend_on_the_order_of_the_pairs() -> None:
    pairs = [*(clean(f"t{n}") for n in range(9)), *(clean(f"r{n}", replay=True) for n in range(9))]
    assert make(pairs) == make(pairs[::-1])


def test_another_seed_chooses_other_replay() -> None:
    pairs = [*(clean(f"t{n}") for n in range(9)), *(clean(f"r{n}", replay=True) for n in range(30))]
    assert len({make(pairs, seed=seed) and tuple(r.provenance["key"] for r in make(pairs, seed=seed)) for seed in range(8)}) > 1


def test_a_task_is_trained_once_with_its_latest_pair() -> None:
    assert len(make([clean("a"), clean("a"), clean("b")])) == 2


def test_an_over_long_row_is_an_error_that_names_it() -> None:
    with pytest.raises(BadInput, match=r"1 rows are longer than finetune\.max_length=100 tokens, the longest is s/a with 101"):
        build([clean("a")], Mix(), count_tokens=lambda example: 101, max_length=100)


def test_pairs_of_two_holdouts_do_not_mix() -> None:
    with pytest.raises(Inconclusive, match="2 different holdouts"):
        make([clean("a"), clean("b", index="b2:y")])


def test_nothing_but_replay_is_nothing_to_train_on() -> None:
    with pytest.raises(Inconclusive, match="nothing to train on"):
        make([clean("a", replay=True)])


def test_a_trainset_changed_after_it_was_built_is_refused(tmp_path: Path) -> None:
    built = build([clean("a")], Mix(), count_tokens=short, max_length=100)
    save(built, tmp_path)
    load(tmp_path)
    rows = tmp_path / ROWS
    rows.write_text(rows.read_text().replace("gold = 1", "gold = 2"))
    with pytest.raises(BadInput, match="changed after it was built"):
        load(tmp_path)


def test_likely_targets_are_left_out_of_rows_counts_and_what_was_taught() -> None:
    pairs = [clean("a"), clean("b"), *(clean(f"t{n}") for n in range(8)), clean("own", replay=True)]
    built = build(pairs, Mix(repeats={"s/a": 3}), count_tokens=short, max_length=100)
    assert (built.counts["rows"], built.counts["golden"], built.counts["again"], built.counts["slice a"]) == (13, 10, 2, 10)
    likely = [0.5 if row.provenance["key"] in ("s/a", "s/own") else 0.4 for row in built.examples]
    left = leave_out_likely(built, likely, 0.5)
    assert left.counts == {"rows": 10, "golden": 9, "replay": 1, "slice a": 9}
    assert len(left.examples) == 10 and "s/a" not in {pair.key for pair in left.taught} and len(left.taught) == 10
    assert left.dropped["likely already"] == 1
    with pytest.raises(Inconclusive, match="finds every target likely"):
        leave_out_likely(built, [1.0] * 13, 0.5)
