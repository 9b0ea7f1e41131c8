from evals.splits import assign_split


def test_a_split_is_the_same_for_ever() -> None:
    assert [assign_split("suite", f"group {n}") for n in range(6)] == [
        "holdout",
        "holdout",
        "holdout",
        "holdout",
        "train",
        "train",
    ]


def test_about_three_in_five_groups_are_for_training() -> None:
    assert 0.55 < sum(assign_split("suite", str(n)) == "train" for n in range(2000)) / 2000 < 0.65


def test_two_suites_split_the_same_groups_differently() -> None:
    assert {assign_split(f"suite {n}", "group") for n in range(20)} == {"train", "holdout"}


def test_the_share_can_be_all_or_nothing() -> None:
    assert {assign_split("suite", str(n), 1.0) for n in range(50)} == {"train"}
    assert {assign_split("suite", str(n), 0.0) for n in range(50)} == {"holdout"}
