"""Attacks that use a sandbox up: processes, memory, disk, output, time. Each is a job of its own, with narrow limits.

Every bomb is small and ends by itself: at most 300 processes, 600 MiB and 10 seconds even where no limit holds. ``ends``
are the endings that are no breach, ``most`` bounds the number that the program prints last, ``never`` is what it must not
get to say. Not covered: wear of the disk, heat, and what other jobs feel of a job within its limits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Ending = Literal["time", "killed", "truncated", "exit"]

ANY: frozenset[Ending] = frozenset({"time", "killed", "truncated", "exit"})
_TIME: frozenset[Ending] = frozenset({"time"})
_KILLED: frozenset[Ending] = frozenset({"killed"})
_EXIT: frozenset[Ending] = frozenset({"exit"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Bomb:
    """A program, the limits that it runs under, and what it may come to."""

    source: str
    ends: frozenset[Ending] = ANY
    most: int | None = None
    never: bytes = b"had it all"
    limits: Mapping[str, Any] = field(default_factory=dict)


_CHILD = "        time.sleep(max(0, end - time.monotonic()))\n        os._exit(0)\n"
_FORKS = f"""
import os, time
end = time.monotonic() + 4
count = 0
for _ in range(300):
    try:
        child = os.fork()
    except OSError:
        break
    if child == 0:
{_CHILD}    count += 1
print(count, flush=True)
os._exit(0)
"""
_TREE = """
import os, time
end = time.monotonic() + 2
file = os.open("count", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
first = os.getpid()
for _ in range(8):
    try:
        if os.fork() == 0:
            os.write(file, b"x")
    except OSError:
        pass
time.sleep(max(0, end - time.monotonic()))
if os.getpid() == first:
    print(os.stat("count").st_size, flush=True)
os._exit(0)
"""
_ZOMBIES = """
import os
count = 0
for _ in range(300):
    try:
        if os.fork() == 0:
            os._exit(0)
    except OSError:
        break
    count += 1
print(count)
"""
_THREADS = """
import threading, time
end = time.monotonic() + 8
def spin():
    while time.monotonic() < end: pass
count = 0
try:
    for _ in range(300):
        threading.Thread(target=spin, daemon=True).start()
        count += 1
except BaseException:
    pass
while time.monotonic() < end: pass
print("had it all")
"""
_MANY_SMALL_SHARES = """
import os, time
read, write = os.pipe()
count = 0
for _ in range(8):
    try:
        if os.fork() == 0:
            x = bytearray(40 << 20)
            for i in range(0, len(x), 4096): x[i] = 1
            os.write(write, b"x")
            time.sleep(1.5)
            os._exit(0)
    except (OSError, MemoryError):
        break
time.sleep(1)
os.set_blocking(read, False)
try:
    print(len(os.read(read, 99)), flush=True)
except BlockingIOError:
    print(0, flush=True)
os._exit(0)
"""


def _megabytes(opened: str) -> str:
    """Write up to 200 MiB, a MiB at a time, into what ``opened`` makes, and print how many there was room for."""
    return f"""
import ctypes, os
count = 0
try:
    file = {opened}
    for _ in range(200):
        count += os.write(file, bytes(1 << 20)) >> 20
except (OSError, AttributeError):
    pass
print(count)
"""


_FILES = """
import os
count = 0
try:
    for n in range(60):
        with open(f"file{n}", "wb", buffering=0) as file:
            count += file.write(bytes(3 << 20))
except OSError:
    pass
print(count >> 20)
"""
_SYSTEM_V = """
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
count = 0
for _ in range(8):
    number = libc.shmget(0, 20 << 20, 0o1600)
    if number < 0: break
    where = libc.shmat(number, None, 0)
    libc.shmctl(number, 0, None)
    if where in (None, 2 ** 64 - 1): break
    ctypes.memset(where, 1, 20 << 20)
    count += 20
print(count)
"""
_MAPPED = """
import mmap
x = mmap.mmap(-1, 300 << 20)
for i in range(0, len(x), 4096): x[i] = 1
print("had it all")
"""
_RAISED = f"""
import resource
for name in dir(resource):
    if name.startswith("RLIMIT_"):
        try:
            resource.setrlimit(getattr(resource, name), (-1, -1))
        except (OSError, ValueError):
            pass
{_FILES}"""
_STOPPED = "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\nprint('had it all')"
_STOPPED_BY_CHILD = (
    "import os, signal, time\nif os.fork() == 0:\n    os.kill(os.getppid(), signal.SIGSTOP)\n    os._exit(0)\ntime.sleep(8)"
)
_LOOP = "import time\nend = time.monotonic() + 8\nwhile time.monotonic() < end: pass\nprint('had it all')"
_IGNORE = "import signal\nfor n in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}: signal.signal(n, signal.SIG_IGN)\n"


def _many(opened: str) -> str:
    """Open up to 5,000 of something, keep them, and print how many there were."""
    return f"""
import ctypes, os
def inotify():
    if ctypes.CDLL(None).inotify_init() < 0: raise OSError
kept = []
try:
    while len(kept) < 5000: kept.append({opened})
except OSError: pass
print(len(kept))
"""


_RECURSION = """
import sys
sys.setrecursionlimit(10 ** 9)
def f(n): return f(n + 1) + 1
f(0)
print("had it all")
"""
_DEEP_IN_C = """
import sys
sys.setrecursionlimit(10 ** 9)
x, y = [], []
for _ in range(3 * 10 ** 5): x, y = [x], [y]
x == y
print("had it all")
"""
_DAEMON = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for n in range(3): os.close(n)
        end = time.monotonic() + 8
        while time.monotonic() < end: time.sleep(0.1)
        os._exit(0)
    os._exit(0)
os.wait()
"""
_UNTIED = "import ctypes\nctypes.CDLL(None).prctl(1, 0)\nctypes.CDLL(None).prctl(36, 1)\n"
_EVERYBODY = """
import os
reached = []
for pid in range(2, 100_000):
    try:
        os.kill(pid, 0)
        reached += [pid] if pid != os.getpid() else []
    except OSError:
        pass
# In a process namespace of its own it may end what is in there: that is the job's, and must not upset the harness.
if os.getpid() < 1000 and max(reached, default=0) < 1000:
    os.kill(-1, 9)
print("had it all" if reached else "nobody")
"""
_SERVER = """
import socket
server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen()
server.settimeout(0.3)
try:
    server.accept()
    print("had it all")
except TimeoutError:
    print("nobody came")
"""
_SHORT = {"wall_seconds": 0.8}

BOMBS: Mapping[str, Bomb] = {
    "forks": Bomb(source=_FORKS, most=12),
    "a tree of forks": Bomb(source=_TREE, most=12),
    "zombies": Bomb(source=_ZOMBIES, most=12),
    "threads in tight loops": Bomb(source=_THREADS, ends=_TIME | _KILLED, limits={"wall_seconds": 1.5}),
    "memory of one process": Bomb(
        source="x = bytearray(300 << 20)\nfor i in range(0, len(x), 4096): x[i] = 1\nprint('had it all')", ends=_KILLED
    ),
    "memory piece by piece": Bomb(source="x = []\nfor _ in range(300): x.append(b'1' * (1 << 20))\nprint('had it all')"),
    "shared memory mapped": Bomb(source=_MAPPED),
    "many processes, each below the limit": Bomb(source=_MANY_SMALL_SHARES, most=3),
    "one big file": Bomb(source=_megabytes("os.open('big', os.O_CREAT | os.O_WRONLY)"), ends=_EXIT, most=16),
    "many files": Bomb(source=_FILES, most=40),
    "many files after raising the limits": Bomb(source=_RAISED, most=40),
    "one sparse file": Bomb(source="import os\nos.truncate(os.open('s', 65), 1 << 40)", ends=_EXIT),
    "deep folders": Bomb(source="import os\nfor _ in range(3000):\n    os.mkdir('d')\n    os.chdir('d')\nprint('made')"),
    "deep folders, never ending": Bomb(
        source="import os\nfor _ in range(3000):\n    os.mkdir('d', 0o300)\n    os.chdir('d')\nwhile True: pass"
    ),
    "closed folders": Bomb(source="import os\nos.makedirs('a/b/c')\nos.chmod('a/b', 0)\nos.chmod('a', 0)\nos.chmod('.', 0)"),
    "odd names": Bomb(source="for n in (b'\\xff\\xfe', b'\\n', b'-rf', b'x' * 255, b'a\\x1b[2J'): open(n, 'w').close()"),
    "/dev/shm": Bomb(source=_megabytes("os.open('/dev/shm/big', os.O_CREAT | os.O_WRONLY)"), most=64, limits={"memory_mb": 64}),
    "a memory file": Bomb(source=_megabytes("os.memfd_create('x')"), most=64, limits={"memory_mb": 64}),
    "a secret memory file": Bomb(source=_megabytes("ctypes.CDLL(None).syscall(447, 0)"), most=64, limits={"memory_mb": 64}),
    "System V shared memory": Bomb(source=_SYSTEM_V, most=64, limits={"memory_mb": 64}),
    "pipes": Bomb(source=_many("os.pipe()"), most=1024),
    "files opened": Bomb(source=_many("open('program.py')"), most=1024),
    "watches": Bomb(source=_many("inotify()"), most=1024),
    "output": Bomb(source="import os\nfor _ in range(1600): os.write(1, b'x' * 65536)\nprint('had it all')",
                   ends=frozenset({"truncated"})),
    "errors": Bomb(source="import os\nfor _ in range(1600): os.write(2, b'x' * 65536)\nprint('had it all')",
                   ends=frozenset({"truncated"})),
    "100 MB of JSON": Bomb(source="import os\nfor _ in range(1600): os.write(1, b'[' * 65536)", ends=frozenset({"truncated"})),
    "a loop": Bomb(source=_LOOP, ends=_TIME, limits=_SHORT),
    "a loop that ignores all signals": Bomb(source=_IGNORE + _LOOP, ends=_TIME, limits=_SHORT),
    "a loop with its output closed": Bomb(source="import os\nos.closerange(0, 3)\n" + _LOOP, ends=_TIME, limits=_SHORT),
    "a loop in C": Bomb(source="any(x < 0 for x in iter(lambda: 1, 2))", ends=_TIME, limits=_SHORT),
    "a power that never ends": Bomb(source="print(len(str(9 ** 9 ** 9)))\nprint('had it all')", limits=_SHORT),
    "a sleep": Bomb(source="import time\ntime.sleep(8)\nprint('had it all')", ends=_TIME, limits=_SHORT),
    "stopping itself": Bomb(source=_STOPPED, ends=_TIME, limits=_SHORT),
    "stopped by its child": Bomb(source=_STOPPED_BY_CHILD, ends=_TIME, limits=_SHORT),
    "killing itself": Bomb(source="import os\nos.kill(os.getpid(), 9)", ends=_EXIT),
    "recursion without end": Bomb(source=_RECURSION, limits={"wall_seconds": 3}),
    "a stack overflow in C": Bomb(source=_DEEP_IN_C, ends=_KILLED),
    "a jump to nowhere": Bomb(source="import ctypes\nctypes.string_at(8)\nprint('had it all')", ends=_KILLED),
    "a daemon": Bomb(source=_DAEMON, ends=_EXIT),
    "a daemon not tied to its parent": Bomb(source=_UNTIED + _DAEMON, ends=_EXIT),
    "a signal to everybody": Bomb(source=_EVERYBODY),
    "a server": Bomb(source=_SERVER, ends=_EXIT),
    "reading its input": Bomb(source="import sys\nprint(len(sys.stdin.read()))", ends=_EXIT, most=0),
    "removing its folder": Bomb(source="import os, shutil\nshutil.rmtree(os.getcwd(), ignore_errors=True)"),
    "renaming its folder": Bomb(source="import os\ntry: os.rename(os.getcwd(), os.getcwd() + 'x')\nexcept OSError: pass"),
}  # fmt: skip
"""By what they use up."""
