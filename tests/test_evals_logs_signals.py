"""What says that an answer failed: words, hands and names that state it, and rules for all else."""

from typing import Any, Literal

import pytest

from evals.errors import BadInput
from evals.logs.base import Feedback, LogEntry
from evals.logs.signals import SignalRule, parse_rule, read_entry, read_feedback


def feedback(name: str = "feedback", **more: Any) -> Feedback:
    return Feedback(target="a", name=name, **more)


def reads(said: Feedback, *rules: SignalRule) -> tuple[str, str]:
    reading = read_feedback(said, rules)
    return reading.says, reading.signal


DOWN = ["thumbs_down", "thumbs down", "Thumbs-Down", "thumbDown", "down", "DOWNVOTE", "dislike", "negative", "not ok", "👎"]
UP = ["thumbs_up", "thumbs up", "Thumbs-Up", "up", "upvoted", "like", "Positive", "ok", "👍"]
TONES = ["🏻", "🏼", "🏽", "🏾", "🏿"]


@pytest.mark.parametrize("word", [*DOWN, *(f"👎{tone}" for tone in TONES), "👎\ufe0f", " 👎 "])
def test_a_word_or_a_hand_for_down_fails(word: str) -> None:
    assert reads(feedback(label=word)) == ("fails", "thumbs-down")


@pytest.mark.parametrize("word", [*UP, *(f"👍{tone}" for tone in TONES), "👍\ufe0f", " 👍 "])
def test_a_word_or_a_hand_for_up_passes(word: str) -> None:
    assert reads(feedback(label=word)) == ("passes", "thumbs-up")


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("accepted", ("passes", "accepted")),
        ("merged", ("passes", "accepted")),
        ("reverted", ("fails", "reverted")),
        ("rejected", ("fails", "rejected")),
        ("edited", ("fails", "edited before accepting")),
        ("red", ("fails", "red build")),
        ("green", ("passes", "green build")),
    ],
)
def test_a_label_that_states_its_direction_counts(label: str, expected: tuple[str, str]) -> None:
    assert reads(feedback("status", label=label)) == expected


@pytest.mark.parametrize(
    ("name", "score", "says"),
    [
        ("thumbs_down", None, "fails"),
        ("thumbs_down", 1.0, "fails"),
        ("thumbs_down", 0.0, "unknown"),
        ("thumbs_up", None, "passes"),
        ("thumbs_up", 1.0, "passes"),
        ("thumbs_up", 0.0, "unknown"),
        ("Downvote", 2.0, "fails"),
        ("like", -1.0, "unknown"),
        ("reverted", None, "fails"),
        ("ok", None, "unknown"),
        ("red", None, "unknown"),
        ("edited", None, "unknown"),
    ],
)
def test_a_name_states_a_direction_where_it_is_set(name: str, score: float | None, says: str) -> None:
    assert reads(feedback(name, score=score))[0] == says


def test_a_label_comes_before_the_name() -> None:
    assert reads(feedback("thumbs_up", label="down")) == ("fails", "thumbs-down")


@pytest.mark.parametrize("said", [{"score": 0.0}, {"score": 1.0}, {"label": "wrong"}, {"score": -1.0, "label": "bad"}])
def test_a_score_or_a_label_without_a_rule_says_nothing_and_is_counted_apart(said: dict[str, Any]) -> None:
    reading = read_feedback(feedback("quality", **said), [])
    assert (reading.says, reading.signal, reading.ruled) == ("unknown", "quality", False)


def test_a_comment_alone_says_nothing_and_needs_no_rule() -> None:
    reading = read_feedback(feedback("note", comment="this is wrong"), [])
    assert (reading.says, reading.signal, reading.ruled) == ("unknown", "note", True)


@pytest.mark.parametrize(
    ("text", "score", "holds"),
    [
        ("q<0.5", 0.4, True),
        ("q<0.5", 0.5, False),
        ("q<=0.5", 0.5, True),
        ("q > 0.5", 0.6, True),
        ("q>=1", 1.0, True),
        ("q=0", 0.0, True),
        ("q!=0", 0.0, False),
        ("q!=0", 1.0, True),
        ("q=true", 1.0, True),
        ("q<-1e-3", -0.5, True),
        ("other<0.5", 0.4, False),
    ],
)
@pytest.mark.parametrize("says", ["fails", "passes"])
def test_a_score_counts_under_a_rule_in_either_direction(
    text: str, score: float, holds: bool, says: Literal["fails", "passes"]
) -> None:
    assert (reads(feedback("q", score=score), parse_rule(text, says))[0] == says) is holds


@pytest.mark.parametrize(
    ("text", "label", "holds"),
    [
        ("review=wrong", "wrong", True),
        ("review=Wrong", " WRONG ", True),
        ("review=wrong", "right", False),
        ("review!=right", "wrong", True),
        ("review!=right", "right", False),
        ("review!=right", "", False),
        ("review = very wrong", "very wrong", True),
        ("review=1", "1", True),
    ],
)
def test_a_label_counts_under_a_rule(text: str, label: str, holds: bool) -> None:
    assert (reads(feedback("review", label=label), parse_rule(text, "fails"))[0] == "fails") is holds


def test_a_name_may_have_blanks_and_dots() -> None:
    rule = parse_rule(" answer.quality (1-5) <= 2 ", "fails")
    assert (rule.name, rule.sign, rule.value) == ("answer.quality (1-5)", "<=", "2")


def test_the_first_rule_that_holds_decides() -> None:
    rules = parse_rule("q<0.5", "fails"), parse_rule("q<0.8", "passes")
    assert [reads(feedback("q", score=score), *rules)[0] for score in (0.2, 0.6, 0.9)] == ["fails", "passes", "unknown"]


def test_a_rule_takes_the_place_of_what_a_name_states() -> None:
    rule = parse_rule("thumbs_up=0", "fails")
    assert reads(feedback("thumbs_up", score=0.0), rule) == ("fails", "thumbs_up=0")
    reading = read_feedback(feedback("thumbs_up", score=1.0), [rule])
    assert (reading.says, reading.ruled) == ("unknown", True)


def test_a_correction_fails_whatever_the_label() -> None:
    assert reads(feedback("edit", correction="x + 2", label="accepted")) == ("fails", "corrected")


@pytest.mark.parametrize(
    ("entry", "signals"),
    [
        (LogEntry(id="a", answer="x"), []),
        (LogEntry(id="a", error="Timeout"), ["exception"]),
        (LogEntry(id="a", answer="x", corrected="y"), ["corrected"]),
        (LogEntry(id="a", answer="x\n", corrected=" x"), []),
        (LogEntry(id="a", answer="x", corrected="y", error="Timeout"), ["exception", "corrected"]),
    ],
)
def test_an_entry_says_of_itself_that_it_failed_and_never_that_it_passed(entry: LogEntry, signals: list[str]) -> None:
    assert [(reading.says, reading.signal) for reading in read_entry(entry)] == [("fails", signal) for signal in signals]


@pytest.mark.parametrize("text", ["", "quality", "<0.5", "quality<", "quality < ", "=", "  =x"])
def test_a_rule_that_is_no_comparison_is_refused_with_its_form(text: str) -> None:
    with pytest.raises(BadInput, match=r"--fails .*: expected NAME, one of < <= > >= = !=, and a value, such as --fails 'corr"):
        parse_rule(text, "fails")


@pytest.mark.parametrize("text", ["review<wrong", "review>=0,5", "q<nan", "q>inf"])
def test_a_rule_by_size_needs_a_number(text: str) -> None:
    with pytest.raises(
        BadInput, match=r"--passes .*: '.*' is no number, which [<>]=? needs; such as --passes 'correctness<0\.5'"
    ):
        parse_rule(text, "passes")
