"""What runs one after another in a box is as separate as in boxes of its own, and a box that breaks is no one's failure."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from sandbox_requirements import required_sandbox, unavailable

from evals.errors import SandboxFault
from evals.records import Limits
from evals.sandboxes._usage import usage_below
from evals.sandboxes._wire import FrameReader, Lost, read_answer
from evals.sandboxes.base import Job, Outcome
from evals.sandboxes.pool import Pool
from evals.sandboxes.sandlock import SandlockSandbox

PYTHON = ("{python}", "-I", "-S", "-B", "program.py")
ZYGOTE = "import os\nprint(os.getppid())"


@pytest.fixture
def box() -> Iterator[SandlockSandbox]:
    """A sandbox of this test alone; jobs of the same limits, one after another, share a box."""
    required_sandbox("sandlock")
    fresh = SandlockSandbox()
    yield fresh
    fresh.close()


def run(box: SandlockSandbox, source: str, outputs: tuple[str, ...] = (), **limits: Any) -> Outcome:
    chosen: dict[str, Any] = {"wall_seconds": 5.0, "memory_mb": 256, "processes": 8, **limits}
    job = Job(files={"program.py": source.encode()}, command=PYTHON, limits=Limits(**chosen), outputs=outputs)
    return box.run(job)


def zygote(box: SandlockSandbox) -> int:
    """The process that the next job is forked from."""
    return int(run(box, ZYGOTE).stdout)


def zygotes() -> list[int]:
    """Processes of this machine that are direct children of this one and run what boxes are started with."""
    found = []
    for process in usage_below(os.getpid()).processes:
        with suppress(OSError):  # gone meanwhile
            if b"confinements" in Path(f"/proc/{process}/cmdline").read_bytes():
                found.append(process)
    return found


def _settled(measure: Callable[[], int], expected: int) -> int:
    end = time.monotonic() + 2
    while (found := measure()) != expected and time.monotonic() < end:
        time.sleep(0.01)
    return found


def test_jobs_share_a_box_and_have_processes_of_their_own(box: SandlockSandbox) -> None:
    seen = [run(box, "import os\nprint(os.getppid(), os.getpid())").stdout.split() for _ in range(3)]
    assert len({parent for parent, _ in seen}) == 1
    assert len({own for _, own in seen}) == 3


def test_a_box_outlives_the_thread_that_asked_for_it(box: SandlockSandbox) -> None:
    found: list[int] = []
    asking = threading.Thread(target=lambda: found.append(zygote(box)))
    asking.start()
    asking.join()
    time.sleep(0.1)
    assert [zygote(box)] == found


LEFT_BEHIND = {
    "a file": ("open('left', 'w').write('x')", "import os\nprint(os.listdir())"),
    "a file above": ("open('../left', 'w').write('x')", "import os\nprint(os.path.exists('../left'))"),
    "a closed folder": ("import os\nos.makedirs('a/b')\nos.chmod('a', 0)", "import os\nprint(os.listdir())"),
    "an attribute": ("import os\nos.setxattr('.', 'user.left', b'x')", "import os\nprint(os.listxattr('.'))"),
    "the folder's time": ("import os\nos.utime('.', (5, 5))", "import os\nprint(os.stat('.').st_atime == 5)"),
    "a shared file": (
        "import os\nfor f in ('/tmp', '/dev/shm', '/var/tmp', '/run'):\n    try: open(f + '/goldloop-left', 'w')\n"
        "    except OSError: pass",
        "import os\nprint([f for f in ('/tmp', '/dev/shm', '/var/tmp', '/run') if os.path.exists(f + '/goldloop-left')])",
    ),
    "the environment": ("import os\nos.environ['LEFT'] = 'x'\nos.putenv('LEFT2', 'x')", "import os\nprint(sorted(os.environ))"),
    "a module": ("import sys\nsys.modules['left'] = sys", "import sys\nprint('left' in sys.modules)"),
    "a patched module": ("import math, json\nmath.pi = 3\njson.loads = 3", "import math, json\nprint(math.pi, json.loads)"),
    "a patched builtin": ("import builtins\nbuiltins.len = lambda x: 7", "print(len([]))"),
    "a signal handler": (
        "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)",
        "import signal\nprint(signal.getsignal(signal.SIGTERM))",
    ),
    "a blocked signal": (
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])",
        "import signal\nprint(signal.pthread_sigmask(signal.SIG_BLOCK, []))",
    ),
    "an open file": (
        "import os\nfor n in range(20): os.dup2(os.open('program.py', os.O_RDONLY), 40 + n)",
        "import os\nfor n in range(128):\n    try: os.fstat(n)\n    except OSError: continue\n    print(n)",
    ),
    "a limit": (
        "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))",
        "import resource\nprint(resource.getrlimit(resource.RLIMIT_NOFILE))",
    ),
    "a working folder": ("import os\nos.chdir('/')", "import os\nprint(os.getcwd() == os.environ['HOME'])"),
    "a mask": ("import os\nos.umask(0)", "import os\nprint(os.umask(0))"),
    "a niceness": ("import os\nos.nice(10)", "import os\nprint(os.getpriority(os.PRIO_PROCESS, 0))"),
    "a thread": ("import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
                 "import threading\nprint(threading.active_count())"),
    "an exit function": ("import atexit\natexit.register(print, 'left')", "import atexit\nprint(atexit._ncallbacks())"),
    "recursion": ("import sys\nsys.setrecursionlimit(50)", "import sys\nprint(sys.getrecursionlimit())"),
    "an argument": ("import sys\nsys.argv.append('x')\nsys.path.append('x')", "import sys\nprint(sys.argv, sys.path)"),
    "a random state": ("import random\nrandom.seed(1)", "import random\nrandom.seed(2)\nprint(random.random())"),
}  # fmt: skip


@pytest.mark.parametrize("kind", LEFT_BEHIND)
def test_the_next_job_finds_nothing_of_the_one_before(box: SandlockSandbox, kind: str) -> None:
    leave, look = LEFT_BEHIND[kind]
    untouched = run(box, look)
    assert untouched.exit_code == 0, untouched
    before = zygote(box)
    run(box, leave)
    assert zygote(box) == before  # else this shows nothing
    assert run(box, look).stdout == untouched.stdout


DAEMON = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in range(400):
            try:
                open("still-here", "w").write(str(number))
            except OSError:
                os._exit(0)
            time.sleep(0.02)
    os._exit(0)
time.sleep(0.05)
print("done")
"""


def test_no_process_of_a_job_outlives_it(box: SandlockSandbox) -> None:
    before = zygote(box)
    assert run(box, DAEMON).stdout == b"done\n"
    assert zygote(box) == before
    # The zygote has one child, forked ahead for the next job.
    assert _settled(lambda: len(usage_below(before).processes), 1) == 1
    time.sleep(0.1)
    assert len(usage_below(before).processes) == 1


def test_a_fork_bomb_ends_with_its_job(box: SandlockSandbox) -> None:
    source = "import os, time\nend = time.time() + 90\nwhile time.time() < end:\n    try: os.fork()\n    except OSError: pass"
    assert run(box, source, wall_seconds=1.0, processes=8).timed_out
    assert run(box, "print(1)", processes=8).stdout == b"1\n"


SYSTEM_CALL = "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\nparent = os.getppid()\n"
AGAINST_THE_ZYGOTE = {
    "kill": "import os\nos.kill(os.getppid(), 9)",
    "kill all": "import os\nos.kill(-1, 9)\nraise SystemExit(1)",  # it is told that it worked
    "kill its group": "import os\nos.killpg(os.getpgid(os.getppid()), 9)",
    "stop": "import os, signal\nos.kill(os.getppid(), signal.SIGSTOP)",
    "pidfd": "import os, signal\nsignal.pidfd_send_signal(os.pidfd_open(os.getppid()), 9)",
    "ptrace": SYSTEM_CALL + "assert libc.ptrace(16, parent, 0, 0) == 0",
    "limits": "import os, resource\nresource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (3, 3))",
    "affinity": "import os\nos.sched_setaffinity(os.getppid(), {0})",
    "priority": "import os\nos.setpriority(os.PRIO_PROCESS, os.getppid(), 19)",
    "scheduler": "import os\nos.sched_setscheduler(os.getppid(), os.SCHED_IDLE, os.sched_param(0))",
    "memory": "import os\nopen(f'/proc/{os.getppid()}/mem', 'r+b')",
    "descriptors": "import os\nopen(f'/proc/{os.getppid()}/fd/1', 'wb')",
    "environment": "import os\nopen(f'/proc/{os.getppid()}/environ')",
}


@pytest.mark.parametrize("attack", AGAINST_THE_ZYGOTE)
def test_a_job_cannot_touch_its_zygote(box: SandlockSandbox, attack: str) -> None:
    before = zygote(box)
    limits = [Path(f"/proc/{before}/limits").read_text(), os.sched_getaffinity(before), os.getpriority(os.PRIO_PROCESS, before)]
    outcome = run(box, AGAINST_THE_ZYGOTE[attack])
    assert outcome.exit_code == 1, outcome
    assert zygote(box) == before
    assert limits == [
        Path(f"/proc/{before}/limits").read_text(), os.sched_getaffinity(before), os.getpriority(os.PRIO_PROCESS, before)
    ]  # fmt: skip


def test_a_job_cannot_signal_another_box_or_the_host(box: SandlockSandbox) -> None:
    other = SandlockSandbox()
    try:
        victims = [zygote(other), os.getpid()]
        source = (
            "import os\nfor process in VICTIMS:\n    try:\n        os.kill(process, 0)\n        print('reached', process)\n"
            "    except OSError: pass\nprint('end')"
        ).replace("VICTIMS", repr(victims))
        assert run(box, source).stdout == b"end\n"
    finally:
        other.close()


def test_jobs_in_two_boxes_have_no_abstract_socket_in_common(box: SandlockSandbox) -> None:
    name = f"goldloop-test-{secrets.token_hex(4)}"
    serve = f"import socket, time\ns = socket.socket(socket.AF_UNIX)\ns.bind('\\0{name}')\ns.listen()\ntime.sleep(1)"
    connect = f"import socket\nsocket.socket(socket.AF_UNIX).connect('\\0{name}')\nprint('connected')"
    server = threading.Thread(target=run, args=(box, serve))
    server.start()
    try:
        time.sleep(0.3)
        assert b"connected" not in run(box, connect).stdout
    finally:
        server.join()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root reads another process's memory")
def test_nothing_of_a_job_is_in_the_memory_that_the_next_is_forked_from(box: SandlockSandbox) -> None:
    secret = secrets.token_hex(16)
    source = f"s = {secret[:16]!r} + {secret[16:]!r}\nprint(s)\nopen('out', 'w').write(s)\nraise ValueError(s)"
    outcome = run(box, source, outputs=("out",))
    assert (outcome.stdout.decode().strip(), outcome.files) == (secret, {"out": secret.encode()})
    process = zygote(box)
    for pid in (process, *usage_below(process).processes):
        memory = _memory(pid)
        assert b"goldloop-box-job" in memory  # else nothing was read
        assert secret.encode() not in memory
        assert secret[:16].encode() not in memory


def _memory(process: int) -> bytes:
    found = bytearray()
    with open(f"/proc/{process}/mem", "rb", 0) as memory:  # noqa: PTH123
        for line in Path(f"/proc/{process}/maps").read_text().splitlines():
            addresses, rights, *_ = line.split()
            if rights.startswith("rw"):
                start, end = (int(part, 16) for part in addresses.split("-"))
                memory.seek(start)
                found += memory.read(end - start)
    return bytes(found)


ABNORMAL: dict[str, tuple[str, dict[str, Any]]] = {
    "time": ("while True: pass", {"wall_seconds": 0.4}),
    "flood": ("import os\nwhile True: os.write(1, bytes(65536))", {"max_output_bytes": 100_000}),
    "killed": ("import os\nos.kill(os.getpid(), 9)", {}),
}


@pytest.mark.parametrize("ending", ABNORMAL)
def test_a_box_is_thrown_away_after_an_abnormal_end(box: SandlockSandbox, ending: str) -> None:
    source, limits = ABNORMAL[ending]
    before = zygote(box)
    run(box, source, **limits)
    assert zygote(box) != before


def test_a_box_is_renewed_after_so_many_jobs(box: SandlockSandbox) -> None:
    with closing(Pool(box._open, most_jobs=3)) as pool:
        box._pool = pool
        seen = [zygote(box) for _ in range(6)]
    assert len(set(seen[:3])) == 1
    assert len(set(seen)) == 2


def test_a_box_that_dies_is_not_the_jobs_failure(box: SandlockSandbox) -> None:
    victim = zygote(box)
    killer = threading.Timer(0.5, os.kill, (victim, signal.SIGKILL))
    killer.start()
    outcome = run(box, "import time\ntime.sleep(1)\nprint('done')")
    killer.join()
    assert (outcome.stdout, outcome.exit_code, outcome.killed) == (b"done\n", 0, False)
    assert zygote(box) != victim


def test_two_boxes_that_die_are_the_sandboxs_fault(box: SandlockSandbox) -> None:
    first = zygote(box)
    # The kernel's list of children can lack one while another ends, so the first is named.
    others = set(usage_below(os.getpid()).processes) - {first, *zygotes()}
    stop = threading.Event()

    def kill() -> None:
        while not stop.wait(0.4):
            for process in set(zygotes()) - others:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        with pytest.raises(SandboxFault, match="box"):
            run(box, "import time\ntime.sleep(4)")
    finally:
        stop.set()
        killer.join()


def test_a_box_ends_with_the_process_that_made_it() -> None:
    required_sandbox("sandlock")
    script = (
        "import sys, time\nfrom evals.records import Limits\nfrom evals.sandboxes.sandlock import SandlockSandbox\n"
        "from evals.sandboxes.base import Job\nbox = SandlockSandbox()\n"
        "def run(source):\n    return box.run(Job(files={'program.py': source}, limits=Limits(wall_seconds=30),\n"
        "        command=('{python}', '-I', '-S', '-B', 'program.py')))\n"
        "print(int(run(b'import os; print(os.getppid())').stdout), flush=True)\n"
        "run(b'import os, time\\nif os.fork() == 0: os.setsid()\\ntime.sleep(30)')\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "TMPDIR": folder}
        with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, env=environment) as process:
            assert process.stdout is not None
            root = int(process.stdout.readline())
            time.sleep(0.5)
            below = [root, *usage_below(root).processes]
            process.kill()
        end = time.monotonic() + 5
        while (alive := [pid for pid in below if Path(f"/proc/{pid}").exists()]) and time.monotonic() < end:
            time.sleep(0.05)
        assert alive == []
        assert len(below) == 3


def test_closing_twice_is_fine_and_a_closed_sandbox_keeps_no_box(box: SandlockSandbox) -> None:
    before = zygote(box)
    box.close()
    box.close()
    assert not Path(f"/proc/{before}").exists()


OUTPUTS = {
    "a plain file": ("open('out', 'w').write('x')", {"out": b"x"}),
    "an empty file": ("open('out', 'w')", {"out": b""}),
    "a file that fills the limit": ("open('out', 'wb').write(b'x' * (1 << 20))", {"out": b"x" * (1 << 20)}),
    "nothing": ("pass", {}),
    "a folder": ("import os\nos.mkdir('out')", {}),
    "a link": ("import os\nos.symlink('program.py', 'out')", {}),
    "a link to the interpreter's": ("import os, sys\nos.symlink(os.__file__, 'out')", {}),
    "a second name": ("import os\nos.link('program.py', 'out')", {}),
    "a pipe": ("import os\nos.mkfifo('out')", {}),
    "a socket": ("import socket\nsocket.socket(socket.AF_UNIX).bind('out')", {}),
    "a sparse giant": (
        "import os\nf = open('out', 'w')\ntry: os.ftruncate(f.fileno(), 1 << 40)\nexcept OSError: pass",
        {"out": b""},
    ),
}


@pytest.mark.parametrize("kind", OUTPUTS)
def test_only_plain_files_come_back(box: SandlockSandbox, kind: str) -> None:
    source, expected = OUTPUTS[kind]
    outcome = run(box, source, outputs=("out",), file_mb=1)
    assert outcome.files == expected, outcome
    assert zygote(box)


def test_a_file_behind_a_linked_folder_does_not_come_back(box: SandlockSandbox) -> None:
    source = "import os\nos.mkdir('real')\nopen('real/out', 'w').write('x')\nos.symlink('real', 'linked')"
    assert run(box, source, outputs=("linked/out", "real/out")).files == {"real/out": b"x"}


SUMS: dict[str, tuple[str, dict[str, Any]]] = {
    "memory behind forks": (
        "import os, time\nx = bytearray(60 << 20)\nfor _ in range(6):\n    if os.fork() == 0:\n"
        "        for i in range(0, len(x), 4096): x[i] = 1\n        time.sleep(3)\n        os._exit(0)\n"
        "time.sleep(3)\nprint('had it')",
        {"memory_mb": 160},
    ),
    "shared memory": (
        "import mmap, time\nx = [mmap.mmap(-1, 20 << 20) for _ in range(12)]\nfor m in x: m.write(bytes(20 << 20))\n"
        "time.sleep(1)\nprint('had it')",
        {"memory_mb": 128},
    ),
    "many files": (
        "import time\nfor n in range(40): open(f'f{n}', 'wb').write(bytes(1 << 20))\ntime.sleep(1)\nprint('had it')",
        {"file_mb": 2},
    ),
    "deleted files": (
        "import os, time\nkept = []\nfor n in range(40):\n    kept.append(open('f', 'wb', 0))\n"
        "    kept[-1].write(bytes(1 << 20))\n    os.unlink('f')\ntime.sleep(1)\nprint('had it')",
        {"file_mb": 2},
    ),
    "many entries": (
        "import os, time\nfor n in range(25_000): os.symlink('x', f'l{n}')\ntime.sleep(1)\nprint('had it')",
        {"wall_seconds": 20.0},
    ),
    "deep folders": (
        "import os, time\nfor n in range(300):\n    os.mkdir('d'); os.chdir('d')\ntime.sleep(1)\nprint('had it')",
        {},
    ),
    "threads": (
        "import threading, time\nthreading.stack_size(32768)\nfor _ in range(600): threading.Thread(target=time.sleep, args=(2,),"
        " daemon=True).start()\ntime.sleep(1)\nprint('had it', flush=True)\nimport os\nos._exit(0)",
        {},
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", SUMS)
def test_a_limit_holds_for_all_that_a_job_has_together(box: SandlockSandbox, kind: str) -> None:
    source, limits = SUMS[kind]
    outcome = run(box, source, **limits)
    assert (outcome.killed, outcome.exit_code) == (True, 137), outcome
    assert b"had it" not in outcome.stdout
    assert run(box, "print(1)", **limits).stdout == b"1\n"


NODE = "console.log(Object.keys(process.env).length < 12, process.cwd() === process.env.HOME)"
NODE_SUMS = {
    "one process": "const x = []; for (let i = 0; i < 40; i++) x.push(Buffer.alloc(20 << 20, 1)); console.log('had it')",
    "the heap": "const x = []; for (;;) x.push(new Array(1e5).fill(1.5))",
    "threads": (
        "import {Worker} from 'node:worker_threads'\n"
        "const s = 'const x = Buffer.alloc(150 << 20, 1); setTimeout(() => {}, 9000)'\n"
        "for (let i = 0; i < 4; i++) new Worker(s, {eval: true})\nsetTimeout(() => console.log('had it'), 8000)"
    ),
    "processes": (
        "import {spawn} from 'node:child_process'\nif (process.argv[2]) {\n"
        "    const x = Buffer.alloc(150 << 20, 1)\n    setTimeout(() => console.log(x.length), 9000)\n} else {\n"
        "    for (let i = 0; i < 4; i++) spawn(process.execPath, ['program.mjs', 'x'])\n"
        "    setTimeout(() => console.log('had it'), 8000)\n}"
    ),
}


def node(box: SandlockSandbox, source: str, **limits: Any) -> Outcome:
    if shutil.which("node") is None:
        unavailable("node", "install Node.js 20 or newer")
    chosen: dict[str, Any] = {"wall_seconds": 20.0, "memory_mb": 384, "processes": 8, **limits}
    job = Job(
        files={"program.mjs": source.encode()}, command=("{node}", "program.mjs"), limits=Limits(**chosen), toolchain="node"
    )
    return box.run(job)


def test_node_runs_with_a_clean_environment(box: SandlockSandbox) -> None:
    outcome = node(box, NODE)
    assert (outcome.stdout, outcome.exit_code) == (b"true true\n", 0), outcome


@pytest.mark.parametrize("kind", NODE_SUMS)
def test_memory_of_node_is_bounded_in_all(box: SandlockSandbox, kind: str) -> None:
    outcome = node(box, NODE_SUMS[kind])
    assert outcome.killed, outcome
    assert b"had it" not in outcome.stdout


def test_a_program_runs_the_same_compiled_as_the_first_time(box: SandlockSandbox) -> None:
    source = "import sys\nprint(__name__, __file__, sys.argv)\ndef f(): raise KeyError(3)\nf()"
    outcomes = [run(box, source) for _ in range(4)]
    assert {(outcome.stdout, outcome.stderr, outcome.exit_code) for outcome in outcomes} == {
        (outcomes[0].stdout, outcomes[0].stderr, 1)
    }
    assert outcomes[0].stdout == b"__main__ program.py ['program.py']\n"
    assert outcomes[0].stderr.startswith(
        b'Traceback (most recent call last):\n  File "program.py", line 4, in <module>\n    f()\n'
    )


@pytest.mark.parametrize("source", ["1 +", "(" * 5000, "\0", "x = " + "-" * 200_000 + "1", "'\\ud800'.encode()"])
def test_what_does_not_compile_or_run_is_the_programs_failure(box: SandlockSandbox, source: str) -> None:
    for _ in range(3):
        assert run(box, source).exit_code != 0


ENDS = {"sys.exit()": 0, "sys.exit(7)": 7, "sys.exit('no')": 1, "sys.exit(None)": 0, "sys.exit(-1)": 255, "1 / 0": 1,
        "import os; os._exit(9)": 9, "import atexit; atexit.register(print, 'late')": 0}  # fmt: skip


@pytest.mark.parametrize("source", ENDS)
def test_a_program_ends_as_under_an_interpreter_of_its_own(box: SandlockSandbox, source: str) -> None:
    outcome = run(box, f"import sys\n{source}")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "program.py").write_text(f"import sys\n{source}")
        real = subprocess.run([sys.executable, "-I", "-S", "-B", "program.py"], cwd=folder, capture_output=True, check=False)
    assert outcome.exit_code == ENDS[source] == real.returncode
    assert (outcome.stdout, outcome.stderr.replace(b'"/', b'"')) == (
        real.stdout,
        real.stderr.replace(folder.encode() + b"/", b""),
    )


class Scripted:
    """A channel that says what it was given."""

    def __init__(self, *frames: tuple[bytes, bytes]) -> None:
        self._chunks = [kind + len(data).to_bytes(4, "big") + data for kind, data in frames]

    def receive(self, deadline: float) -> bytes:
        return self._chunks.pop(0) if self._chunks else b""


END = (b"x", b"0 0 0 1500 700 0\n")
JOB = Job(files={}, command=("x",), limits=Limits(max_output_bytes=10, file_mb=1), outputs=("a",))


def answered(*frames: tuple[bytes, bytes]) -> Outcome:
    return read_answer(FrameReader(Scripted(*frames), time.monotonic() + 5), JOB).outcome


def test_an_answer_is_put_together_from_its_frames() -> None:
    outcome = answered((b"o", b"12"), (b"e", b"3"), (b"o", b"4"), (b"f", b"a\0\0x"), END)
    assert (outcome.stdout, outcome.stderr, outcome.files, outcome.wall_seconds) == (b"124", b"3", {"a": b"\0x"}, 0.0015)


BROKEN = {
    "nothing": (),
    "no end": ((b"o", b"1"),),
    "more output than is allowed": ((b"o", b"123456"), (b"o", b"123456"), END),
    "a kind that there is not": ((b"z", b""), END),
    "a second start": ((b"r", b""), END),
    "a file that nobody asked for": ((b"f", b"b\0x"), END),
    "a file twice": ((b"f", b"a\0x"), (b"f", b"a\0x"), END),
    "a file that is too big": ((b"f", b"a\0" + bytes((1 << 20) + 1)), END),
    "an end without numbers": ((b"x", b"all is well\n"),),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_box_that_breaks_the_protocol_is_lost(kind: str) -> None:
    with pytest.raises(Lost):
        answered(*BROKEN[kind])


def test_a_box_that_goes_on_after_the_end_is_lost() -> None:
    channel = Scripted(END)
    channel._chunks = [channel._chunks[0] + b"o"]
    with pytest.raises(Lost, match="more than it was asked"):
        read_answer(FrameReader(channel, time.monotonic() + 5), JOB)
