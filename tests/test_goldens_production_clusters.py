"""Many thumbs-down are few problems: what is alike is counted together, what is not stays apart, and nothing moves later."""

from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from evals.logs.project import JudgedAnswer
from goldens.production.clusters import assign, assign_splits, features_of

_WORDS = [
    *("price", "order", "basket", "invoice", "refund", "address", "parcel", "coupon", "stock", "shelf", "driver", "route"),
    *("ticket", "seat", "stage", "actor", "lesson", "pupil", "grade", "exam", "recipe", "oven", "spoon", "flour", "garden"),
    *("seed", "rain", "soil", "engine", "wheel", "brake", "fuel", "letter", "stamp", "ink", "paper", "window", "door", "roof"),
]
_FILLERS = ("please", "thanks", "quick", "today", "urgent", "hello", "again", "for me", "if you can", "as before")


def answer(name: str, question: str, *, defines: str = "", fails: bool = True) -> JudgedAnswer:
    code = f"def {defines}(x):\n    return x\n" if defines else "some text"
    signals = {"fails": ("thumbs-down",)} if fails else {"passes": ("thumbs-up",)}
    return JudgedAnswer(
        id=name,
        place=name,
        time=name,
        turns=({"role": "user", "text": question},),
        answer=code,
        **signals,
    )


def test_ten_thousand_thumbs_down_are_forty_problems_with_their_frequency() -> None:
    rng = Random(3)
    problems = [" ".join(rng.sample(_WORDS, 14)) for _ in range(40)]
    counts = Counter(rng.choices(range(40), weights=range(1, 41), k=10_000))
    answers = []
    for number, count in counts.items():
        for turn in range(count):
            words = problems[number].split()
            words[rng.randrange(14)] = rng.choice(_FILLERS)
            answers.append(answer(f"{rng.random():.12f}-{number}-{turn}", f"{rng.choice(_FILLERS)} {' '.join(words)}"))
    answers.sort(key=lambda one: one.time)
    found = Counter(assign(answers, {}).values())
    assert sorted(found.values()) == sorted(counts.values())


def test_every_failing_answer_has_a_problem_and_no_assignment_moves() -> None:
    first = [answer(f"a{n}", " ".join(_WORDS[6 * n : 6 * n + 6])) for n in range(6)]
    known = assign(first, {})
    assert set(known) == {one.id for one in first}
    later = [*first, *(answer(f"b{n}", " ".join(_WORDS[6 * n : 6 * n + 6]) + " again") for n in range(6))]
    new = assign(later, known)
    assert not set(new) & set(known) and [new[f"b{n}"] for n in range(6)] == [known[f"a{n}"] for n in range(6)]


def test_an_answer_called_good_founds_no_problem() -> None:
    assert assign([answer("a", "one two three", fails=False)], {}) == {}


def test_a_function_that_is_asked_for_and_defined_is_a_feature() -> None:
    asked = answer("a", "write `total_price(basket)` with parse(x) inside", defines="total_price")
    assert features_of(asked).asked == {"total_price"}


def test_usual_names_tell_no_problems_apart() -> None:
    assert features_of(answer("a", "write main(x)", defines="main")).asked == set()


@settings(max_examples=60, deadline=None)
@given(
    times=st.dictionaries(st.text("abcdefgh", min_size=1, max_size=3), st.integers(0, 9).map(str), min_size=1, max_size=12),
    more=st.dictionaries(st.text("ijklmn", min_size=1, max_size=3), st.integers(10, 19).map(str), max_size=12),
    closed=st.sets(st.text("abcijk", min_size=1, max_size=2), max_size=4),
)
def test_splits_stay_the_newest_are_held_out_and_what_is_closed_is_never_trained_on(
    times: dict[str, str], more: dict[str, str], closed: set[str]
) -> None:
    first = assign_splits(times, {}, closed=closed)
    assert set(first) == set(times)
    both = assign_splits({**times, **more}, first, closed=closed)
    assert set(both) == set(more)
    splits = {**first, **both}
    assert all(splits[name] == "holdout" for name in closed & set(splits))
    held = [times[name] for name, split in first.items() if split == "holdout" and name not in closed]
    trained = [times[name] for name, split in first.items() if split == "train"]
    assert not held or not trained or min(held) >= max(trained)
