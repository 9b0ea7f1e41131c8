"""Feedback finds its answer, whichever came first and whatever it names; what nobody said is unknown."""

from pathlib import Path

import pytest
from langsmith_logs import Project, chain, run, said

from evals.errors import BadInput
from evals.logs.project import JudgedAnswer, Log, declare_rules, read_log
from evals.logs.signals import parse_rule


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def failing(project: Project) -> list[str]:
    return [answer.id for answer in read_log(project.folder).failing]


def only(log: Log) -> JudgedAnswer:
    (answer,) = log.judged
    return answer


def test_feedback_of_a_later_file_is_joined_by_the_id_of_the_answer(project: Project) -> None:
    project.read([run("a"), run("b")])
    project.read([said("b", comment="no", correction="x + 2")], "feedback.jsonl")
    answer = only(read_log(project.folder))
    assert (answer.id, answer.fails, answer.comments, answer.corrections) == ("b", ("corrected",), ("no",), ("x + 2",))
    assert (answer.question, answer.answer, answer.time) == ("Add one.", "x + 1", "2025-04-01T12:00:00.000Z")


def test_feedback_on_a_trace_is_on_its_last_answer(project: Project) -> None:
    project.read([run("late", trace="t", at=7), run("early", trace="t", at=3), run("other", trace="u", at=9)])
    project.read([said("", trace_id="t")], "feedback.jsonl")
    assert failing(project) == ["late"]


def test_the_last_answer_of_a_trace_may_come_with_a_later_file(project: Project) -> None:
    project.read([run("early", trace="t", at=3), said("t")])
    assert failing(project) == ["early"]
    project.read([run("late", trace="t", at=7)], "more.jsonl")
    assert failing(project) == ["late"]


def test_feedback_on_a_span_that_is_no_answer_is_on_the_last_answer_of_its_trace(project: Project) -> None:
    project.read([run("a", trace="t", at=1), run("b", trace="t", at=2), run("c", trace="u", at=3)])
    project.read([said("root")], "feedback.jsonl")
    assert read_log(project.folder).waiting == 1
    project.read([chain("root", "t")], "chains.jsonl")
    assert failing(project) == ["b"]


def test_feedback_waits_for_its_answer_and_is_joined_when_that_comes(project: Project) -> None:
    project.read([run("a"), said("b", id="f-1"), said("c", id="f-2")])
    log = read_log(project.folder)
    assert (log.waiting, log.feedback, log.entries, log.unknown, log.judged) == (2, 2, 1, 1, ())
    project.read([run("b")], "later.jsonl")
    log = read_log(project.folder)
    assert (log.waiting, [answer.id for answer in log.failing]) == (1, ["b"])


def test_silence_is_unknown_and_never_a_success(project: Project) -> None:
    project.read([run("a"), run("b"), run("c"), said("c", "thumbs_up")])
    log = read_log(project.folder)
    assert (log.entries, log.unknown, len(log.judged), log.failing) == (3, 2, 1, [])
    assert only(log).passes == ("thumbs-up",)


def test_signals_that_differ_are_both_kept_and_the_answer_is_a_failure(project: Project) -> None:
    project.read([run("a"), said("a", "thumbs_up"), said("a"), said("a", "thumbs_up", created_at="2025-04-02T00:00:00Z")])
    answer = only(read_log(project.folder))
    assert (answer.passes, answer.fails) == (("thumbs-up",), ("thumbs-down",))
    assert read_log(project.folder).signals == {"thumbs-up": 1, "thumbs-down": 1}
    assert failing(project) == ["a"]


def test_a_correction_equal_to_the_answer_is_no_failure(project: Project) -> None:
    project.read([run("a"), said("a", "edit", correction=" x + 1\n"), run("b"), said("b", "edit", correction="x + 2")])
    log = read_log(project.folder)
    assert failing(project) == ["b"]
    same = next(answer for answer in log.judged if answer.id == "a")
    assert (same.passes, same.corrections) == (("corrected to the same",), ())


def test_an_equal_correction_with_a_thumb_down_still_fails(project: Project) -> None:
    project.read([run("a"), said("a", correction="x + 1")])
    answer = only(read_log(project.folder))
    assert (answer.fails, answer.passes) == (("thumbs-down",), ("corrected to the same",))


def test_an_exception_is_a_failure_without_feedback(project: Project) -> None:
    project.read([run("a", error="TimeoutError('slow')"), run("b")])
    answer = only(read_log(project.folder))
    assert (answer.id, answer.fails, answer.error) == ("a", ("exception",), "TimeoutError('slow')")


def test_scores_say_nothing_until_there_is_a_rule_and_then_at_once(project: Project) -> None:
    project.read([run("a"), run("b"), said("a", "quality", score=0.2), said("b", "quality", score=0.9)])
    log = read_log(project.folder)
    assert (log.judged, log.unknown, log.unruled) == ((), 2, {"quality": 2})
    declare_rules(project.folder, [parse_rule("quality<0.5", "fails"), parse_rule("quality>=0.9", "passes")])
    log = read_log(project.folder)
    assert {answer.id: (answer.fails, answer.passes) for answer in log.judged} == {
        "a": (("quality<0.5",), ()),
        "b": ((), ("quality>=0.9",)),
    }


def test_unruled_scores_are_counted_by_name(project: Project) -> None:
    rows = [run("a"), said("a", "quality", score=0.2), said("a", "stars", score=3), said("zz", "stars", score=1)]
    result = project.read(rows)
    assert result.unruled == {"stars": 2, "quality": 1}
    assert read_log(project.folder).unruled == {"quality": 1, "stars": 1}


def test_rules_are_kept_and_a_later_one_on_the_same_comparison_replaces_the_earlier(project: Project) -> None:
    declare_rules(project.folder, [parse_rule("q<0.5", "fails"), parse_rule("r=bad", "fails")])
    rules = declare_rules(project.folder, [parse_rule("q<0.5", "passes")])
    assert [(str(rule), rule.says) for rule in rules] == [("q<0.5", "passes"), ("r=bad", "fails")]
    assert declare_rules(project.folder, []) == rules


def test_answers_come_in_order_of_time_whatever_the_order_of_files(project: Project) -> None:
    project.read([run("c", at=3), said("c")])
    project.read([run("a", at=1), run("b", at=2), said("a"), said("b")], "older.jsonl")
    assert failing(project) == ["a", "b", "c"]


def test_licence_and_consent_travel_to_the_judged_answer(project: Project) -> None:
    project.read([run("a"), said("a")], licence="MIT", train_ok=False)
    answer = only(read_log(project.folder))
    assert (answer.licence, answer.train_ok) == ("MIT", False)


def test_a_project_without_a_log_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no log was ingested into it; run `goldloop ingest FILE --into "):
        read_log(tmp_path)
