"""From a log's failures to tasks: what was run decides, whatever was said; a person's word stands; nothing counts too early."""

from __future__ import annotations

from pathlib import Path

import pytest
from production_logs import (
    ALSO_RIGHT,
    ASKED,
    OTHERWISE,
    RIGHT,
    WRONG,
    down,
    make_project,
    row,
    tools_with,
    triaged,
    up,
)

from evals.errors import BadInput
from evals.sandboxes.base import Sandbox
from evals.suites import load_suite
from goldens import review
from goldens.production.journal import Decisions
from goldens.production.records import Standing
from goldens.production.triage import look, triage


def only(folder: Path, rows: list[dict[str, object]], sandbox: Sandbox, **more: object) -> Standing:
    found = triaged(folder, rows, sandbox, **more)
    assert len(found.standings) == 1, [standing.problem.title for standing in found.standings]
    return found.standings[0]


def test_a_failure_with_a_working_correction_becomes_a_draft(tmp_path: Path, sandbox: Sandbox) -> None:
    standing = only(tmp_path, [down("a", RIGHT)], sandbox)
    assert standing.state == "drafted" and standing.proposal is not None
    assert (standing.proposal.golden_source, standing.proposal.failing) == ("correction", ("a",))
    task = standing.proposal.task
    assert task is not None and task.status == "draft" and "assert shout('no') == 'NO!'" in task.checks


def test_a_draft_counts_nowhere(tmp_path: Path, sandbox: Sandbox) -> None:
    only(tmp_path, [down("a", RIGHT)], sandbox)
    with pytest.raises(BadInput, match="none of its 1 tasks is active"):
        load_suite(str(tmp_path / "production"))


def test_a_wrong_correction_loses_against_what_others_said(tmp_path: Path, sandbox: Sandbox) -> None:
    asked = "Write shout(text): capital letters and an exclamation mark at the end of the text"
    rows = [down("a", OTHERWISE, question=asked), down("b", RIGHT, question=asked), up("c", answer=ALSO_RIGHT, question=asked)]
    standing = only(tmp_path, rows, sandbox)
    assert standing.proposal is not None and standing.proposal.task is not None
    assert standing.proposal.task.golden == RIGHT
    assert (standing.proposal.support, standing.proposal.against) == (2, 1)


def test_corrections_that_differ_wait_for_a_person(tmp_path: Path, sandbox: Sandbox) -> None:
    asked = "Write shout(text): capital letters and an exclamation mark at the end of the text"
    standing = only(tmp_path, [down("a", OTHERWISE, question=asked), down("b", RIGHT, question=asked)], sandbox)
    assert standing.state == "clustered"
    assert standing.waiting.startswith("a person: 2 corrections differ in what they do, 1 voices for one and 1 for another")


def test_an_example_in_the_question_settles_which_correction_is_right(tmp_path: Path, sandbox: Sandbox) -> None:
    standing = only(tmp_path, [down("a", OTHERWISE), down("b", OTHERWISE), down("c", RIGHT)], sandbox)
    assert standing.proposal is not None and standing.proposal.task is not None
    assert (standing.proposal.task.golden, standing.proposal.examples) == (RIGHT, 1)


@pytest.mark.parametrize(
    ("correction", "why"),
    [
        ("def shout(text):\n    raise ValueError(text)", "no call of shout"),
        ("def shout(text):\n    import nothing_like_this", "no call of shout"),
    ],
)
def test_a_correction_that_does_not_work_gives_no_golden(tmp_path: Path, sandbox: Sandbox, correction: str, why: str) -> None:
    asked = "Write a function that makes a text louder, in capital letters and with a mark behind it"
    standing = only(tmp_path, [down("a", correction, question=asked)], sandbox)
    assert standing.state == "clustered" and standing.proposal is not None and standing.proposal.task is None
    assert standing.waiting.startswith(("a person: ", "nobody: "))


def test_where_no_question_names_the_function_each_answer_goes_by_its_own_name(tmp_path: Path, sandbox: Sandbox) -> None:
    asked = "Write a function that puts a text in capital letters and an exclamation mark behind it"
    renamed = down("a", RIGHT, question=asked, answer=ALSO_RIGHT.replace("shout", "loud"))
    rows = [renamed, down("b", RIGHT, question=asked, answer=WRONG.replace("shout", "cry"))]
    standing = only(tmp_path, rows, sandbox, answer=WRONG)
    assert standing.proposal is not None and standing.proposal.task is not None
    assert standing.proposal.task.prompt.endswith("Define it as `shout(text)`.")
    assert (standing.proposal.passing, standing.proposal.failing) == (("a",), ("b",))
    project = tmp_path / "production"
    assert review.approve(project, standing, tools_with(sandbox), who="Ada", why="read it").missing == ()


def test_text_that_is_no_code_is_no_correction(tmp_path: Path, sandbox: Sandbox) -> None:
    standing = only(tmp_path, [down("a", "use upper case, please")], sandbox)
    assert standing.waiting.startswith("a person: no correction, commit or stronger model")


def test_a_right_answer_called_a_failure_is_no_task(tmp_path: Path, sandbox: Sandbox) -> None:
    standing = only(tmp_path, [down("a", RIGHT, answer=ALSO_RIGHT)], sandbox)
    assert standing.state == "clustered"
    assert standing.waiting == "nobody: 1 recorded answer that was called a failure passes the checks, and none fails them"


def test_a_wrong_answer_called_good_is_counted(tmp_path: Path, sandbox: Sandbox) -> None:
    found = triaged(tmp_path, [down("a", RIGHT), up("b", answer=WRONG)], sandbox)
    assert found.funnel.mistaken == 1
    assert found.standings[0].proposal is not None and found.standings[0].proposal.mistaken == ("b",)


def test_without_an_answer_that_is_right_a_person_is_waited_for(tmp_path: Path, sandbox: Sandbox) -> None:
    standing = only(tmp_path, [down("a")], sandbox)
    assert standing.waiting == "a person: no correction, commit or stronger model gives an answer (goldloop review)"


def test_a_stronger_model_gives_a_golden_that_is_marked_as_its(tmp_path: Path, sandbox: Sandbox) -> None:
    from evals.models.scripted import ScriptedBackend

    strong = {"stronger": "big", "open_stronger": lambda: ScriptedBackend(lambda question: f"```python\n{RIGHT}```")}
    standing = only(tmp_path, [down("a")], sandbox, **strong)
    assert standing.state == "drafted" and standing.proposal is not None and standing.proposal.golden_source == "big"


def test_a_failure_that_does_not_come_back_stays_evidence(tmp_path: Path, sandbox: Sandbox) -> None:
    standing = only(tmp_path, [down("a", RIGHT)], sandbox, answer=RIGHT)
    assert standing.state == "clustered" and standing.reproduction is not None
    assert standing.waiting == "nobody: 0 of 5 new answers of scripted fail, under 60%: evidence of the cluster only"


def test_without_a_model_drafts_wait_for_one(tmp_path: Path, sandbox: Sandbox) -> None:
    standing = only(tmp_path, [down("a", RIGHT)], sandbox, open_model=None, model="")
    assert standing.state == "clustered" and standing.waiting.startswith("a model: ")


def test_kinds_of_arguments_are_tried_where_the_log_shows_no_call(tmp_path: Path, sandbox: Sandbox) -> None:
    golden = "def spread(numbers):\n    return max(numbers) - min(numbers) if numbers else 0\n"
    wrong = "def spread(numbers):\n    return max(numbers)\n"
    asked = "I need spread(numbers), the distance from the smallest to the largest of a list of numbers"
    standing = only(tmp_path, [down("a", golden, question=asked, answer=wrong)], sandbox, answer=wrong)
    assert standing.state == "drafted" and standing.proposal is not None and standing.proposal.task is not None
    assert standing.proposal.task.checks.count("assert spread([") >= 3


def test_a_function_whose_inputs_nobody_shows_waits(tmp_path: Path, sandbox: Sandbox) -> None:
    golden = "def visit(tree):\n    return tree.left.value\n"
    standing = only(tmp_path, [down("a", golden, question="visit(tree) gives the left value", answer=WRONG)], sandbox)
    assert "no call of the function with literal arguments is in the log" in standing.waiting


def test_floats_are_compared_with_a_tolerance(tmp_path: Path, sandbox: Sandbox) -> None:
    golden = "def third(price):\n    return price / 3\n"
    asked = "third(price) is a third of a price; third(10.0) is about 3.33"
    wrong = "def third(price):\n    return price\n"
    standing = only(tmp_path, [down("a", golden, question=asked, answer=wrong)], sandbox, answer=wrong)
    assert standing.proposal is not None and standing.proposal.task is not None
    assert standing.proposal.task.compare == "approx(rtol=1e-6, atol=1e-9)"


def test_a_red_build_becomes_a_patch_task(tmp_path: Path, sandbox: Sandbox) -> None:
    from evals.logs.ingest import ingest_file, locked, project_key
    from evals.logs.redact import Redactor
    from evals.logs.taking import IngestOptions

    project = tmp_path / "production"
    with locked(project):
        file = Path(__file__).parent / "logs" / "ci_fixes.jsonl"
        ingest_file(file, project, Redactor(project_key(project)), IngestOptions(format="ci"))
    found = triage(project, tools_with(sandbox, "no patch"))
    drafted = [standing for standing in found.standings if standing.state == "drafted"]
    assert drafted and drafted[0].proposal is not None and drafted[0].proposal.task is not None
    assert (drafted[0].proposal.task.kind, drafted[0].proposal.golden_source) == ("patch", "fixing commit")
    shown = review.approve(project, drafted[0], tools_with(sandbox), who="Ada", why="the commit is right")
    assert shown.missing == ()


def test_the_newest_problems_go_to_the_holdout_and_stay_there(tmp_path: Path, sandbox: Sandbox) -> None:
    def asked(number: int) -> str:
        colour = ["red", "green", "blue", "black", "white"][number % 5]
        return f"Write topic_{number}(x) for {colour} number {number} please {number * 7}"

    early = [down(f"e{n}", question=asked(n), day=n + 1) for n in range(5)]
    first = triaged(tmp_path, early, sandbox)
    splits = {standing.problem.members[0]: standing.problem.split for standing in first.standings}
    assert [splits[f"e{n}"] for n in range(5)] == ["train", "train", "train", "holdout", "holdout"]
    project = make_project(tmp_path, [down(f"l{n}", question=asked(5 + n), day=20 + n) for n in range(5)])
    later = {s.problem.members[0]: s.problem.split for s in triage(project, tools_with(sandbox)).standings}
    assert {name: later[name] for name in splits} == splits
    assert [later[f"l{n}"] for n in range(5)] == ["train", "train", "train", "holdout", "holdout"]


def test_what_may_not_be_trained_on_is_only_measured(tmp_path: Path, sandbox: Sandbox) -> None:
    standing = only(tmp_path, [down("a", RIGHT, train_ok=False)], sandbox)
    assert standing.proposal is not None and standing.proposal.task is not None
    assert (standing.proposal.task.split, standing.proposal.task.train_ok) == ("holdout", False)


def test_answers_to_one_question_in_other_words_are_one_problem(tmp_path: Path, sandbox: Sandbox) -> None:
    other = "please, a helper shout(text) which turns everything into capitals and puts ! behind it"
    found = triaged(tmp_path, [down("a", RIGHT), down("b", RIGHT, question=other)], sandbox)
    assert [standing.problem.failures for standing in found.standings] == [2]


def test_questions_for_different_functions_are_different_problems(tmp_path: Path, sandbox: Sandbox) -> None:
    other = ASKED.replace("shout", "cry")
    swapped = down("b", RIGHT.replace("shout", "cry"), question=other, answer=WRONG.replace("shout", "cry"))
    assert len(triaged(tmp_path, [down("a", RIGHT), swapped], sandbox).standings) == 2


def test_triage_again_changes_nothing(tmp_path: Path, sandbox: Sandbox) -> None:
    project = make_project(tmp_path, [down("a", RIGHT), row("b", question="something else entirely")])
    triage(project, tools_with(sandbox))
    before = {file: file.read_bytes() for file in project.rglob("*") if file.is_file()}
    triage(project, tools_with(sandbox))
    assert {file: file.read_bytes() for file in project.rglob("*") if file.is_file()} == before


class TestReview:
    @pytest.fixture
    def project(self, tmp_path: Path, sandbox: Sandbox) -> Path:
        project = make_project(tmp_path, [down("a", RIGHT)])
        triage(project, tools_with(sandbox))
        return project

    def test_an_approved_draft_that_shows_everything_is_active(self, project: Path, sandbox: Sandbox) -> None:
        shown = review.approve(project, look(project).standings[0], tools_with(sandbox), who="Ada", why="read it")
        assert shown.missing == () and look(project).standings[0].state == "active"
        triage(project, tools_with(sandbox))
        assert [task.status for task in load_suite(str(project)).tasks] == ["active"]

    def test_a_task_that_the_model_was_trained_on_is_not_active(self, project: Path, sandbox: Sandbox) -> None:
        tools = tools_with(sandbox, leaks=lambda task: "runs/x/trainset: row 3")
        shown = review.approve(project, look(project).standings[0], tools, who="Ada", why="read it")
        assert shown.missing == ("the model was trained on it: runs/x/trainset: row 3",)
        assert look(project).standings[0].state == "reviewed"

    def test_checks_that_the_recorded_failure_passes_take_the_draft_back(self, project: Path, sandbox: Sandbox) -> None:
        review.edit(project, look(project).standings[0], "checks", "assert len(shout('no')) == 3\n", who="Ada")
        triage(project, tools_with(sandbox, "def shout(text):\n    return 1\n"))
        assert look(project).standings[0].waiting.startswith("nobody: 1 recorded answer")
        shown = review.approve(project, look(project).standings[0], tools_with(sandbox), who="Ada", why="read it")
        assert "no recorded answer fails the checks" in shown.missing and look(project).standings[0].state == "reviewed"

    def test_an_edit_ends_an_approval(self, project: Path, sandbox: Sandbox) -> None:
        tools = tools_with(sandbox, leaks=lambda task: "somewhere")
        review.approve(project, look(project).standings[0], tools, who="Ada", why="read it")
        review.edit(project, look(project).standings[0], "golden", ALSO_RIGHT, who="Bo")
        found = triage(project, tools_with(sandbox)).standings[0]
        assert found.state != "active" and found.proposal is not None and found.proposal.golden_source == "person"

    def test_a_persons_golden_goes_before_all_corrections(self, project: Path, sandbox: Sandbox) -> None:
        review.edit(project, look(project).standings[0], "golden", ALSO_RIGHT, who="Bo")
        make_project(project.parent, [down("b", RIGHT, day=9), down("c", RIGHT, day=9)])
        found = triage(project, tools_with(sandbox)).standings[0]
        assert found.proposal is not None and found.proposal.task is not None and found.proposal.task.golden == ALSO_RIGHT

    def test_a_rejected_draft_is_not_drafted_again(self, project: Path, sandbox: Sandbox) -> None:
        review.reject(project, look(project).standings[0], who="Ada", why="nobody needs it")
        make_project(project.parent, [down("b", ALSO_RIGHT, day=9)])
        found = triage(project, tools_with(sandbox)).standings[0]
        assert (found.state, found.waiting) == ("clustered", "nobody: rejected by Ada: nobody needs it")

    def test_a_task_that_was_edited_by_hand_is_not_written_over(self, project: Path, sandbox: Sandbox) -> None:
        checks = next((project / "suite").glob("*/checks.py"))
        checks.write_text("assert shout('abc') == 'ABC!'\nassert shout('') == '!'\nassert shout('x y') == 'X Y!'\n")
        make_project(project.parent, [down("b", ALSO_RIGHT, day=9)])
        triage(project, tools_with(sandbox))
        assert checks.read_text().startswith("assert shout('abc') == 'ABC!'\n")

    def test_a_retired_task_keeps_its_folder_and_counts_no_more(self, project: Path, sandbox: Sandbox) -> None:
        review.approve(project, look(project).standings[0], tools_with(sandbox), who="Ada", why="read it")
        review.retire(project, look(project).standings[0], who="Ada", why="the product is gone")
        triage(project, tools_with(sandbox))
        assert [task.status for task in load_suite(str(project), drafts=True).tasks] == ["retired"]
        with pytest.raises(BadInput, match="1 retired"):
            load_suite(str(project))

    def test_a_task_that_the_last_three_models_pass_is_saturated_and_stays(self, project: Path, sandbox: Sandbox) -> None:
        review.approve(project, look(project).standings[0], tools_with(sandbox), who="Ada", why="read it")
        name = load_suite(str(project), drafts=True).tasks[0].id
        assert triage(project, tools_with(sandbox, passes={name: [False, True, True, True]})).standings[0].state == "saturated"
        assert [task.status for task in load_suite(str(project)).tasks] == ["active"]
        assert triage(project, tools_with(sandbox, passes={name: [True, True, True, False]})).standings[0].state == "active"

    @pytest.mark.parametrize("who", ["", " ", "goldloop"])
    def test_a_decision_needs_a_persons_name(self, project: Path, sandbox: Sandbox, who: str) -> None:
        with pytest.raises(BadInput, match="name yourself with --who"):
            review.approve(project, look(project).standings[0], tools_with(sandbox), who=who, why="read it")

    def test_unsound_checks_of_a_person_are_refused(self, project: Path) -> None:
        with pytest.raises(BadInput, match="checks"):
            review.edit(project, look(project).standings[0], "checks", "assert (", who="Ada")

    def test_every_decision_says_who_when_and_why(self, project: Path, sandbox: Sandbox) -> None:
        review.approve(project, look(project).standings[0], tools_with(sandbox), who="Ada", why="read it")
        said = [decision for decision in Decisions(project).all if decision.by_person]
        assert {(decision.who, decision.why) for decision in said} == {("Ada", "read it")}
        assert all(decision.when.endswith("+00:00") for decision in said)

    def test_an_unknown_name_lists_those_there_are(self, project: Path) -> None:
        with pytest.raises(BadInput, match=r"'nothing' is no problem of .*; there are: shout-"):
            review.standing_of(project, "nothing")


def test_an_empty_call_in_the_log_is_not_all_that_is_tried(tmp_path: Path, sandbox: Sandbox) -> None:
    golden = "def longest(words):\n    return max(words, key=len) if words else ''\n"
    wrong = "def longest(words):\n    return words[0] if words else ''\n"
    asked = "longest(words) is the longest of a list of words, longest([]) == ''"
    standing = only(tmp_path, [down("a", golden, question=asked, answer=wrong)], sandbox, answer=wrong)
    assert standing.state == "drafted" and standing.proposal is not None and standing.proposal.task is not None
    assert standing.proposal.task.checks.count("assert longest([") >= 3


def test_other_words_for_an_active_training_problem_are_training_tasks_of_its_group(tmp_path: Path, sandbox: Sandbox) -> None:
    words = [ASKED, "shout(text), please: capitals, then a mark", "I want `shout(text)` to be loud: capital letters and !"]
    asked = [down(f"a{n}", RIGHT, question=words[n], day=n + 1) for n in range(3)]
    other = "Write topic(x) for something that has nothing to do with it"
    project = make_project(tmp_path, [*asked, down("z", question=other, day=20), down("y", question=other + " at all y", day=21)])
    tools = tools_with(sandbox)
    found = next(s for s in triage(project, tools).standings if s.problem.members[0] == "a0")
    assert found.problem.split == "train" and found.proposal is not None and len(found.proposal.also_asked) == 2
    assert len(load_suite(str(project), drafts=True).tasks) == 1
    review.approve(project, found, tools, who="Ada", why="read it")
    triage(project, tools)
    tasks = load_suite(str(project)).tasks
    assert sorted(task.prompt for task in tasks) == sorted(words)
    assert {(task.group, task.golden, task.split) for task in tasks} == {(found.problem.id, RIGHT, "train")}
