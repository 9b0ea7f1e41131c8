"""The shipped sandboxes hold, and the judge reads their outcomes right. Every bomb is small and ends by itself."""

from __future__ import annotations

import os
import secrets
import socket
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sandbox_requirements import IMAGE, required_sandbox

import evals.sandboxes
from evals.errors import BadInput, SandboxFault
from evals.graders import grade
from evals.records import Limits, Task, Verdict
from evals.sandboxes import make_sandbox, open_sandbox, self_test
from evals.sandboxes._folder import remove_folder
from evals.sandboxes._usage import usage_below
from evals.sandboxes.base import Job, Outcome, Sandbox
from evals.sandboxes.docker import LABEL, DockerSandbox
from evals.sandboxes.sandlock import SandlockSandbox
from evals.sandboxes.scripted import ScriptedSandbox

SPIN = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: pass"
# Ends by itself after 12 s; every test's limits are far below.
LINGER = "import time\nend = time.monotonic() + 12\nwhile time.monotonic() < end: pass\n"
ENDINGS = {
    "returned": "print('done')",
    "exited": "import os; os._exit(3)",
    "crashed": "import os; os.abort()",
    "time": SPIN,
    "closed its output": "import os\nos.close(1); os.close(2)\nwhile True: pass",
    "flood": "import os\nfor _ in range(400): os.write(1, bytes(65536))",
    "memory": "x = bytearray(400 << 20)",
    "left a child": f"import os\nif os.fork() == 0:\n    exec({LINGER!r})\nprint('done')",
    "left a session": (
        "import os\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        f"        exec({LINGER!r})\n    os._exit(0)\nprint('done')"
    ),
}


@pytest.fixture(params=["sandlock", pytest.param("docker", marks=pytest.mark.docker)])
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    return required_sandbox(request.param)


@pytest.fixture
def docker() -> DockerSandbox:
    found = required_sandbox("docker")
    assert isinstance(found, DockerSandbox)
    return found


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The temporary folder of this test alone; the sandboxes put theirs there."""
    tmp_path.chmod(0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield tmp_path


def run(sandbox: Sandbox, source: str, **limits: Any) -> Outcome:
    chosen: dict[str, Any] = {"wall_seconds": 5.0, "memory_mb": 256, "processes": 8, **limits}
    command = ("{python}", "-I", "-S", "-B", "program.py")
    return sandbox.run(Job(files={"program.py": source.encode()}, command=command, limits=Limits(**chosen)))


def processes_of(mark: str) -> list[str]:
    """Processes of this machine, in containers too, with the mark in their command and alive after a second.

    A second, because what was killed may still be dying when its parent has been waited for.
    """
    deadline = time.monotonic() + 1
    while (found := processes_now(mark)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def processes_now(mark: str) -> list[str]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                if mark in command:
                    found.append(command)
            except OSError:
                continue
    return found


def open_descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def children(expected: list[int] | None = None) -> list[int]:
    """Processes below this one; if they are not the expected ones, those after a second."""
    deadline = time.monotonic() + 1
    while True:
        found = sorted(usage_below(os.getpid()).processes)
        if expected is None or found == expected or time.monotonic() > deadline:
            return found
        time.sleep(0.02)


def another(name: str) -> Sandbox:
    """A sandbox of this test alone."""
    return make_sandbox(name, **({"image": IMAGE} if name == "docker" else {}))


def containers() -> list[str]:
    found = required_sandbox("docker")
    assert isinstance(found, DockerSandbox)
    owned = found._api.containers(all=True, filters={"label": f"{LABEL}={found._owner}"})
    return [container["Names"][0] for container in owned]


def test_a_program_returns_its_output_and_exit_code(sandbox: Sandbox) -> None:
    outcome = run(sandbox, "import sys\nprint('out')\nprint('err', file=sys.stderr)\nsys.exit(3)")
    assert (outcome.stdout, outcome.stderr, outcome.exit_code) == (b"out\n", b"err\n", 3)
    assert not (outcome.timed_out or outcome.killed or outcome.truncated)


def test_a_program_finds_its_files_and_may_write(sandbox: Sandbox) -> None:
    source = "import os\nos.mkdir('d'); os.chdir('d')\nopen('x', 'w').write('new')\nprint(open('../a/b').read(), os.listdir())"
    files = {"program.py": source.encode(), "a/b": b"given"}
    outcome = sandbox.run(Job(files=files, command=("{python}", "-I", "program.py"), limits=Limits()))
    assert outcome.stdout == b"given ['x']\n", outcome


def test_the_self_test_finds_nothing(sandbox: Sandbox) -> None:
    assert self_test(sandbox) == []


def test_a_loop_that_ignores_sigterm_is_ended_in_time(sandbox: Sandbox) -> None:
    outcome = run(sandbox, SPIN, wall_seconds=0.6)
    assert outcome.timed_out
    assert not outcome.killed
    assert 0.5 < outcome.processor_seconds < 1.2


def test_closing_the_output_does_not_stop_the_clock(sandbox: Sandbox) -> None:
    outcome = run(sandbox, ENDINGS["closed its output"], wall_seconds=0.6)
    assert outcome.timed_out
    assert outcome.processor_seconds < 1.2


@pytest.mark.parametrize("ending", ["left a child", "left a session"])
def test_a_process_left_behind_does_not_hold_the_job_open(sandbox: Sandbox, ending: str) -> None:
    outcome = run(sandbox, ENDINGS[ending])
    assert (outcome.stdout, outcome.exit_code, outcome.timed_out) == (b"done\n", 0, False)
    assert outcome.wall_seconds < 3


def test_memory_beyond_the_limit_ends_the_program(sandbox: Sandbox) -> None:
    outcome = run(sandbox, "x = bytearray(200 << 20)\nfor i in range(0, len(x), 4096): x[i] = 1\nprint('had it')", memory_mb=64)
    assert outcome.killed
    assert (outcome.stdout, outcome.exit_code) == (b"", 137)


def test_the_memory_limit_is_one_for_all_processes(sandbox: Sandbox) -> None:
    source = (
        "import os, time\nfor _ in range(4):\n    if os.fork() == 0:\n        x = b'1' * (50 << 20)\n"
        "        time.sleep(0.5)\n        print('had it', flush=True)\n        os._exit(0)\n"
        "for _ in range(4): os.wait()\n"
    )
    assert run(sandbox, source, memory_mb=128).stdout.count(b"had it") < 4


def test_a_memory_file_does_not_evade_the_memory_limit(sandbox: Sandbox) -> None:
    source = "import os\nf = os.memfd_create('x')\nfor _ in range(150): os.write(f, bytes(1 << 20))\nprint('had it')"
    assert b"had it" not in run(sandbox, source, memory_mb=64).stdout


def test_a_file_cannot_outgrow_its_limit(sandbox: Sandbox) -> None:
    source = "f = open('big', 'wb')\nfor _ in range(20): f.write(bytes(1 << 20))\nf.close()\nprint('had it')"
    outcome = run(sandbox, source, file_mb=2)
    assert outcome.exit_code == 1
    assert b"OSError" in outcome.stderr


def test_an_output_flood_is_cut_at_the_limit(sandbox: Sandbox) -> None:
    outcome = run(sandbox, "import os\nwhile True: os.write(1, b'x' * 65536)", max_output_bytes=100_000)
    assert outcome.truncated
    assert outcome.stdout == b"x" * 100_000
    assert not (outcome.timed_out or outcome.killed)
    assert outcome.wall_seconds < 3


def test_a_host_file_cannot_be_read(sandbox: Sandbox, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    for folder in (tmp_path, tmp_path.parent):
        folder.chmod(0o755)
    outcome = run(sandbox, f"print(open({str(secret)!r}).read())")
    assert outcome.exit_code == 1
    assert b"secret" not in outcome.stdout


def test_there_is_no_network(sandbox: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        source = f"import socket\nsocket.create_connection(('127.0.0.1', {server.getsockname()[1]}), 1)\nprint('connected')"
        outcome = run(sandbox, source)
        with pytest.raises(TimeoutError):
            server.accept()
    assert outcome.exit_code == 1
    assert b"connected" not in outcome.stdout


@pytest.mark.parametrize("abstract", [True, False], ids=["abstract", "path"])
def test_a_unix_socket_of_the_host_is_out_of_reach(sandbox: Sandbox, abstract: bool) -> None:
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as server:
        Path(folder).chmod(0o755)
        address = f"\0goldloop-test-{os.getpid()}-{sandbox.name}" if abstract else f"{folder}/s"
        server.bind(address)
        server.listen()
        source = f"import socket\nsocket.socket(socket.AF_UNIX).connect({address!r})\nprint('connected')"
        outcome = run(sandbox, source)
    assert outcome.exit_code == 1, outcome


def test_the_environment_is_not_inherited(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOLDLOOP_TEST_SECRET", "4711")
    outcome = run(sandbox, "import os\nprint(dict(os.environ))")
    assert outcome.exit_code == 0
    assert b"4711" not in outcome.stdout


def test_no_open_file_of_the_host_is_inherited(sandbox: Sandbox, tmp_path: Path) -> None:
    source = "import os\nfor n in range(3, 100):\n    try: os.fstat(n)\n    except OSError: continue\n    print('inherited', n)"
    with (tmp_path / "open").open("w"), ThreadPoolExecutor(2) as threads:
        outcomes = list(threads.map(lambda _: run(sandbox, source), range(2)))
    assert [outcome.stdout for outcome in outcomes] == [b""] * 2


def test_a_process_flood_is_bounded(sandbox: Sandbox) -> None:
    source = (
        "import os, time\ncount = 0\ntry:\n    for _ in range(40):\n        if os.fork() == 0:\n"
        "            time.sleep(1)\n            os._exit(0)\n        count += 1\n"
        "except OSError:\n    pass\nprint(count)"
    )
    assert 1 <= int(run(sandbox, source, processes=8).stdout) <= 12


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has capabilities to lose")
def test_a_job_of_root_has_no_capabilities(sandbox: Sandbox) -> None:
    source = (
        "import ctypes\nhead = (ctypes.c_uint32 * 2)(0x20080522, 0)\nsets = (ctypes.c_uint32 * 6)()\n"
        "print(ctypes.CDLL(None).capget(head, sets), sets[0], sets[1], sets[3], sets[4])"
    )
    assert run(sandbox, source).stdout == b"0 0 0 0 0\n"


@pytest.mark.parametrize("ending", ENDINGS)
def test_nothing_is_left_behind(sandbox: Sandbox, scratch: Path, ending: str) -> None:
    fresh = another(sandbox.name)
    before, descriptors = children(), open_descriptors()
    mark = f"goldloop-mark-{secrets.token_hex(8)}"
    limits = Limits(wall_seconds=0.7, memory_mb=256, max_output_bytes=100_000)
    fresh.run(Job(files={}, command=("{python}", "-I", "-S", "-B", "-c", ENDINGS[ending], mark), limits=limits))
    assert processes_of(mark) == []
    source = f"mark = {mark!r}\n{ENDINGS[ending]}"
    fresh.run(Job(files={"program.py": source.encode()}, command=("{python}", "-I", "-S", "-B", "program.py"), limits=limits))
    fresh.close()
    assert list(scratch.iterdir()) == []
    if sandbox.name == "sandlock":  # containers are counted in test_evals_sandboxes_docker.py
        assert open_descriptors() == descriptors
        assert children(before) == before


def test_many_runs_in_threads_leak_no_descriptors(sandbox: Sandbox) -> None:
    # The client of the engine keeps up to 25 idle connections; the first runs fill them.
    many, kept = (60, 2) if sandbox.name == "sandlock" else (4, 20)
    fresh = another(sandbox.name)
    before = open_descriptors()

    def one(number: int) -> bool:
        return run(fresh, f"print({number})").stdout == b"%d\n" % number

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(one, range(many)))
    fresh.close()
    assert open_descriptors() <= before + kept


def test_an_unwritable_folder_is_the_sandboxs_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = another("sandlock")
    with monkeypatch.context() as changed, pytest.raises(SandboxFault):
        changed.setattr(tempfile, "tempdir", "/proc/nowhere")
        run(fresh, "print(1)")
    fresh.close()


def test_sandlock_that_cannot_start_is_a_fault_and_leaves_nothing(scratch: Path) -> None:
    sandbox = required_sandbox("sandlock")
    assert isinstance(sandbox, SandlockSandbox)
    job = Job(files={}, command=("/nonexistent/program",), limits=Limits(), readable=("/nonexistent/folder",))
    with pytest.raises(SandboxFault):
        sandbox.run(job)
    assert list(scratch.iterdir()) == []


@pytest.mark.docker
def test_a_missing_image_is_a_fault_and_is_not_pulled(docker: DockerSandbox) -> None:
    with pytest.raises(SandboxFault, match="docker pull goldloop-none:none"):
        make_sandbox("docker", image="goldloop-none:none")


def function_task(checks: str = "assert double(2) == 4\nassert double(5) == 10", **limits: Any) -> Task:
    return Task(id="double", suite="s", split="dev", group="g", prompt="p", golden="", checks=checks, limits=Limits(**limits))


GRADES = {
    "right": ("def double(x): return 2 * x", ("pass", "pass")),
    "wrong": ("def double(x): return 2 + x", ("fail", "wrong_value")),
    "loops": ("def double(x):\n    while True: pass", ("fail", "time")),
    "exits": ("import os\nos._exit(0)", ("fail", "exited_early")),
    "exits in a check": ("import os\ndef double(x): os._exit(0)", ("fail", "exited_early")),
    "kills itself": ("import os\nos.kill(os.getpid(), 9)", ("fail", "denied")),
}


@pytest.mark.parametrize("case", GRADES)
def test_the_judge_grades(sandbox: Sandbox, case: str) -> None:
    code, expected = GRADES[case]
    verdict = grade(function_task(wall_seconds=1.0), code, sandbox)
    assert (verdict.status, verdict.reason) == expected, verdict
    assert verdict.sandbox == sandbox.tier


@pytest.mark.parametrize("query", ["right", "wrong"])
def test_the_judge_grades_sql(query: str) -> None:
    task = Task(
        id="q", suite="s", split="dev", group="g", kind="sql", prompt="p", golden="", checks="assert rows() == [(3,)]",
        starter={"schema.sql": "create table t(a int); insert into t values (1), (2);"},
    )  # fmt: skip
    code = "select sum(a)::int from t" if query == "right" else "select count(*)::int from t"
    verdict = grade(task, code, required_sandbox("sandlock"))
    assert verdict.reason == ("pass" if query == "right" else "wrong_value"), verdict


def scripted(*faults: bool) -> tuple[Verdict, int]:
    """The verdict where the sandbox breaks down as told, run by run, and else answers rightly; and the runs it took."""
    plan = list(faults)

    def answer(job: Job) -> Outcome:
        if plan.pop(0):
            raise SandboxFault("the engine is gone")
        lines = b'{"load": null}\n{"step": 0, "value": 4}\n{"step": 1, "value": 10}\n{"end": true}\n'
        return Outcome(exit_code=0, stdout=lines, stderr=b"", timed_out=False, killed=False, truncated=False, wall_seconds=0.1)

    sandbox = ScriptedSandbox(answer)
    return grade(function_task(), "def double(x): return 2 * x", sandbox), len(sandbox.jobs)


def test_a_sandbox_that_breaks_down_twice_is_an_error_not_a_fail() -> None:
    verdict, runs = scripted(True, True)
    assert (verdict.status, verdict.reason, runs) == ("error", "sandbox", 2)
    assert verdict.evidence["message"] == "the engine is gone"


def test_a_sandbox_that_breaks_down_once_is_tried_again() -> None:
    verdict, runs = scripted(True, False)
    assert (verdict.status, runs) == ("pass", 2)


def break_sandboxes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    asked = []

    def broken(name: str, **options: Any) -> Sandbox:
        asked.append(name)
        raise SandboxFault(f"{name} is broken")

    monkeypatch.setattr(evals.sandboxes, "make_sandbox", broken)
    return asked


def test_without_a_sandbox_nothing_runs_bare(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = break_sandboxes(monkeypatch)
    with pytest.raises(BadInput, match=r"sandlock is broken.*docker is broken.*pip install sandlock.*Docker engine"):
        open_sandbox()
    assert asked == ["sandlock", "docker"]


def test_a_sandbox_that_fails_its_self_test_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evals.sandboxes, "make_sandbox", lambda name, **options: make_sandbox("local"))
    monkeypatch.setattr(evals.sandboxes, "self_test", lambda sandbox: ["can read a host file"])
    with pytest.raises(BadInput, match=r"sandlock: self-test failed: can read a host file .* docker: self-test failed"):
        open_sandbox()


def test_the_bare_process_runs_only_when_asked_for_by_its_flag() -> None:
    with pytest.raises(BadInput, match="--unsafe-local"):
        open_sandbox("local")
    assert open_sandbox(unsafe_local=True).name == "local"


def test_opening_gives_a_sandbox_that_works() -> None:
    required_sandbox("sandlock")
    opened = open_sandbox("sandlock")
    started = time.monotonic()
    assert run(opened, "print(1)").stdout == b"1\n"
    assert time.monotonic() - started < 3
    opened.close()


def test_a_folder_is_removed_however_deep_and_closed_it_is_and_no_link_in_it_is_followed(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir(mode=0o751)
    (kept / "file").write_text("mine")
    folder = tmp_path / "box"
    folder.mkdir()
    (folder / "link").symlink_to(kept)
    (folder / "closed").mkdir()
    (folder / "closed" / "link").symlink_to(kept)
    (folder / "closed").chmod(0)
    here = os.open(folder, os.O_RDONLY)
    for _ in range(3000):  # no path reaches the end of it, and no recursion of the interpreter's
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.fchmod(here, 0)
        os.close(here)
        here = inner
    os.close(here)
    remove_folder(str(folder))
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert (kept / "file").read_text() == "mine"
    assert kept.stat().st_mode & 0o777 == 0o751
    link = tmp_path / "link"
    link.symlink_to(kept)
    with pytest.raises(OSError, match="link"):
        remove_folder(str(link))
