"""The sandbox's part in a failure is told apart: what it denies, what no environment holds, what all kinds have alike."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sandbox_requirements import required_sandbox

from evals.errors import SandboxFault, ToolchainMissing
from evals.graders import grade
from evals.graders.base import DEEPEST_CALLS
from evals.graders.boundary import attributed
from evals.reasons import KINDS, REASONS
from evals.records import Task, Verdict
from evals.toolchains import packages as environments

BOXES = ("sandlock", "docker")
KINDS_OF_TASKS = ("function", "stdin", "tests")


def task(kind: str, answer: str, **changes: Any) -> Task:
    """A task whose right answers define ``f``, which returns, or prints, ``answer``."""
    values: dict[str, dict[str, Any]] = {
        "function": {"checks": f"assert f() == {answer}"},
        "stdin": {"cases": [{"stdin": "", "stdout": f"{answer}\n"}]},
        "tests": {
            "entry": "answer.py",
            "tests": {"tests/test_answer.py": f"from answer import f\n\n\ndef test_f():\n    assert f() == {answer}\n"},
        },
    }
    row = {"id": "t", "suite": "s", "split": "train", "group": "g", "prompt": "p", "golden": "pass", "kind": kind}
    return Task.model_validate({**row, "limits": {"wall_seconds": 30.0, "processes": 32}, **values[kind], **changes})


def judged(box: str, kind: str, code: str, answer: str = "1", **changes: Any) -> Verdict:
    whole = code + ("\nif __name__ == '__main__': print(f())\n" if kind == "stdin" else "")
    return grade(task(kind, answer, **changes), whole, required_sandbox(box))


@pytest.mark.parametrize("box", BOXES)
@pytest.mark.parametrize("kind", KINDS_OF_TASKS)
def test_calls_nest_as_deep_in_every_kind(box: str, kind: str) -> None:
    deep = "def depth(n): return 0 if n == 0 else 1 + depth(n - 1)\ndef f(): return depth({})"
    assert judged(box, kind, deep.format(DEEPEST_CALLS - 200), str(DEEPEST_CALLS - 200)).passed
    assert judged(box, kind, deep.format(DEEPEST_CALLS + 1), str(DEEPEST_CALLS + 1)).status == "fail"


HARMLESS = {
    "time zones": (
        "from datetime import datetime\nfrom zoneinfo import ZoneInfo\n"
        "def f(): return datetime(2024, 7, 1, tzinfo=ZoneInfo('Europe/Berlin')).utcoffset().seconds",
        "7200",
    ),
    "kinds of files": ("import mimetypes\ndef f(): return len(mimetypes.guess_type('a.png')[0])", "9"),
    "a lock": ("import multiprocessing\ndef f():\n    with multiprocessing.Lock(): return 1", "1"),
    "a pool": (
        "from multiprocessing import Pool\ndef double(n): return n * 2\n"
        "def f():\n    with Pool(2) as pool: return sum(pool.map(double, [1, 2]))",
        "6",
    ),
    "an executor": (
        "from concurrent.futures import ProcessPoolExecutor\ndef double(n): return n * 2\n"
        "def f():\n    with ProcessPoolExecutor(2) as pool: return sum(pool.map(double, [1, 2]))",
        "6",
    ),
    "shared values": (
        "import multiprocessing as m\ndef add(value, lock, queue):\n    for _ in range(50):\n"
        "        with lock: value.value += 1\n    queue.put(1)\n"
        "def f():\n    value, lock, queue = m.Value('i', 0, lock=False), m.Lock(), m.Queue(2)\n"
        "    started = [m.Process(target=add, args=(value, lock, queue)) for _ in range(2)]\n"
        "    for p in started: p.start()\n    for p in started: p.join()\n    return value.value + queue.qsize()",
        "102",
    ),
    "shared memory": (
        "from multiprocessing.shared_memory import SharedMemory\ndef f():\n    first = SharedMemory(create=True, size=8)\n"
        "    second = SharedMemory(first.name)\n    first.buf[0] = 7\n    found = second.buf[0]\n    second.close()\n"
        "    first.close()\n    first.unlink()\n    return found",
        "7",
    ),
    "a program": ("import subprocess\ndef f(): return len(subprocess.run(['echo', 'hi'], capture_output=True).stdout)", "3"),
    "a shell": ("import os\ndef f(): return os.system('true')", "0"),
    "randomness": ("def f(): return len(open('/dev/urandom', 'rb').read(3))", "3"),
    "the user's name": ("import getpass\ndef f(): return len(getpass.getuser()) > 0 and 1", "1"),
    "a semaphore that is released too often": (
        "import multiprocessing as m\ndef f():\n    s = m.BoundedSemaphore(2)\n    s.acquire()\n    s.release()\n"
        "    try: s.release()\n    except ValueError: return s.get_value()",
        "2",
    ),
    "a lock that another process holds": (
        "import multiprocessing as m\ndef hold(lock, ready):\n    lock.acquire()\n    ready.set()\n"
        "def f():\n    lock, ready = m.Lock(), m.Event()\n    p = m.Process(target=hold, args=(lock, ready))\n    p.start()\n"
        "    ready.wait()\n    p.join()\n    return int(lock.acquire(timeout=0.05))",
        "0",
    ),
}


@pytest.mark.parametrize("box", BOXES)
@pytest.mark.parametrize("what", HARMLESS)
def test_what_harms_nobody_works_in_functions_and_programs(box: str, what: str) -> None:
    code, answer = HARMLESS[what]
    for kind in ("function", "stdin"):
        verdict = judged(box, kind, code, answer)
        assert verdict.passed, (kind, verdict)


@pytest.mark.parametrize("box", BOXES)
def test_a_program_reads_its_input_by_its_name_in_every_sandbox(box: str) -> None:
    code = "print(open('/dev/stdin').read() + open(0).read())"
    cases = [{"stdin": "a", "stdout": "aa"}, {"stdin": "b", "stdout": "bb"}]
    assert grade(task("stdin", "", cases=cases), code, required_sandbox(box)).passed


DENIED = {
    "a file of the machine": "def f(): return len(open('/etc/shadow').read())",
    "a file outside": "def f(): return open('/usr/goldloop-x', 'w').write('1')",
    "an address": "import socket\ndef f(): return len(str(socket.create_connection(('192.0.2.1', 80), 1)))",
    "a name": "import urllib.request\ndef f(): return urllib.request.urlopen('http://example.com').status",
    "the kernel's files": "def f(): return len(open('/proc/self/maps').read())",
}


@pytest.mark.parametrize("box", BOXES)
@pytest.mark.parametrize("what", DENIED)
def test_what_the_sandbox_denies_has_a_reason_of_its_own(box: str, what: str) -> None:
    for kind in KINDS_OF_TASKS:
        verdict = judged(box, kind, DENIED[what])
        assert (verdict.status, verdict.reason) == ("fail", "denied"), (kind, verdict)
        assert verdict.evidence["without_the_sandbox"] != "denied"
    assert KINDS[REASONS["denied"].kind].meaning.startswith("the sandbox denies")


HONEST = {
    "an error of the answer's own": "def f(): raise PermissionError('you may not')",
    "a wrong value": "def f(): return '[Errno 13] Permission denied'",
    "a file that is not there": "def f(): return open('nothing.txt').read()",
}


@pytest.mark.parametrize("what", HONEST)
def test_what_the_answer_does_wrong_stays_its_own(what: str) -> None:
    for kind in KINDS_OF_TASKS:
        verdict = judged("sandlock", kind, HONEST[what])
        assert verdict.status == "fail", verdict
        assert verdict.reason != "denied", verdict


IMPORTS = "import numpy\ndef f(): return int(numpy.arange(2).sum())"


@pytest.mark.parametrize("box", BOXES)
@pytest.mark.parametrize("kind", KINDS_OF_TASKS)
def test_without_packages_no_kind_has_any(box: str, kind: str) -> None:
    """What lies beside goldloop, or beside its interpreter, is in no answer's reach."""
    for name in ("numpy", "pydantic", "pip", "setuptools"):
        verdict = judged(box, kind, f"import {name}\ndef f(): return 1")
        assert verdict.status == "fail", (name, verdict)
        assert "No module named" in str(dict(verdict.evidence)), verdict


ALLOWED: dict[str, dict[str, Any]] = {
    "the prompt says so": {"prompt": "Sum them. You may use numpy."},
    "the prompt imports it": {"prompt": "Complete:\nimport numpy as np\ndef f():"},
    "the golden does": {"golden": "import numpy as np\n"},
    "the checks do": {"checks": "import numpy\nassert f() == 1"},
}
FORBIDDEN = {
    "nothing said": {"prompt": "Sum them."},
    "forbidden": {"prompt": "Sum them. Do not use numpy."},
    "without": {"prompt": "Sum them without numpy."},
    "another word": {"prompt": "Call it numpyish."},
}


@pytest.mark.parametrize("how", ALLOWED)
def test_a_missing_package_that_the_task_allows_is_an_error(how: str) -> None:
    verdict = judged("sandlock", "function", IMPORTS, **ALLOWED[how])
    assert (verdict.status, verdict.reason) == ("error", "package"), verdict
    assert "numpy is in no environment" in verdict.evidence["message"]


@pytest.mark.parametrize("how", FORBIDDEN)
def test_a_missing_package_that_the_task_does_not_allow_is_the_answers(how: str) -> None:
    for kind in KINDS_OF_TASKS:
        assert judged("sandlock", kind, IMPORTS, **FORBIDDEN[how]).status == "fail"


def test_a_javascript_package_that_is_missing_is_told_apart_too() -> None:
    failed = Verdict(
        status="fail", reason="load_error", evidence={"message": "Error: Cannot find package '@acme/charts' imported"}
    )
    code = "import { line } from '@acme/charts'"
    allowed = task("function", "1", prompt="Use @acme/charts for it.", language="tsx")
    assert attributed(failed, allowed, code).reason == "package"
    assert attributed(failed, task("function", "1"), code) == failed


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels, as pip is set to find them, and an empty cache."""
    source = tmp_path / "source"
    (source / "shades").mkdir(parents=True)
    (source / "shades" / "__init__.py").write_text("GREY = 7\n")
    folder = tmp_path / "wheels"
    folder.mkdir()
    info = "shades-1.2.0.dist-info"
    (source / info).mkdir()
    (source / info / "METADATA").write_text("Metadata-Version: 2.1\nName: shades\nVersion: 1.2.0\n")
    (source / info / "WHEEL").write_text("Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    (source / info / "RECORD").write_text(f"shades/__init__.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    made = subprocess.run(
        [sys.executable, "-m", "zipfile", "-c", str(folder / "shades-1.2.0-py3-none-any.whl"), "shades", info],
        cwd=source,
        check=True,
        capture_output=True,
    )
    assert made.returncode == 0
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("GOLDLOOP_TOOLCHAINS", str(tmp_path / "cache"))
    return folder


PACKAGES = ("shades==1.2.0",)
SHADES = "import shades\ndef f(): return shades.GREY"


@pytest.mark.parametrize("box", BOXES)
def test_a_set_of_packages_is_built_once_and_works_in_every_kind(wheels: Path, box: str) -> None:
    for kind in KINDS_OF_TASKS:
        verdict = judged(box, kind, SHADES, "7", packages=PACKAGES)
        assert (verdict.status, verdict.reason) == ("error", "sandbox"), verdict
        assert "goldloop images build" in verdict.evidence["message"]
    folder = environments.build_environment(PACKAGES, offline=True)
    assert environments.build_environment(PACKAGES, offline=True) == folder
    assert [made.installed for made in environments.built_environments()] == [("shades==1.2.0",)]
    for kind in KINDS_OF_TASKS:
        assert judged(box, kind, SHADES, "7", packages=PACKAGES).passed
        assert judged(box, kind, SHADES, "7").status == "fail"


def test_an_answer_cannot_say_that_a_package_is_missing(wheels: Path) -> None:
    environments.build_environment(PACKAGES, offline=True)
    lie = "import shades\ndef f(): raise ModuleNotFoundError(\"No module named 'shades'\")"
    for kind in KINDS_OF_TASKS:
        assert judged("sandlock", kind, lie, "7", packages=PACKAGES, prompt="Use shades.").status == "fail"


def test_a_package_that_cannot_be_had_leaves_nothing_behind(wheels: Path) -> None:
    with pytest.raises(SandboxFault, match="pip failed"):
        environments.build_environment(("shades==9.9",), offline=True)
    assert list(environments.built_environments()) == []
    with pytest.raises(ToolchainMissing):
        environments.import_paths(("shades==9.9",))


@pytest.mark.parametrize(
    ("package", "pinned"),
    [("numpy==2.2.0", True), ("ruamel.yaml==0.18.6", True), ("uvicorn[standard]==0.30.1", True), ("torch==2.3.0+cpu", True)]
    + [
        (text, False)
        for text in ("numpy", "numpy>=2", "numpy==", "numpy==2.*", "--index-url=x==1", "a b==1", "git+https://x==1", "")
    ],
)
def test_only_pinned_packages_are_taken(package: str, pinned: bool) -> None:
    assert environments.is_pinned(package) is pinned
