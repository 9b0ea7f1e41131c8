"""Attacks through what a job hands back: output files that are something else, and output that is not what it should be.

``gives`` is what may come back under the name ``out``: None stands for no file at all. The text of the test's secret may
never be in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SECRET = "@SECRET@"
"""Stands in a program for the path of the test's secret file."""
FOLDER = "@FOLDER@"
"""Stands in a program for the test's folder, which is not the job's."""

Gives = tuple[bytes | None, ...]
_NOTHING: Gives = (None,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """A program, the name of its output, and what may come back under it."""

    source: str
    gives: Gives = _NOTHING
    output: str = "out"


HANDOVERS: Mapping[str, Handover] = {
    "a file": Handover(source="open('out', 'w').write('mine')", gives=(b"mine",)),
    "a file in a folder": Handover(
        source="import os\nos.mkdir('d')\nopen('d/out', 'w').write('mine')", gives=(b"mine",), output="d/out"
    ),
    "a file with an odd name": Handover(source="open('-rf *\\n', 'w').write('mine')", gives=(b"mine", None), output="-rf *\n"),
    "an empty file": Handover(source="open('out', 'w')", gives=(b"",)),
    "nothing": Handover(source=""),
    "a symlink to the secret": Handover(source=f"import os\nos.symlink({SECRET!r}, 'out')"),
    "a symlink to the passwords": Handover(source="import os\nos.symlink('/etc/shadow', 'out')"),
    "a symlink by dots": Handover(source=f"import os\nos.symlink('../' * 30 + {SECRET!r}[1:], 'out')"),
    "a symlink to itself": Handover(source="import os\nos.symlink('out', 'out')"),
    "a symlink to an own file": Handover(
        source="import os\nopen('a', 'w').write('mine')\nos.symlink('a', 'out')", gives=(b"mine", None)
    ),
    "a symlink to an endless device": Handover(source="import os\nos.symlink('/dev/zero', 'out')"),
    "a symlink to the memory of the reader": Handover(source="import os\nos.symlink('/proc/self/environ', 'out')"),
    "a symlinked folder": Handover(source=f"import os\nos.symlink({FOLDER!r}, 'd')", output="d/secret"),
    "a symlinked folder by dots": Handover(source=f"import os\nos.symlink('../' * 30 + {FOLDER!r}[1:], 'd')", output="d/secret"),
    "a hardlink to the secret": Handover(source=f"import os\ntry: os.link({SECRET!r}, 'out')\nexcept OSError: pass"),
    "a pipe": Handover(source="import os\nos.mkfifo('out')"),
    "a folder": Handover(source="import os\nos.mkdir('out')\nopen('out/x', 'w')"),
    "a socket": Handover(source="import socket\nsocket.socket(socket.AF_UNIX).bind('out')"),
    "a device": Handover(source="import os\ntry: os.mknod('out', 0o20600, os.makedev(1, 5))\nexcept OSError: pass"),
    "a closed file": Handover(source="import os\nopen('out', 'w').write('mine')\nos.chmod('out', 0)", gives=(b"mine", None)),
    "a file in a closed folder": Handover(
        source="import os\nos.mkdir('d')\nopen('d/out', 'w').write('mine')\nos.chmod('d', 0)",
        gives=(b"mine", None),
        output="d/out",
    ),
    "a big file": Handover(
        source="f = open('out', 'wb')\nfor _ in range(6): f.write(bytes(1 << 20))", gives=(None, bytes(4 << 20))
    ),
    "a sparse file": Handover(source="import os\nos.truncate(os.open('out', 65), 1 << 40)", gives=(None, b"")),
    "a file that a child goes on writing": Handover(
        source=(
            "import os, time\nif os.fork() == 0:\n    os.setsid()\n    end = time.monotonic() + 5\n"
            "    while time.monotonic() < end: open('out', 'w').write('late'); time.sleep(0.3)\n    os._exit(0)\n"
            "open('out', 'w').write('late')"
        ),
        gives=(b"late", b"", None),
    ),
    "the own folder put elsewhere": Handover(
        source=(
            "import os\nhere = os.getcwd()\ntry:\n    os.rename(here, here + 'x')\n"
            f"    os.symlink({FOLDER!r}, here)\nexcept OSError: pass"
        ),
        output="secret",
    ),
    "a file removed with its folder": Handover(
        source="import os, shutil\nopen('out', 'w').write('mine')\nshutil.rmtree(os.getcwd(), ignore_errors=True)"
    ),
}  # fmt: skip
"""By what lies under the name when the job has ended."""

ESCAPING_NAMES = ("../out", "/etc/passwd", "a/../../out", "", "a\0b", "..")
"""Names that no job may have, as a file or as an output."""

STREAMS: Mapping[str, tuple[str, bytes]] = {
    "text that is not UTF-8": ("import os\nos.write(1, b'\\xff\\xfe\\x80ok')", b"\xff\xfe\x80ok"),
    "zero bytes": ("import os\nos.write(1, b'a\\0b\\0')", b"a\0b\0"),
    "codes for a terminal": ("import os\nos.write(1, b'\\x1b[2J\\x1b]0;x\\x07')", b"\x1b[2J\x1b]0;x\x07"),
    "one long line": ("import os\nfor _ in range(9): os.write(1, b'x' * 10000)", b"x" * 90000),
    "what looks like a frame of a stream": (
        "import os\nos.write(1, b'\\1\\0\\0\\0\\0\\0\\0\\4evil\\2\\0\\0\\0\\0\\0\\0\\1x')",
        b"\1\0\0\0\0\0\0\4evil\2\0\0\0\0\0\0\1x",
    ),
    "what looks like an end": ("import os\nos.write(1, b'x\\0\\0\\0\\x070 0 0 1')", b"x\0\0\0\x070 0 0 1"),
    "nothing": ("", b""),
}  # fmt: skip
"""Programs with the bytes that must come back as they are."""

ANSWERS: Mapping[str, str] = {
    "a huge number": "def f(): return 10 ** 10000",
    "a huge negative number": "def f(): return -(10 ** 10000)",
    "deep nesting": "def f():\n    x = []\n    for _ in range(100000): x = [x]\n    return x",
    "deep nesting that holds itself": "def f():\n    x = []\n    x.append(x)\n    return x",
    "a wide list": "def f(): return [0] * 3_000_000",
    "half a character": "def f(): return '\\ud800'",
    "zero bytes": "def f(): return '\\0' * 1000",
    "no number": "def f(): return float('nan')",
    "nesting on the output": "import os\ndef f():\n    os.write(1, b'[' * 900_000)\n    return 2",
    "a huge number on the output": "import os\ndef f():\n    os.write(1, b'9' * 900_000 + b'\\n')\n    return 2",
    "a flood on the output": "import os\ndef f():\n    for _ in range(1600): os.write(1, b'[' * 65536)\n    return 2",
    "no text on the output": "import os\ndef f():\n    os.write(1, b'\\xff\\n\\0\\n')\n    return 2",
    "a text that takes for ever": "class X:\n    def __repr__(self):\n        while True: pass\ndef f(): return X()",
    "a fork that answers too": "import os\ndef f():\n    os.fork()\n    return 2",
    "an end of the process": "import os\ndef f(): os._exit(0)",
    "an end by a signal": "import os\ndef f(): os.kill(os.getpid(), 9)",
    "an end of the parent": "import os, signal\ndef f():\n    if os.getppid() == 1: os.kill(1, 9)\n    return 2",
    "recursion": "def f(): return f()",
    "all descriptors closed": "import os\ndef f():\n    os.closerange(0, 100)\n    return 2",
}  # fmt: skip
"""Wrong answers to a task whose right one is ``f() == 1``, each of which may upset the judge."""
