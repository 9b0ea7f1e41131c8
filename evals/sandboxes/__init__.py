"""Sandboxes by name, the choice between them, and the self-test that each must pass before it grades anything.

Add one: a class with ``name``, ``tier``, ``run`` and ``close`` (see ``base.Sandbox``) and a row in SANDBOXES, or
``pkg.mod:Class`` in the configuration.
"""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evals.errors import BadInput, SandboxFault
from evals.plugins import load
from evals.records import Limits
from evals.sandboxes.base import Job, Outcome, Sandbox

SANDBOXES: Mapping[str, str] = {
    "sandlock": "evals.sandboxes.sandlock:SandlockSandbox",
    "docker": "evals.sandboxes.docker:DockerSandbox",
    "local": "evals.sandboxes.local:LocalSandbox",
}

_INSTALL = (
    "install sandlock (pip install sandlock; Linux 6.12 or newer) or start a Docker engine, or pass --unsafe-local to run "
    "model-written code unprotected"
)


def make_sandbox(name: str, **options: Any) -> Sandbox:
    """Build a sandbox by name or by ``pkg.mod:Class``, untested.

    Raises:
        BadInput: no such name, or it cannot be loaded.
        SandboxFault: it cannot work on this machine.
    """
    sandbox: Sandbox = load(SANDBOXES, name, "sandbox", more=["auto"])(**options)
    return sandbox


def open_sandbox(name: str = "auto", *, unsafe_local: bool = False, **docker: str) -> Sandbox:
    """A self-tested sandbox. ``auto`` takes sandlock, else docker; bare processes only with ``unsafe_local``.

    ``docker`` are options of the docker sandbox (``image``, ``web_image``, ``runtime``); empty ones are left out.

    Raises:
        BadInput: none works here; the message says what was tried and what to install.
    """
    if unsafe_local:
        return make_sandbox("local")
    if name == "local":
        raise BadInput("sandbox: 'local' isolates nothing; pass --unsafe-local if that is what you want")
    tried = []
    for candidate in ["sandlock", "docker"] if name == "auto" else [name]:
        options = {key: value for key, value in docker.items() if value} if candidate == "docker" else {}
        try:
            sandbox = make_sandbox(candidate, **options)
        except SandboxFault as error:
            tried.append(f"{candidate}: {error}")
            continue
        findings = self_test(sandbox)
        if not findings:
            return sandbox
        sandbox.close()
        tried.append(f"{candidate}: self-test failed: {'; '.join(findings)}")
    raise BadInput(f"no sandbox works here ({' | '.join(tried)}); {_INSTALL}")


_PROBE = """
import json, os, resource, socket, sys
found = {}
def attempt(name, action):
    try:
        found[name] = action()
    except BaseException as error:
        found[name] = type(error).__name__
def connect():
    with socket.create_connection(("127.0.0.1", PORT), 1):
        return "OPEN"
def fork():
    children = 0
    for _ in range(64):
        if os.fork() == 0:
            import time; time.sleep(3); os._exit(0)
        children += 1
    return "OPEN"
attempt("read a host file", lambda: "OPEN" if open(SECRET).read() else "OPEN")
attempt("write beside a host file", lambda: open(SECRET + ".new", "w") and "tried")
attempt("connect to the host", connect)
attempt("see the environment", lambda: "OPEN" if "GOLDLOOP_PROBE" in os.environ else "closed")
attempt("start 64 processes", fork)
def leave():
    open("left", "w").close()
    return "done"
attempt("(leaves a file)", leave)
def signal_parent():
    os.kill(os.getppid(), 0)
    return "OPEN"
def limit_parent():
    resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE)
    return "OPEN"
if os.getppid() > 1:  # 0 and 1 are not processes of the machine
    attempt("signal what started it", signal_parent)
    attempt("change its limits", limit_parent)
print(json.dumps(found))
"""
_SHARED_MEMORY = """
import os, time
held = bytearray(150 << 20)
for _ in range(4):
    if os.fork() == 0:
        for place in range(0, len(held), 4096): held[place] = 1
        time.sleep(2)
        os._exit(0)
time.sleep(2)
print("all")
"""
_FILES = """
import time
for number in range(100):
    with open(f"file{number}", "wb") as file: file.write(bytes(1 << 20))
time.sleep(1)
print("all")
"""


def self_test(sandbox: Sandbox) -> list[str]:
    """Try to escape. Returns what was found open or broken; empty means that the sandbox holds.

    Probes: correct arithmetic comes back, host files cannot be read or written, no connection to a listener on the host's
    loopback, no inherited environment, no process flood, the next job finds no file of the one before, what starts jobs
    cannot be touched by them; an endless loop is ended, and what takes too much memory, in one process or in several, or
    too much room for files.
    """
    import orjson

    findings: list[str] = []
    limits = Limits(wall_seconds=10.0, memory_mb=256, processes=8)

    def run(source: str, **changes: Any) -> Outcome:
        files = {"probe.py": source.encode()}
        command = ("{python}", "-I", "-S", "-B", "probe.py")
        return sandbox.run(Job(files=files, command=command, limits=limits.model_copy(update=changes)))

    os.environ["GOLDLOOP_PROBE"] = "1"
    try:
        with (
            tempfile.NamedTemporaryFile(prefix="goldloop-secret-", mode="w") as secret,
            socket.create_server(("127.0.0.1", 0)) as server,
        ):
            secret.write("secret")
            secret.flush()
            port = server.getsockname()[1]
            outcome = run(f"SECRET = {secret.name!r}\nPORT = {port}\n{_PROBE}")
            created = Path(secret.name + ".new")
            if created.exists():  # a private /tmp may be writable; only the host's counts
                created.unlink()
                findings.append("can write a host file")
        try:
            states = orjson.loads(outcome.stdout)
        except orjson.JSONDecodeError:
            error = outcome.stderr[-300:].decode(errors="replace").strip()
            return [f"a plain program did not run (exit {outcome.exit_code}): {error}"]
        findings += [f"can {name}" for name, state in states.items() if state == "OPEN"]
        if b"left" in run("import os\nprint(os.listdir())").stdout:
            findings.append("a job can find the files of another")
        if not run("while True: pass", wall_seconds=0.5).timed_out:
            findings.append("an endless loop was not ended")
        if b"all" in run("x = bytearray(1 << 30)\nfor i in range(0, 1 << 30, 4096): x[i] = 1\nprint('all')").stdout:
            findings.append("1 GiB could be used with a limit of 256 MiB")
        if b"all" in run(_SHARED_MEMORY).stdout:
            findings.append("several processes could use 600 MiB with a limit of 256 MiB")
        if b"all" in run(_FILES, file_mb=1).stdout:
            findings.append("100 files of 1 MiB could be kept with a limit of 1 MiB")
    except SandboxFault as error:
        findings.append(str(error))
    finally:
        del os.environ["GOLDLOOP_PROBE"]
    return findings
