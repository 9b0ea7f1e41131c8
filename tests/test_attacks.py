"""Attacks on the bounds of a job and on what it gives back: processes, memory, disk, output, time, files handed over.

Each runs on every sandbox, and after each a correct job runs right. The probes at system calls, files and sockets are in
the other ``test_attacks_*`` modules.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator

import pytest
from attacks_bombs import BOMBS
from attacks_next import GROUP, HARNESS, SEQUELS
from attacks_outputs import ANSWERS, ESCAPING_NAMES, FOLDER, HANDOVERS, SECRET, STREAMS
from attacks_world import COMMAND, SANDBOXES, Own, alive, ending, named_as, own_things, required, run, still_works

from evals.errors import SandboxFault
from evals.graders import grade
from evals.records import Limits, Task
from evals.sandboxes.base import Job, Sandbox

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=SANDBOXES)
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    return required(request.param)


@pytest.fixture(scope="module")
def own() -> Iterator[Own]:
    with pytest.MonkeyPatch.context() as monkeypatch, own_things(monkeypatch) as found:
        yield found


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_bounded_and_leaves_nothing(sandbox: Sandbox, name: str) -> None:
    bomb = BOMBS[name]
    mark = f"glb{secrets.token_hex(6)}"
    outcome = run(sandbox, named_as(mark) + bomb.source, max_output_bytes=100_000, **bomb.limits)
    assert ending(outcome) in bomb.ends, outcome
    assert bomb.never not in outcome.stdout
    assert max(len(outcome.stdout), len(outcome.stderr)) <= 100_000
    if bomb.most is not None and ending(outcome) == "exit":
        assert int(outcome.stdout.split()[-1]) <= bomb.most
    assert alive(mark) == []
    still_works(sandbox)


@pytest.mark.parametrize("name", SEQUELS)
def test_a_job_does_nothing_to_the_next(sandbox: Sandbox, name: str) -> None:
    sequel = SEQUELS[name]
    run(sandbox, sequel.first.replace(HARNESS, str(os.getpid())).replace(GROUP, str(os.getpgrp())), wall_seconds=2)
    for _ in range(3):
        outcome = run(sandbox, sequel.second)
        assert (outcome.stdout, outcome.exit_code) == (b"clean\n", 0), outcome


@pytest.mark.parametrize("name", HANDOVERS)
def test_an_output_is_the_jobs_own_regular_file_or_nothing(sandbox: Sandbox, own: Own, name: str) -> None:
    handover = HANDOVERS[name]
    source = handover.source.replace(SECRET, str(own.folder / "secret")).replace(FOLDER, str(own.folder))
    outcome = run(sandbox, source, outputs=(handover.output,))
    assert outcome.files.get(handover.output) in handover.gives, outcome
    assert not any(own.secret.encode() in data for data in (*outcome.files.values(), outcome.stdout, outcome.stderr))
    assert set(outcome.files) <= {handover.output}
    assert (own.folder / "secret").read_text() == own.secret
    still_works(sandbox)


@pytest.mark.parametrize("name", ESCAPING_NAMES)
def test_a_name_that_leaves_the_folder_is_refused(sandbox: Sandbox, name: str) -> None:
    with pytest.raises(SandboxFault, match="leave its folder"):
        run(sandbox, "", outputs=(name,))
    with pytest.raises(SandboxFault, match="leave its folder"):
        sandbox.run(Job(files={name: b"", "program.py": b""}, command=COMMAND, limits=Limits()))


@pytest.mark.parametrize("name", STREAMS)
def test_output_comes_back_as_it_was_written(sandbox: Sandbox, name: str) -> None:
    source, expected = STREAMS[name]
    outcome = run(sandbox, source)
    assert (outcome.stdout, outcome.exit_code) == (expected, 0), outcome


def task() -> Task:
    limits = Limits(wall_seconds=2.0, memory_mb=256)
    return Task(id="f", suite="s", split="dev", group="g", prompt="p", golden="", checks="assert f() == 1", limits=limits)


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_that_upsets_the_judge_fails(sandbox: Sandbox, name: str) -> None:
    verdict = grade(task(), ANSWERS[name], sandbox)
    assert verdict.status == "fail", verdict


def test_after_all_a_right_answer_passes_and_a_wrong_one_fails(sandbox: Sandbox) -> None:
    assert grade(task(), "def f(): return 1", sandbox).status == "pass"
    assert grade(task(), "def f(): return 2", sandbox).status == "fail"
