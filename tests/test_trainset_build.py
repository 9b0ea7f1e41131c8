from __future__ import annotations

from pathlib import Path

import pytest

from decontam.records import CleanPair
from evals.errors import BadInput, Inconclusive
from evals.records import Attempt, Failure, Verdict
from goldens.records import Golden, Pair
from trainset.build import ROWS, Mix, build, load, save
from trainset.records import Example


def clean(name: str, *, replay: bool = False, index: str = "b2:x") -> CleanPair:
    attempt = Attempt(task=f"s/{name}", completion="```python\nown = 1\n```\n", code="own = 1", finish_reason="stop")
    failure = None if replay else Failure(task=f"s/{name}", attempt=attempt, verdict=Verdict(status="fail", reason="time"))
    golden = Golden(
        task=f"s/{name}",
        code="own = 1" if replay else "gold = 1\n",
        source="self" if replay else "task",
        proof=Verdict(status="pass", reason="pass", sandbox="sandlock/landlock-7"),
    )
    pair = Pair(
        task=f"s/{name}",
        group=name,
        slice="a",
        prompt=f"Do {name}.",
        system="Be good.",
        language="python",
        licence="MIT",
        failure=failure,
        attempt=attempt,
        golden=golden,
    )
    return CleanPair(pair=pair, index_digest=index)


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
    assert len({make(pairs, seed=seed) and tuple(r.provenance["task"] for r in make(pairs, seed=seed)) for seed in range(8)}) > 1


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
