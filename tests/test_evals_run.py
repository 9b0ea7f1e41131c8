"""The engine: repairs, resuming, time-outs alone. Models and grades are scripted; nothing here needs a sandbox."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from evals.comparison import outcomes_of
from evals.errors import Inconclusive
from evals.feedback import feedback
from evals.files import Journal
from evals.models.base import Completion, Prompt, Sampling
from evals.models.scripted import ScriptedBackend
from evals.records import Limits, Message, Result, Task, Verdict
from evals.run import check_errors, evaluate, fitting_workers

GREEDY = Sampling(max_new_tokens=16)


def task(name: str) -> Task:
    return Task(id=name, suite="s", split="train", group=name, prompt=name, golden="def f(): return 1", checks="assert f() == 1")


def block(code: str) -> str:
    return f"```python\n{code}\n```"


class Learner:
    """Answers wrongly until it has been told ``needed[task]`` times; keeps the conversations that it saw."""

    def __init__(self, needed: dict[str, int]) -> None:
        self.needed = needed
        self.seen: list[tuple[Message, ...]] = []
        self.ref = ScriptedBackend({}).ref

    def plan(self, prompts: Sequence[Prompt]) -> list[list[int]]:
        return [[index] for index in range(len(prompts))]

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Completion]:
        made = []
        for prompt in prompts:
            self.seen.append(prompt.messages)
            told = sum(message["role"] == "assistant" for message in prompt.messages)
            right = told >= self.needed[prompt.messages[0]["content"]]
            made.append(Completion(text=block(f"def f(): return {int(right)}"), finish_reason="stop"))
        return made

    def close(self) -> None:
        pass


def grade(task: Task, code: str | None) -> Verdict:
    if code is None:
        return Verdict(status="fail", reason="no_code")
    if "return 1" in code:
        return Verdict(status="pass", reason="pass")
    return Verdict(status="fail", reason="wrong_value", evidence={"check": "assert f() == 1", "expected": "1", "got": "0"})


def run(backend: object, tasks: list[Task], folder: Path, **options: int) -> list[Result]:
    return evaluate(tasks, backend, grade, Journal(folder / "journal.jsonl"), sampling=GREEDY, **options)  # type: ignore[arg-type]


def test_a_repair_leaves_the_first_verdict_as_it_was(tmp_path: Path) -> None:
    (result,) = run(Learner({"a": 1}), [task("a")], tmp_path, repair_turns=2)
    assert not result.verdict.passed and result.after_repair.passed
    assert [turn.attempt.turn for turn in result.repairs] == [1]
    assert outcomes_of([result]) == {"s/a": [False]}


def test_the_model_sees_its_own_answer_and_what_the_test_said(tmp_path: Path) -> None:
    learner = Learner({"a": 1})
    run(learner, [task("a")], tmp_path, repair_turns=1)
    question, answer, said = learner.seen[1]
    assert (question["content"], answer["role"]) == ("a", "assistant") and "return 0" in answer["content"]
    assert "assert f() == 1" in said["content"] and "expected: 1" in said["content"] and "got: 0" in said["content"]


@pytest.mark.parametrize(
    ("reason", "evidence", "public"),
    [
        ("hidden_fail", {"check": "f(7)", "expected": "4242", "got": "1"}, ""),
        ("time", {"stage": "hidden", "check": "f(4242)"}, ""),
        ("wrong_value", {"check": "assert f(2) == 4242", "expected": "4242", "got": "1"}, "assert f(1) == 1"),
        ("exception:KeyError", {"check": "assert f(2) == 4242", "message": "4242"}, "assert f(1) == 1"),
    ],
)
def test_what_hidden_checks_expect_is_never_told(reason: str, evidence: dict[str, Any], public: str) -> None:
    said = feedback(Verdict(status="fail", reason=reason, evidence=evidence), public)
    assert "4242" not in said and "hidden" in said


def test_a_check_that_the_prompt_shows_is_told_whole() -> None:
    evidence = {"check": "assert f(1) == 1", "expected": "1", "got": "2"}
    said = feedback(Verdict(status="fail", reason="wrong_value", evidence=evidence), "assert  f(1) == 1\n")
    assert "test: assert f(1) == 1\nexpected: 1\ngot: 2" in said


def test_failed_tests_of_a_project_and_the_input_of_a_program_are_told() -> None:
    failed = [{"test": f"t.py::test_{n}", "state": "failed", "message": f"assert {n} == 9"} for n in range(5)]
    said = feedback(Verdict(status="fail", reason="tests_failed", evidence={"tests": 5, "failed": failed}))
    assert "Tests failed\ntest: t.py::test_0\nmessage: assert 0 == 9" in said and "test_3" not in said
    case = {"check": "case 1 of 2", "stdin": "3\n", "expected": "6", "got": "9"}
    assert "input: 3\nexpected: 6\ngot: 9" in feedback(Verdict(status="fail", reason="wrong_output", evidence=case))


def test_repairs_end_with_the_first_pass_or_with_the_turns(tmp_path: Path) -> None:
    tasks = [task(name) for name in ("now", "one", "two", "never")]
    results = run(Learner({"now": 0, "one": 1, "two": 2, "never": 9}), tasks, tmp_path, repair_turns=2)
    assert [len(result.repairs) for result in results] == [0, 1, 2, 2]
    assert [result.after_repair.passed for result in results] == [True, True, True, False]


def test_without_repair_turns_nothing_is_asked_twice(tmp_path: Path) -> None:
    learner = Learner({"a": 1})
    (result,) = run(learner, [task("a")], tmp_path)
    assert result.repairs == () and len(learner.seen) == 1


@pytest.mark.parametrize("entries", range(9))
def test_a_run_killed_after_any_entry_resumes_to_the_same_results(tmp_path: Path, entries: int) -> None:
    needed = {"now": 0, "one": 1, "never": 9}
    tasks = [task(name) for name in needed]
    whole = run(Learner(needed), tasks, tmp_path / "whole", repair_turns=1)
    lines = (tmp_path / "whole/journal.jsonl").read_bytes().splitlines(keepends=True)
    assert len(lines) == 10  # an answer and a verdict: three first tries, two repairs
    part = tmp_path / "part/journal.jsonl"
    part.parent.mkdir()
    part.write_bytes(b"".join(lines[:entries]))
    learner = Learner(needed)
    assert run(learner, tasks, tmp_path / "part", repair_turns=1) == whole
    assert len(learner.seen) == 5 - sum(b'"attempts"' in line for line in lines[:entries])


class Streaming(Learner):
    """Answers all in one batch, the last first, and keeps which were graded before each."""

    def __init__(self, needed: dict[str, int], graded: list[str]) -> None:
        super().__init__(needed)
        self.graded = graded
        self.graded_before: list[list[str]] = []

    def plan(self, prompts: Sequence[Prompt]) -> list[list[int]]:
        return [list(range(len(prompts)))]

    def stream(self, prompts: Sequence[Prompt], sampling: Sampling) -> Iterator[tuple[int, Completion]]:
        for index in reversed(range(len(prompts))):
            yield index, self.generate([prompts[index]], sampling)[0]
            wait_until(lambda: len(self.graded) > len(self.graded_before))
            self.graded_before.append(list(self.graded))


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end, "nothing was graded while the batch went on"
        time.sleep(0.002)


def test_an_answer_is_graded_while_others_of_its_batch_are_still_made(tmp_path: Path) -> None:
    graded: list[str] = []

    def noting(task: Task, code: str | None) -> Verdict:
        graded.append(task.id)
        return grade(task, code)

    tasks = [task(name) for name in ("a", "b", "c")]
    streaming = Streaming(dict.fromkeys("abc", 0), graded)
    results = evaluate(tasks, streaming, noting, Journal(tmp_path / "j.jsonl"), sampling=GREEDY)
    assert [result.id for result in results] == ["a", "b", "c"] and all(result.verdict.passed for result in results)
    assert streaming.graded_before == [["c"], ["c", "b"], ["c", "b", "a"]]


@pytest.mark.parametrize("entries", range(6))
def test_a_run_killed_within_a_batch_keeps_its_answers_and_makes_the_whole_batch_again(tmp_path: Path, entries: int) -> None:
    class Quiet(Streaming):
        def stream(self, prompts: Sequence[Prompt], sampling: Sampling) -> Iterator[tuple[int, Completion]]:
            return ((index, self.generate([prompts[index]], sampling)[0]) for index in reversed(range(len(prompts))))

    needed = {"now": 0, "one": 1, "never": 9}
    tasks = [task(name) for name in needed]
    whole = run(Quiet(needed, []), tasks, tmp_path / "whole")
    lines = (tmp_path / "whole/journal.jsonl").read_bytes().splitlines(keepends=True)
    part = tmp_path / "part/journal.jsonl"
    part.parent.mkdir()
    part.write_bytes(b"".join(lines[:entries]))
    resumed = Quiet(needed, [])
    assert len(lines) == 6 and run(resumed, tasks, tmp_path / "part") == whole
    missing = 3 - sum(b'"attempts"' in line for line in lines[:entries])
    assert len(resumed.seen) == (3 if missing else 0)


class Stumbling(Learner):
    """Answers as ``Learner``, but its ``errors``-th requests (from 0) end as errors."""

    def __init__(self, needed: dict[str, int], errors: set[int]) -> None:
        super().__init__(needed)
        self.errors = errors

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Completion]:
        number = len(self.seen)
        answers = super().generate(prompts, sampling)
        return [Completion(text="", finish_reason="error", error="gone")] if number in self.errors else answers


def test_an_error_uses_no_repair_turn(tmp_path: Path) -> None:
    learner = Stumbling({"a": 2}, {1, 3})
    (result,) = run(learner, [task("a")], tmp_path, repair_turns=2)
    assert result.after_repair.passed and len(learner.seen) == 5
    assert [turn.attempt.turn for turn in result.repairs] == [1, 2]
    again = Learner({"a": 2})
    assert run(again, [task("a")], tmp_path, repair_turns=2) == [result] and not again.seen


@pytest.mark.parametrize("entries", range(2, 9))
def test_a_run_killed_while_repairing_an_error_resumes_to_the_same_results(tmp_path: Path, entries: int) -> None:
    (whole,) = run(Stumbling({"a": 2}, {1}), [task("a")], tmp_path / "whole", repair_turns=2)
    lines = (tmp_path / "whole/journal.jsonl").read_bytes().splitlines(keepends=True)
    assert len(lines) == 8
    part = tmp_path / "part/journal.jsonl"
    part.parent.mkdir()
    part.write_bytes(b"".join(lines[:entries]))
    assert run(Learner({"a": 2}), [task("a")], tmp_path / "part", repair_turns=2) == [whole]


def test_a_repair_that_only_meets_errors_is_no_failure_and_is_said(tmp_path: Path) -> None:
    (result,) = run(Stumbling({"a": 1}, {1, 2}), [task("a")], tmp_path, repair_turns=1)
    assert (result.verdict.status, result.after_repair.status) == ("fail", "error")
    with pytest.raises(Inconclusive, match=r"1 of 1 attempts ended as infrastructure errors .*'backend: gone'"):
        check_errors([result], "repairs")


def test_an_answer_known_already_is_not_replaced_when_its_batch_is_asked_again(tmp_path: Path) -> None:
    def answer(number: int) -> ScriptedBackend:
        return ScriptedBackend(lambda question: block(f"def f(): return {number}"))

    tasks = [task("a"), task("b")]
    evaluate(tasks, answer(0), grade, Journal(tmp_path / "j.jsonl"), sampling=GREEDY)
    entries = [json.loads(line) for line in (tmp_path / "j.jsonl").read_text().splitlines()]
    entries[0]["attempts"] = entries[0]["attempts"][:1]  # as after an error that was forgotten
    kept = [entries[0], next(entry for entry in entries if entry.get("graded") == "s/a#0")]
    (tmp_path / "j.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in kept))
    first, second = evaluate(tasks, answer(1), grade, Journal(tmp_path / "j.jsonl"), sampling=GREEDY)
    assert not first.verdict.passed and "return 0" in first.attempt.completion
    assert second.verdict.passed and "return 1" in second.attempt.completion


@pytest.mark.parametrize("first", [Verdict(status="fail", reason="time"), Verdict(status="error", reason="sandbox")])
def test_a_time_out_or_a_fault_is_graded_again_alone_before_it_counts(tmp_path: Path, first: Verdict) -> None:
    calls: list[str] = []

    def slow_once(task: Task, code: str | None) -> Verdict:
        calls.append(task.id)
        late = calls.count(task.id) == 1 and task.id == "a"
        return first if late else Verdict(status="pass", reason="pass")

    backend = ScriptedBackend(lambda question: block("def f(): return 1"), batch_size=1)
    tasks = [task("a"), task("b"), task("c")]
    results = evaluate(tasks, backend, slow_once, Journal(tmp_path / "j.jsonl"), sampling=GREEDY)
    assert all(result.verdict.passed for result in results) and calls[-1] == "a" and calls.count("a") == 2


@pytest.mark.parametrize(("finish", "reason"), [("length", "truncated"), ("stop", "no_code")])
def test_an_answer_that_the_token_limit_ended_has_its_own_reason(tmp_path: Path, finish: Any, reason: str) -> None:
    class Cut(Learner):
        def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Completion]:
            return [Completion(text="Let me think", finish_reason=finish) for _ in prompts]

    (result,) = run(Cut({}), [task("a")], tmp_path)
    assert result.verdict.reason == reason


def test_workers_follow_memory_and_processors() -> None:
    small, huge = task("a"), task("b").model_copy(update={"limits": Limits(memory_mb=1 << 40)})
    assert fitting_workers(5, [huge]) == 5
    assert fitting_workers(0, [huge]) == 1
    assert fitting_workers(0, [small]) >= 1


class Splitting(Learner):
    """Answers with a helper, the function and another one, in blocks of their own; keeps what was asked."""

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Completion]:
        self.asked = [(prompt.language, prompt.asked) for prompt in prompts]
        parts = ("def helper():\n    return 1", "def f():\n    return helper()", "def g():\n    return 0")
        return [Completion(text="\n".join(map(block, parts)), finish_reason="stop") for _ in prompts]


def test_the_code_of_an_answer_is_what_the_task_asks_for(tmp_path: Path) -> None:
    backend = Splitting({})
    (result,) = run(backend, [task("a")], tmp_path)
    assert backend.asked == [("python", frozenset({"f"}))]
    assert result.attempt.code == "def helper():\n    return 1\n\ndef f():\n    return helper()\n"
