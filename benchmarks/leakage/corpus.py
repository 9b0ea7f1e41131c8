"""Background text and code of this machine, as documents: what a training set looks like where nothing leaks.

Covers Python (standard library, site-packages, system packages), documentation (md, rst, txt, /usr/share/doc, manual pages,
pydoc), C headers and JavaScript, as far as they are installed. No text comes twice. Documents are split in two halves by a hash
of the last parts of their path, so that the same file of two Python versions falls in the same half.

Exclusion, literal: a document is left out where its text or path names one of the benchmarks or this project (``NAMED``), or
where it holds a line of 40 characters or more of an item's prompt or answer (``copied_line``; no other tool's judgement is
used). What stays is taken for clean, which is not proved: look at what a detector flags (``sight.py --show``).

    python benchmarks/leakage/corpus.py      # how much is there, by kind
"""

from __future__ import annotations

import gzip
import hashlib
import os
import pydoc
import re
import sysconfig
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from items import HALVES, Half, Item, half_of, unix

Kind = Literal["python", "prose", "c", "javascript"]
KINDS: dict[str, Kind] = {
    ".py": "python",
    ".md": "prose",
    ".rst": "prose",
    ".txt": "prose",
    ".h": "c",
    ".hpp": "c",
    ".js": "javascript",
    ".ts": "javascript",
    ".mjs": "javascript",
}
NAMED = re.compile(r"human[\s_-]?eval|\bmbpp\b|quixbugs|sql-eval|webapp1k|goldloop|defog", re.IGNORECASE)
LINE_CHARACTERS = 40
MIN_CHARACTERS = 200
MAX_CHARACTERS = 100_000  # a longer file comes in parts
MAX_FILE_BYTES = 4_000_000  # beyond it, tables and bundles
PYDOC = (  # noqa: SIM905 (a long list of words reads better as text)
    "argparse ast asyncio base64 bisect bz2 calendar cmath codecs collections configparser contextlib copy csv ctypes "
    "dataclasses datetime decimal difflib dis email enum fractions functools glob gzip hashlib heapq hmac html http "
    "inspect io ipaddress itertools json logging lzma math mimetypes operator os pathlib pickle platform queue random "
    "re sched secrets select shelve shlex shutil signal socket sqlite3 ssl statistics string struct subprocess "
    "tarfile tempfile textwrap threading time tokenize traceback types typing unicodedata unittest urllib uuid "
    "warnings weakref xml zipfile zlib"
).split()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document. ``id`` is its path, with ``#n`` for the nth part of a long file."""

    id: str
    text: str
    kind: Kind


def roots() -> list[Path]:
    """The folders that are read: what Python runs from, and what the system installed."""
    stdlib = Path(sysconfig.get_path("stdlib"))
    site = Path(sysconfig.get_path("purelib"))
    shared = [Path("/usr/share/doc"), Path("/usr/share/man"), Path("/usr/share"), Path("/usr/include"), Path("/usr/lib")]
    return [path for path in (site, stdlib, *shared) if path.is_dir()]


def documents(half: Half | None = None, megabytes: float | None = None, items: Iterable[Item] = ()) -> Iterator[Document]:
    """Documents of one half (or both), in an order that mixes the kinds and is the same on every call.

    ``megabytes`` ends it after so much text; ``items`` adds the exclusion of copied lines.
    """
    copied = copied_line(items)
    seen: set[bytes] = set()
    left = float("inf") if megabytes is None else megabytes * 1e6
    for name, text, kind in _texts(half):
        digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
        if digest in seen or NAMED.search(text) or (copied and any(line.strip() in copied for line in text.splitlines())):
            continue
        seen.add(digest)
        for part, chunk in enumerate(_parts(text)):
            if left <= 0:
                return
            left -= len(chunk.encode())
            yield Document(id=f"{name}#{part}" if part else name, text=chunk, kind=kind)


def copied_line(items: Iterable[Item]) -> frozenset[str]:
    """Lines of the items that are long enough to say where they come from."""
    lines = (line.strip() for item in items for part in (item.prompt, item.answer) for line in part.splitlines())
    return frozenset(line for line in lines if len(line) >= LINE_CHARACTERS)


def _texts(half: Half | None) -> Iterator[tuple[str, str, Kind]]:
    paths: list[tuple[str, Kind]] = [(path, kind) for path, kind in _files() if half in (None, half_of(_tail(path)))]
    modules: list[tuple[str, Kind]] = [(f"pydoc:{name}", "prose") for name in PYDOC if half in (None, half_of(name))]
    for name, kind in sorted([*paths, *modules], key=lambda entry: (zlib.crc32(_tail(entry[0]).encode()), entry[0])):
        text = _pydoc(name.removeprefix("pydoc:")) if name.startswith("pydoc:") else _read(Path(name))
        if text is not None and len(text) >= MIN_CHARACTERS:
            yield name, text, kind


def _tail(path: str) -> str:
    return "/".join(path.split("/")[-3:])


def _files() -> Iterator[tuple[str, Kind]]:
    """Every file of a known kind below the roots, once; links are not followed."""
    seen: set[tuple[int, int]] = set()
    for root in roots():
        for folder, folders, names in os.walk(root):
            folders[:] = sorted(name for name in folders if not NAMED.search(name) and name not in ("__pycache__", "locale"))
            for name in sorted(names):
                path = Path(folder, name)
                kind = _kind(path)
                if kind is None or path.is_symlink() or NAMED.search(name):
                    continue
                try:
                    stat = path.stat()
                except OSError:
                    continue
                if stat.st_size <= MAX_FILE_BYTES and (stat.st_dev, stat.st_ino) not in seen:
                    seen.add((stat.st_dev, stat.st_ino))
                    yield str(path), kind


def _kind(path: Path) -> Kind | None:
    documentation = path.is_relative_to("/usr/share/doc") or path.is_relative_to("/usr/share/man")
    if documentation and (path.suffix == ".gz" or path.name == "copyright"):
        return "prose"
    return KINDS.get(path.suffix)


def _read(path: Path) -> str | None:
    try:
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
        text = unix(data.decode())
    except (OSError, EOFError, zlib.error, UnicodeDecodeError):
        return None
    return None if "\0" in text else text


def _pydoc(name: str) -> str | None:
    try:
        text = pydoc.plain(pydoc.render_doc(name))
    except (ImportError, pydoc.ErrorDuringImport):
        return None
    return re.sub(r" at 0x[0-9a-f]+", "", text)  # addresses change from run to run


def _parts(text: str) -> Iterator[str]:
    """A text in parts of at most ``MAX_CHARACTERS``, cut after a line where there is one."""
    start = 0
    while start < len(text):
        end = min(len(text), start + MAX_CHARACTERS)
        if end < len(text):
            cut = text.rfind("\n", start + MAX_CHARACTERS // 2, end) + 1
            end = cut or end
        part = text[start:end]
        if start == 0 or len(part) >= MIN_CHARACTERS:
            yield part
        start = end


def main() -> None:
    for half in HALVES:
        count: Counter[str] = Counter()
        size: Counter[str] = Counter()
        for document in documents(half):
            count[document.kind] += 1
            size[document.kind] += len(document.text.encode())
        kinds = ", ".join(f"{kind} {size[kind] / 1e6:.0f} MB in {count[kind]}" for kind in sorted(count))
        print(f"{half:7} {sum(size.values()) / 1e6:7.1f} MB   ({kinds})")


if __name__ == "__main__":
    main()
