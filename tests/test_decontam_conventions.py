"""What the training tasks tell about a small holdout: conventions are dropped, and copies of an item do not hide it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decontam.screen import index_splits, index_tasks, match_splits, match_text
from evals.records import Task

ANIMALS = [
    "otter heron badger lynx stoat marten",
    "cedar willow aspen rowan hazel alder",
    "quartz basalt marble gneiss slate flint",
    "violin cello oboe bassoon viola flute",
]
WORDS = [f"{one}{two}" for one in " ".join(ANIMALS).split() for two in ("shed", "yard", "desk", "room")]


def convention(number: int, split: str) -> Task:
    """One of many tasks that wrap a call of their own in the same answer."""
    name, noun = WORDS[number], WORDS[-1 - number]
    golden = (
        f"def ask_{name}(call, sleep):\n    for attempt in range({number % 5 + 4}):\n        try:\n"
        f"            return {{'ok': True, 'value': call({number + 20}, '{noun}')}}\n        except TimeoutError:\n"
        "            sleep(0.25 * 2 ** attempt)\n    return {'ok': False, 'error': 'unavailable'}\n"
    )
    prompt = f"Ask the {name} for the {noun} of day {number}; where it does not answer, wait and try again as we do everywhere."
    return task(name, prompt, golden, split)


OWN_PROMPT = (
    "Given the tide table of a harbour, return the hours in which a ferry with the given draught may enter, "
    "counting the slack water before and after each flood."
)
OWN = (
    "def safe_hours(tides, draught):\n    floods = [tide for tide in tides if tide.depth > draught + 17]\n"
    "    return sorted({hour for flood in floods for hour in range(flood.start - 1, flood.end + 2)})\n"
)


def task(name: str, prompt: str, golden: str, split: str, group: str = "") -> Task:
    checks = f"assert {golden[4 : golden.index('(')]} is not None\n"
    return Task.model_validate(
        {"id": name, "suite": "s", "split": split, "group": group or name, "prompt": prompt, "golden": golden, "checks": checks}
    )


HOLDOUT = [*(convention(n, "holdout") for n in range(3)), task("tides", OWN_PROMPT, OWN, "holdout")]
TRAIN = [convention(n, "train") for n in range(3, 40)]


def text_of(one: Task) -> str:
    return f"{one.prompt}\n{one.golden}"


def test_a_convention_of_the_suite_is_no_holdout_items_own() -> None:
    alone, whole = index_tasks(HOLDOUT), index_splits([*HOLDOUT, *TRAIN])
    assert any(match_text(text_of(one), alone) for one in TRAIN)
    assert not any(match_splits(text_of(one), whole) for one in TRAIN)


def test_every_item_is_still_found_in_its_own_words() -> None:
    index = index_splits([*HOLDOUT, *TRAIN])
    assert not index.unindexable
    for one in HOLDOUT:
        assert {match.item for match in match_splits(text_of(one), index)} == {one.key}


def renamed(code: str, number: int) -> str:
    for name in ("safe_hours", "tides", "draught", "floods", "flood", "tide", "hour"):
        code = code.replace(name, f"{WORDS[number]}_{name[::-1]}")
    return code


@settings(deadline=None)  # the first example compiles the kernels
@given(st.integers(1, 20))
def test_copies_in_the_training_split_do_not_hide_an_item(copies: int) -> None:
    # With other words for a prompt, other names in the code, a group of its own: nothing but the code says whose it is.
    planted = [task(f"copy{n}", f"Work out the {WORDS[n]} for {WORDS[n + 20]}.", renamed(OWN, n), "train") for n in range(copies)]
    index = index_splits([*HOLDOUT, *TRAIN, *planted])
    for one in planted:
        assert {match.item for match in match_splits(text_of(one), index)} == {"s/tides"}, one.id


@settings(deadline=None)  # the first example compiles the kernels
@given(st.integers(1, 20))
def test_reworded_prompts_of_one_item_do_not_hide_it(copies: int) -> None:
    planted = [
        task(f"copy{n}", f"For {WORDS[n]}: {OWN_PROMPT} Thanks, the {WORDS[n + 20]} team.", f"def f{n}(): return {n}\n", "train")
        for n in range(copies)
    ]
    index = index_splits([*HOLDOUT, *TRAIN, *planted])
    for one in planted:
        assert "s/tides" in {match.item for match in match_splits(text_of(one), index)}, one.id


@pytest.mark.parametrize("split", ["dev", "final"])
def test_other_splits_lose_conventions_and_keep_their_own(split: str) -> None:
    tasks = [HOLDOUT[-1], *(convention(n, split) for n in range(3)), *TRAIN]
    index = index_splits(tasks)
    assert not any(match_splits(text_of(one), index) for one in TRAIN)
    assert {match.split for match in match_splits(text_of(tasks[1]), index)} == {split}


def test_the_digest_names_the_training_tasks_too() -> None:
    digests = {index_splits([*HOLDOUT, *TRAIN[:n]]).digest for n in (0, 1, 2)}
    assert len(digests) == 3
