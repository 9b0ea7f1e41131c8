"""What the attacks aim at: a victim process, a secret, folders and marks that the test itself made, and what is left after.

Nothing here belongs to anybody else: an attack that gets through harms a process or a file of this test alone. Also the
helpers that send attacks to a sandbox and read what came of them.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import attacks_probe
import pytest
from attacks_bombs import Ending
from sandbox_requirements import required_sandbox

from evals.records import Limits
from evals.sandboxes.base import Job, Outcome, Sandbox

SANDBOXES = ["sandlock", pytest.param("docker", marks=pytest.mark.docker)]
COMMAND = ("{python}", "-I", "-S", "-B", "program.py")
_VICTIM = "import os, sys, time\nsecret = sys.stdin.readline()\nprint('ready', flush=True)\ntime.sleep(600)"
_MAIN = "import os, sys\nsys.path.insert(0, os.getcwd())\nimport attacks_probe, {name}\nattacks_probe.main({name}.PROBES)\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """The test's own things. ``secret`` is the text that must not get out, ``mark`` the name that attackers give themselves."""

    folder: Path
    secret: str
    mark: str
    victim: int

    def world(self, **more: Any) -> dict[str, Any]:
        """What the probes are told; the secret's text is not."""
        return {
            "folder": str(self.folder),
            "mark": self.mark,
            "victim": self.victim,
            "harness": os.getpid(),
            "owner": os.geteuid(),
            "harness_group": os.getpgrp(),
            "repository": str(Path(__file__).resolve().parent.parent),
            **more,
        }


@contextmanager
def own_things(monkeypatch: pytest.MonkeyPatch) -> Iterator[Own]:
    """Make them, readable for everybody, so that nothing but the sandbox is in the way; end and remove them."""
    secret = f"secret-{secrets.token_hex(12)}"
    monkeypatch.setenv("GOLDLOOP_ATTACK_SECRET", secret)
    with TemporaryDirectory(prefix="goldloop-own-") as name:
        folder = Path(name)
        home = folder / "home"
        for place in ("", "home", "home/.ssh", "home/.aws", "open"):
            (folder / place).mkdir(exist_ok=True)
            (folder / place).chmod(0o777)
        for file in ("secret", "home/.ssh/id_ed25519", "home/.aws/credentials", "home/.netrc", "home/.bash_history", "open/file"):
            (folder / file).write_text(secret)
            (folder / file).chmod(0o666)
        monkeypatch.setenv("HOME", str(home))
        victim = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _VICTIM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            assert victim.stdin is not None and victim.stdout is not None
            victim.stdin.write(secret + "\n")
            victim.stdin.flush()
            assert victim.stdout.readline() == "ready\n"
            yield Own(folder=folder, secret=secret, mark=f"gl{secrets.token_hex(6)}", victim=victim.pid)
            assert victim.poll() is None, "the victim was ended"
        finally:
            victim.kill()
            victim.communicate()


def sent(
    module: ModuleType,
    sandbox: Sandbox,
    world: Mapping[str, Any],
    *,
    only: Sequence[str] = (),
    beside: Sequence[ModuleType] = (),
    **limits: Any,
) -> dict[str, str]:
    """Run a module's probes, or ``only`` those, in one job, with the modules ``beside`` it; outcomes by the probes' names."""
    name = module.__name__
    world = {**world, "only": list(only)}
    files = {
        "program.py": _MAIN.format(name=name).encode(),
        "world.json": json.dumps(world).encode(),
        **{Path(str(each.__file__)).name: Path(str(each.__file__)).read_bytes() for each in (attacks_probe, module, *beside)},
    }
    chosen = {"wall_seconds": 60.0, "memory_mb": 512, "processes": 16, **limits}
    outcome = sandbox.run(Job(files=files, command=COMMAND, limits=Limits(**chosen)))
    found = {}
    for line in outcome.stdout.splitlines():
        said = json.loads(line)
        found[said["probe"]] = said["outcome"]
    assert outcome.exit_code == 0, (outcome, found)
    return found


def run(sandbox: Sandbox, source: str, *, outputs: tuple[str, ...] = (), **limits: Any) -> Outcome:
    """One Python program in a job of its own, with narrow limits."""
    chosen = {"wall_seconds": 5.0, "memory_mb": 128, "processes": 8, "file_mb": 4, **limits}
    files = {"program.py": source.encode()}
    return sandbox.run(Job(files=files, command=COMMAND, limits=Limits(**chosen), outputs=outputs))


def still_works(sandbox: Sandbox) -> None:
    """A correct job runs right after an attack, in a clean folder."""
    outcome = run(sandbox, "import os\nprint(sum(range(10)), sorted(os.listdir()))")
    assert (outcome.stdout, outcome.exit_code) == (b"45 ['program.py']\n", 0), outcome


def named(mark: str) -> list[int]:
    """Processes of this machine, in containers too, that call themselves by the mark."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                if (folder / "comm").read_text().strip() == mark and "State:\tZ" not in (folder / "status").read_text():
                    found.append(int(folder.name))
            except OSError:
                continue
    return found


def alive(mark: str) -> list[int]:
    """Processes by that name after a second: what was killed may still be dying."""
    deadline = time.monotonic() + 1
    while (found := named(mark)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def named_as(mark: str) -> str:
    """The lines that give a program's process, and its children, that name."""
    return f"import ctypes\nctypes.CDLL(None).prctl(15, {mark!r}.encode())\n"


def ending(outcome: Outcome) -> Ending:
    """How it ended. At most one of the three may be true of an outcome."""
    said: list[Ending] = []
    said += ["time"] if outcome.timed_out else []
    said += ["killed"] if outcome.killed else []
    said += ["truncated"] if outcome.truncated else []
    assert len(said) <= 1, outcome
    return said[0] if said else "exit"


def required(name: str) -> Sandbox:
    """See ``required_sandbox``."""
    return required_sandbox(name)
