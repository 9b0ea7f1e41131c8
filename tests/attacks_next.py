"""Attacks of one job on what comes after it: on the next job, and on whatever starts, watches and ends jobs.

A sandbox may keep a prepared place and use it again. ``first`` does its harm, then ``second``, a job like any other, must
print ``clean``; neither may be told a fault of the sandbox. Signals go to the own parent only, and never to the harness:
its pid stands for ``@HARNESS@``, its group for ``@GROUP@``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

HARNESS, GROUP = "@HARNESS@", "@GROUP@"

_CLEAN = "print('clean')"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequel:
    """What one job does, and what the next one looks for."""

    first: str
    second: str = _CLEAN


_PLACES = """
import os
PLACES = [os.getcwd(), os.environ["HOME"], os.environ["TMPDIR"], "..", "/tmp", "/var/tmp", "/dev/shm", "/run", "/box", "/"]
NAMES = ["goldloop-left", "sitecustomize.py", "usercustomize.py", "json.py", "random.py", ".pythonrc", "node_modules"]
"""
_LEAVE_FILES = (
    _PLACES
    + """
for place in PLACES:
    for name in NAMES:
        try:
            with open(f"{place}/{name}", "w") as file:
                file.write("raise SystemExit('poisoned')")
        except OSError:
            pass
"""
)
_LOOK_FOR_FILES = (
    _PLACES
    + """
import json, random
left = [f"{place}/{name}" for place in PLACES for name in NAMES if os.path.exists(f"{place}/{name}")]
print(left or "clean")
"""
)
_AT_PARENT = f"""
import os, signal, time
if os.getppid() not in (0, 1, {HARNESS}):
    try:
        os.kill(os.getppid(), signal.@SIGNAL@)
    except OSError:
        pass
time.sleep(0.2)
"""
_LOOKOUT = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    end = time.monotonic() + 3
    while time.monotonic() < end:
        for place in (".", "..", "/tmp", "/box"):
            try:
                for name in os.listdir(place):
                    if "seen" not in name:
                        open(f"{place}/seen", "w").close()
            except OSError:
                pass
        time.sleep(0.01)
    os._exit(0)
"""
_FRAMES = """
import os
for number in range(3, 256):
    for frame in (b"x\\0\\0\\0\\x050 0 0", b"r\\0\\0\\0\\0", b"\\0\\0\\0\\x04evil", b"{\\"exit\\": 0}\\n"):
        try:
            os.write(number, frame)
        except OSError:
            break
"""

SEQUELS: Mapping[str, Sequel] = {
    "files in places that the next one reads": Sequel(first=_LEAVE_FILES, second=_LOOK_FOR_FILES),
    "a process on the lookout": Sequel(
        first=_LOOKOUT,
        second="import os, time\ntime.sleep(0.3)\nprint('clean' if os.listdir() == ['program.py'] else os.listdir())",
    ),
    "other builtins": Sequel(
        first="import builtins, json\nbuiltins.print = builtins.len = json.dumps = lambda *a: 7",
        second="import json\nprint('clean' if (len([1]), json.dumps([1])) == (1, '[1]') else 'poisoned')",
    ),
    "variables of the environment": Sequel(
        first="import os\nos.environ['LEFT'] = '1'\nos.putenv('LEFT', '1')",
        second="import os\nprint('poisoned' if 'LEFT' in os.environ else 'clean')",
    ),
    "another working folder and mask": Sequel(
        first="import os\nos.umask(0o777)\nos.chdir('/')",
        second="import os\nopen('a', 'w').write('x')\nprint('clean' if open('a').read() == 'x' else 'poisoned')",
    ),
    "narrow limits": Sequel(
        first=(
            "import os, resource\nfor name in dir(resource):\n    if name.startswith('RLIMIT_'):\n"
            "        for pid in (os.getppid(), os.getpid()):\n            if pid not in (0, 1, @HARNESS@):\n"
            "                try: resource.prlimit(pid, getattr(resource, name), (0, 0))\n"
            "                except (OSError, ValueError): pass"
        )
    ),
    "a slow parent": Sequel(first="import os\ntry: os.setpriority(os.PRIO_PGRP, 0, 19)\nexcept OSError: pass"),
    "shared memory under a key": Sequel(
        first="import ctypes\nprint(ctypes.CDLL(None).shmget(4711, 4096, 0o1666))",
        second="import ctypes\nprint('clean' if ctypes.CDLL(None).shmget(4711, 4096, 0o666) < 0 else 'left')",
    ),
    "a message under a key": Sequel(
        first="import ctypes\nprint(ctypes.CDLL(None).msgget(4711, 0o1666))",
        second="import ctypes\nprint('clean' if ctypes.CDLL(None).msgget(4711, 0o666) < 0 else 'left')",
    ),
    "a key in a ring": Sequel(
        first="import ctypes\nctypes.CDLL(None).syscall(248, b'user', b'goldloop-left', b'x', 1, -5)",
        second=(
            "import ctypes\nfound = ctypes.CDLL(None).syscall(249, b'user', b'goldloop-left', None, 0)\n"
            "print('clean' if found < 0 else 'left')"
        ),
    ),
    "frames on every descriptor": Sequel(first=_FRAMES),
    "every descriptor closed": Sequel(first="import os\nos.closerange(0, 4096)"),
    "every descriptor blocked": Sequel(
        first=(
            "import fcntl, os\nfor n in range(256):\n    try: fcntl.fcntl(n, fcntl.F_SETFL, os.O_NONBLOCK)\n"
            "    except OSError: pass"
        )
    ),
    "an end of the parent": Sequel(first=_AT_PARENT.replace("@SIGNAL@", "SIGKILL")),
    "a stop of the parent": Sequel(first=_AT_PARENT.replace("@SIGNAL@", "SIGSTOP")),
    "a polite end of the parent": Sequel(first=_AT_PARENT.replace("@SIGNAL@", "SIGTERM")),
    "an end of the own group": Sequel(
        first="import os\nif os.getpgrp() not in (os.getppid(), @GROUP@): os.killpg(0, 9)"
    ),
    "a folder that cannot be removed": Sequel(
        first="import os\nos.makedirs('a/b')\nopen('a/b/c', 'w')\nos.chmod('a/b', 0)\nos.chmod('a', 0)", second=_LOOK_FOR_FILES
    ),
}  # fmt: skip
"""By what is left behind."""
