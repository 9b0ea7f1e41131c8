"""The Docker sandbox: what its containers may do, that they end with their owner, and that no attempt meets another."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from sandbox_requirements import IMAGE, required_sandbox

from evals.errors import SandboxFault
from evals.records import Limits
from evals.sandboxes import self_test
from evals.sandboxes.base import Job, Outcome
from evals.sandboxes.docker import LABEL, DockerSandbox

pytestmark = pytest.mark.docker

COMMAND = ("{python}", "-I", "-S", "-B", "program.py")


@pytest.fixture
def docker() -> DockerSandbox:
    found = required_sandbox("docker")
    assert isinstance(found, DockerSandbox)
    return found


@pytest.fixture
def own(docker: DockerSandbox) -> Iterator[DockerSandbox]:
    """A sandbox of this test alone."""
    made = DockerSandbox(image=IMAGE)
    yield made
    made.close()


@pytest.fixture(scope="module")
def single() -> Iterator[DockerSandbox]:
    """A sandbox whose containers are used once: any named runtime makes it so."""
    required_sandbox("docker")
    made = DockerSandbox(image=IMAGE, runtime="runc")
    yield made
    made.close()


def run(sandbox: DockerSandbox, source: str, outputs: tuple[str, ...] = (), **limits: Any) -> Outcome:
    chosen: dict[str, Any] = {"wall_seconds": 5.0, "memory_mb": 256, "processes": 8, **limits}
    files = {"program.py": source.encode()}
    return sandbox.run(Job(files=files, command=COMMAND, limits=Limits(**chosen), outputs=outputs))


def said(outcome: Outcome) -> Any:
    assert outcome.exit_code == 0, outcome
    return json.loads(outcome.stdout)


def containers(sandbox: DockerSandbox) -> dict[str, str]:
    """Ids and states of this process's containers."""
    found = sandbox._api.containers(all=True, filters={"label": f"{LABEL}={sandbox._owner}"})
    return {container["Id"]: container["State"] for container in found}


def the_container(sandbox: DockerSandbox) -> dict[str, Any]:
    """What the engine knows of the only container of a sandbox of this test."""
    others = containers(required_sandbox("docker"))  # type: ignore[arg-type]
    [box] = sandbox._spare.values()
    name = box.channel._container  # type: ignore[attr-defined]
    found: dict[str, Any] = sandbox._api.inspect_container(name)
    assert found["Id"] in others
    return found


def test_the_tier_names_the_engine_and_the_namespaces(docker: DockerSandbox) -> None:
    assert docker.tier.startswith("docker/")
    assert docker.tier.endswith("+namespaces"), docker.tier


def test_a_container_has_no_more_than_it_needs(own: DockerSandbox) -> None:
    found = the_container(own)
    host, config = found["HostConfig"], found["Config"]
    assert config["User"] == "65534:65534"
    assert config["StdinOnce"]
    assert {key: host[key] for key in ("NetworkMode", "ReadonlyRootfs", "Init", "IpcMode", "Privileged")} == {
        "NetworkMode": "none", "ReadonlyRootfs": True, "Init": True, "IpcMode": "private", "Privileged": False,
    }  # fmt: skip
    assert (host["CapDrop"], host["CapAdd"]) == (["ALL"], None)
    assert host["LogConfig"]["Type"] == "none"
    assert host["Memory"] == host["MemorySwap"] > 0
    assert 0 < host["PidsLimit"] < 64
    assert host["NanoCpus"] == 10**9
    assert not host["Binds"]
    assert {limit["Name"] for limit in host["Ulimits"]} == {"nofile", "core", "fsize"}
    assert "no-new-privileges" in host["SecurityOpt"]
    for options in host["Tmpfs"].values():
        assert {"nosuid", "nodev", "mode=0700", "uid=65534", "gid=65534"} <= set(options.split(","))


def test_the_system_call_profile_names_no_call_that_reaches_the_machine() -> None:
    profile = json.loads((Path(DockerSandbox.__init__.__code__.co_filename).with_name("seccomp.json")).read_text())
    assert profile["defaultAction"] == "SCMP_ACT_ERRNO"
    allowed = {name for rule in profile["syscalls"] if rule["action"] == "SCMP_ACT_ALLOW" for name in rule["names"]}
    assert not allowed & {
        "io_uring_setup", "io_uring_enter", "io_uring_register", "keyctl", "add_key", "request_key", "bpf", "perf_event_open",
        "userfaultfd", "ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "setns", "pivot_root", "chroot", "umount2",
        "move_mount", "open_tree", "fsopen", "open_by_handle_at", "pidfd_getfd", "init_module", "kexec_load", "reboot",
    }  # fmt: skip
    assert "clone3" not in allowed


LEAVE = {
    "files": "for d in ('.', '/tmp', '/dev/shm', '/box', '/var/tmp', '/run', '/dev'):\n"
    "    try: open(d + '/left', 'w').write('x')\n    except OSError: pass",
    "a session": "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(60)",
    "an abstract socket": "import os, socket, time\ns = socket.socket(socket.AF_UNIX)\ns.bind('\\0left')\ns.listen()\n"
    "if os.fork() == 0: time.sleep(60)",
    "a port": "import os, socket, time\ns = socket.create_server(('127.0.0.1', 4711))\nif os.fork() == 0: time.sleep(60)",
    "shared memory": "import ctypes\nctypes.CDLL(None).shmget(4711, 4096, 0o1666)",
    "a message queue": "import ctypes\nctypes.CDLL(None).mq_open(b'/left', 0o102, 0o666, None)",
    "a variable": "import os, ctypes\nctypes.CDLL(None).setenv(b'LEFT', b'x', 1)\nos.environ['LEFT'] = 'x'",
    "modules": "import sys, json, builtins\njson.left = builtins.left = sys.left = 1",
    "a host name": "import ctypes\nctypes.CDLL(None).sethostname(b'left', 4)",
    "a changed folder": "import os\nos.chmod('.', 0)\nos.mkdir('/tmp/left')",
}

LOOK = """
import ctypes, os, socket, sys, json, builtins
found = {}
libc = ctypes.CDLL(None)
found["files"] = [d for d in ('.', '/tmp', '/dev/shm', '/box', '/var/tmp', '/run', '/dev') if os.path.exists(d + '/left')]
found["folder"] = sorted(os.listdir())
found["box"] = os.listdir('/box')
found["tmp"] = os.listdir('/tmp')
found["processes"] = [n for n in range(3, 3000) if n != os.getpid() and not libc.kill(n, 0)]
for name, family, address in (("abstract", socket.AF_UNIX, "\\0left"), ("port", socket.AF_INET, ("127.0.0.1", 4711))):
    with socket.socket(family) as s:
        found[name] = s.connect_ex(address) == 0
found["shm"] = libc.shmget(4711, 4096, 0)
found["queue"] = libc.mq_open(b"/left", 0)
found["environment"] = "LEFT" in os.environ
found["modules"] = any(hasattr(m, "left") for m in (sys, json, builtins))
found["host"] = os.uname().nodename == "left"
print(json.dumps(found))
"""

NOTHING = {
    "files": [], "folder": ["program.py"], "box": ["goldloop-box-job"], "tmp": [], "processes": [], "abstract": False,
    "port": False, "shm": -1, "queue": -1, "environment": False, "modules": False, "host": False,
}  # fmt: skip


@pytest.mark.parametrize("what", LEAVE)
def test_an_attempt_meets_nothing_of_the_one_before(own: DockerSandbox, what: str) -> None:
    left = run(own, LEAVE[what])
    assert not left.timed_out, left
    before = containers(own)
    assert said(run(own, LOOK)) == NOTHING
    assert containers(own).keys() == before.keys()  # it was the same container


def test_an_attempt_cannot_signal_what_runs_it(own: DockerSandbox) -> None:
    run(own, "print()")
    before = containers(own)
    source = (
        "import os, signal\nfor n in range(1, 65):\n    if n not in (signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU):\n"
        "        for target in (1, os.getppid() or 1):\n            try: os.kill(target, n)\n            except OSError: pass\n"
        "print('alive')"
    )
    assert run(own, source).stdout == b"alive\n"
    assert run(own, "print('next')").stdout == b"next\n"
    assert containers(own).keys() == before.keys()


def test_an_attempt_sees_no_process_but_its_own(docker: DockerSandbox) -> None:
    source = "import json, os\nprint(json.dumps([[n for n in os.listdir('/proc') if n.isdigit()], os.getppid(), os.getpid()]))"
    assert said(run(docker, source)) == [[], 0, 2]


@pytest.mark.parametrize(
    "call",
    ["unshare(0x10000000)", "unshare(0x20000)", "setns(0, 0)", "umount(b'/proc')", "mount(b't', b'/tmp', b'tmpfs', 0, None)",
     "chroot(b'/tmp')", "syscall(425, 1, 0)", "syscall(250, 0, -3, 0)", "syscall(101, 0, 0, 0, 0)", "syscall(321, 0, 0, 0)",
     "syscall(155, b'/tmp', b'/tmp')", "syscall(56, 0x10000000 | 17, 0, 0, 0, 0)", "syscall(323, 0)", "socket(40, 1, 0)"],
)  # fmt: skip
@pytest.mark.skipif(os.uname().machine != "x86_64", reason="system calls by their numbers of x86-64")
@pytest.mark.parametrize("mode", ["docker", "single"])
def test_a_way_out_of_the_namespaces_is_closed(request: pytest.FixtureRequest, mode: str, call: str) -> None:
    sandbox: DockerSandbox = request.getfixturevalue(mode)
    source = f"import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nprint(libc.{call}, ctypes.get_errno() in (1, 38, 97))"
    assert run(sandbox, source).stdout == b"-1 True\n"


def test_an_output_comes_back_only_as_a_plain_file(docker: DockerSandbox) -> None:
    source = (
        "import os\nopen('plain', 'w').write('text')\nos.symlink('/etc/passwd', 'link')\nos.mkfifo('pipe')\nos.mkdir('folder')\n"
        "os.link('program.py', 'twin')\nos.mkdir('real')\nopen('real/file', 'w').write('text')\nos.symlink('real', 'way')"
    )
    names = ("plain", "link", "pipe", "folder", "twin", "missing", "real/file", "way/file")
    assert run(docker, source, names).files == {"plain": b"text", "real/file": b"text"}


def test_containers_are_kept_after_a_job_and_gone_after_closing(docker: DockerSandbox) -> None:
    made = DockerSandbox(image=IMAGE)
    before = containers(docker)
    assert len(before) >= 1
    assert run(made, "print(1)").stdout == b"1\n"
    names = [box.channel._container for boxes in made._pool._idle.values() for box in boxes]  # type: ignore[attr-defined]
    assert len(names) == 1
    made.close()
    left = {name.lstrip("/") for c in docker._api.containers(all=True, filters={"label": LABEL}) for name in c["Names"]}
    assert not left & set(names)


def test_a_container_is_thrown_away_after_a_limit_ended_the_job(own: DockerSandbox) -> None:
    def idle() -> set[str]:
        return {box.channel._container for boxes in own._pool._idle.values() for box in boxes}  # type: ignore[attr-defined]

    run(own, "print(1)")
    before = idle()
    assert before
    assert run(own, "while True: pass", wall_seconds=0.3).timed_out
    assert not idle() & before


_OWNER = """
import sys, time
from evals.records import Limits
from evals.sandboxes.base import Job
from evals.sandboxes.docker import DockerSandbox
sandbox = DockerSandbox(image=sys.argv[1])
print(sandbox._owner, flush=True)
sandbox.run(Job(files={}, command=("{python}", "-c", "import time; time.sleep(60)"), limits=Limits(wall_seconds=60)))
"""


def test_containers_of_a_killed_owner_end_by_themselves_and_are_swept(docker: DockerSandbox) -> None:
    with subprocess.Popen([sys.executable, "-c", _OWNER, IMAGE], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            label = f"{LABEL}={process.stdout.readline().strip()}"

            def states() -> list[str]:
                return [c["State"] for c in docker._api.containers(all=True, filters={"label": label})]

            assert "running" in states()
        finally:
            process.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while "running" in states() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert set(states()) <= {"exited"}
    docker._sweep()
    assert states() == []


def test_opening_removes_the_containers_of_dead_owners_only(docker: DockerSandbox) -> None:
    dead = docker._owner.rpartition("/")[0] + "/1"  # our pid, but started at another time
    elsewhere = "00000000-0000-0000-0000-000000000000/pid:[1]/1/1"
    made = {}
    try:
        for owner in (dead, elsewhere, docker._owner):
            made[owner] = docker._api.create_container(docker._image("python"), ["true"], labels={LABEL: owner})["Id"]
        docker._sweep()
        left = {container["Id"] for container in docker._api.containers(all=True, filters={"label": LABEL})}
        assert {owner for owner, container in made.items() if container in left} == {elsewhere, docker._owner}
    finally:
        for container in made.values():
            docker._remove(container)


def test_a_sandbox_that_nobody_closed_leaves_no_container(docker: DockerSandbox) -> None:
    source = _OWNER.replace("time.sleep(60)", "pass")
    done = subprocess.run([sys.executable, "-c", source, IMAGE], capture_output=True, text=True, check=True)
    assert docker._api.containers(all=True, filters={"label": f"{LABEL}={done.stdout.strip()}"}) == []
    assert done.stderr == ""


@pytest.mark.parametrize("step", ["create_container", "attach_socket", "start"])
def test_a_step_of_the_engine_that_fails_leaves_no_container(
    own: DockerSandbox, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    before = containers(own)
    real = getattr(own._api, step)

    def broken(*arguments: Any, **options: Any) -> NoReturn:
        if step == "create_container":  # made, but the answer is lost
            real(*arguments, **options)
        raise ConnectionError("lost")

    monkeypatch.setattr(own._api, step, broken)
    with pytest.raises(SandboxFault, match="lost"):
        run(own, "print(1)", memory_mb=99)
    monkeypatch.undo()
    own._remover.submit(int).result()
    assert containers(own).keys() == before.keys()


def test_containers_that_are_used_once_hold_too(single: DockerSandbox) -> None:
    assert " single" in single.tier
    assert self_test(single) == []


ENDING = {
    "all": ("import os\ntry: os.kill(-1, 9)\nexcept ProcessLookupError: pass", 0),
    "the first": (
        "import os\nfor n in range(1, 65):\n    if n not in (19, 20, 21, 22):\n        try: os.kill(1, n)\n"
        "        except OSError: pass",
        0,
    ),
    "itself": ("import os\nos.kill(os.getpid(), 9)", 1),  # in the end it is not allowed to
}


@pytest.mark.parametrize("target", ENDING)
def test_an_attempt_cannot_end_its_container_before_it_was_judged(single: DockerSandbox, target: str) -> None:
    source, exit_code = ENDING[target]
    assert run(single, source).exit_code == exit_code


def test_a_container_that_is_used_once_meets_one_attempt(single: DockerSandbox) -> None:
    run(single, LEAVE["files"])
    assert said(run(single, LOOK))["files"] == []


def test_an_attempt_cannot_write_to_the_zygotes_stream(single: DockerSandbox) -> None:
    source = (
        "import os\nfor n in os.listdir('/proc'):\n    for fd in range(9 if n.isdigit() and int(n) != os.getpid() else 0):\n"
        "        try: os.write(os.open(f'/proc/{n}/fd/{fd}', os.O_WRONLY), b'x')\n        except OSError: continue\n"
        "        print('wrote', n, fd)\nprint('end')"
    )
    assert run(single, source).stdout == b"end\n"
