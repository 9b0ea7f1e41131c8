"""Unified diffs applied to files in memory, as ``git apply`` and ``patch`` would.

Covers paths with and without ``a/`` and ``b/``, new, deleted and renamed files, hunks that moved (the nearest place whose
context is the same), line ends of either kind and files without a final newline. A hunk's counts may be wrong, as models write
them; its context may not. Refused: paths outside the project, binary changes, links and submodules.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from evals.source import sound

_HUNK = re.compile(r"@@ -([0-9]{1,18})(?:,([0-9]{1,18}))? \+([0-9]{1,18})(?:,([0-9]{1,18}))? @@")
_MODE = re.compile(r"(?:new mode|new file mode|deleted file mode|old mode|index \S+) (\d{6})")
_ESCAPE = re.compile(r"\\(?:([0-7]{3})|(.))", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_LONGEST_NAME, _LONGEST_PATH = 240, 1000  # bytes; a runner adds a prefix to a name
_FARTHEST_LINES = 400
_NO_END = "\\ No newline at end of file"


class PatchFault(Exception):
    """A diff that cannot be applied; ``place`` is the file and hunk."""

    def __init__(self, message: str, place: str) -> None:
        super().__init__(f"{place}: {message}" if place else message)
        self.place = place


@dataclass(slots=True, kw_only=True)
class _Hunk:
    """Lines with their sign; ``start`` is the line in the old file, from 1."""

    start: int
    header: str
    lines: list[tuple[str, str]] = field(default_factory=list)
    open_old: bool = False
    open_new: bool = False


@dataclass(slots=True, kw_only=True)
class _Change:
    old: str | None
    new: str | None
    hunks: list[_Hunk] = field(default_factory=list)


def apply_patch(files: Mapping[str, str], diff: str) -> dict[str, str]:
    """The files after the diff.

    Raises:
        PatchFault: it is not a diff, names a path outside the project, or a hunk does not match; with file and hunk.
    """
    patched = dict(files)
    changes = _parse(sound(diff))
    if not changes:
        raise PatchFault("expected a unified diff (--- a/FILE, +++ b/FILE, @@ ... @@), found none", "")
    for change in changes:
        _apply(patched, change)
    folders = {str(parent): name for name in patched for parent in PurePosixPath(name).parents}
    for name in patched:
        if name in folders:
            raise PatchFault(f"{folders[name]} needs a folder of that name", name)
    return patched


def _parse(diff: str) -> list[_Change]:
    lines = diff.replace("\r\n", "\n").split("\n")
    following = _following(lines)
    changes: list[_Change] = []
    current: _Change | None = None
    at = 0
    while at < len(lines):
        line = lines[at]
        if line.startswith(("GIT binary patch", "Binary files ")):
            raise PatchFault("a binary change cannot be applied", line[:80])
        mode = _MODE.match(line)
        if mode is not None and mode[1] not in {"100644", "100755"}:
            raise PatchFault(f"mode {mode[1]}: only plain files may be changed, no links or submodules", f"line {at + 1}")
        if line.startswith("diff --git "):
            current = None
        elif line.startswith(("rename from ", "copy from ")):
            current = _Change(old=_path(_unquoted(line.split(" ", 2)[2])), new=None)
            if line.startswith("copy"):
                raise PatchFault("a copied file cannot be applied; write it as a new file", line)
            changes.append(current)
        elif line.startswith("rename to ") and current is not None:
            current.new = _path(_unquoted(line.split(" ", 2)[2]))
        elif line.startswith("--- ") and at + 1 < len(lines) and lines[at + 1].startswith("+++ "):
            old, new = _side(line[4:]), _side(lines[at + 1][4:])
            if current is None or current.hunks or current.new is None:
                current = _Change(old=old, new=new)
                changes.append(current)
            at += 1
        elif _HUNK.match(line):
            if current is None:
                raise PatchFault("a hunk without the lines --- and +++ before it", f"line {at + 1}: {line[:60]}")
            at = _hunk(lines, following, at, current)
            continue
        elif line.startswith("@@") and current is not None:
            raise PatchFault("expected @@ -LINE,COUNT +LINE,COUNT @@ at the head of a hunk", f"line {at + 1}: {line[:60]}")
        at += 1
    return changes


def _hunk(lines: list[str], following: list[str], at: int, change: _Change) -> int:
    """Read one hunk; returns it and the line after it. Its counts serve only to tell a removed ``-- x`` from a header."""
    header = lines[at]
    match = _HUNK.match(header)
    assert match is not None
    hunk = _Hunk(start=int(match[1]), header=header[: match.end()])
    old_left, new_left = int(match[2] or 1), int(match[4] or 1)
    at += 1
    while at < len(lines):
        line = lines[at]
        sign, text = line[:1], line[1:]
        if line.startswith(_NO_END[:10]):
            last = hunk.lines[-1][0] if hunk.lines else " "
            hunk.open_old, hunk.open_new = hunk.open_old or last != "+", hunk.open_new or last != "-"
        elif (
            (sign not in {" ", "+", "-"} and line)
            or (not line and (old_left <= 0 or new_left <= 0 or not _goes_on(following[at])))
            or (old_left <= 0 and line.startswith("--- ") and at + 1 < len(lines) and lines[at + 1].startswith("+++ "))
        ):
            break
        else:
            hunk.lines.append((sign or " ", text))
            old_left -= sign != "+"
            new_left -= sign != "-"
        at += 1
    change.hunks.append(hunk)
    return at


def _following(lines: list[str]) -> list[str]:
    """For every line, the first non-empty one from there on."""
    remainders, rest = [], ""
    for line in reversed(lines):
        rest = line or rest
        remainders.append(rest)
    return remainders[::-1]


def _goes_on(rest: str) -> bool:
    """Whether an empty line is context whose blank was lost: something of the hunk follows."""
    return rest[:1] in {" ", "+", "-"} and not rest.startswith("--- ")


def _side(text: str) -> str | None:
    name = text.split("\t")[0].strip()
    return None if name == "/dev/null" else _path(re.sub(r"^[ab]/", "", _unquoted(name)))


def _unquoted(name: str) -> str:
    """A path as git quotes it: in C's way, bytes beyond ASCII as octal numbers."""
    if len(name) < 2 or not name[0] == name[-1] == '"':
        return name

    def byte_of(match: re.Match[str]) -> str:
        return chr(int(match[1], 8) & 255) if match[1] else _ESCAPES.get(match[2], match[2])

    plain = name[1:-1].encode().decode("latin-1")
    return _ESCAPE.sub(byte_of, plain).encode("latin-1").decode(errors="replace")


def _path(name: str) -> str:
    name = name.removeprefix("./")
    parts = PurePosixPath(name).parts
    if not parts or name.startswith(("/", "~")) or "\\" in name or ".." in parts:
        raise PatchFault("the path leaves the project", name[:120])
    if not name.isprintable() or len(name.encode()) > _LONGEST_PATH or any(len(part.encode()) > _LONGEST_NAME for part in parts):
        raise PatchFault("no file can have this path here", repr(name[:120]))
    return str(PurePosixPath(name))


def _apply(files: dict[str, str], change: _Change) -> None:
    if change.old is None:
        if change.new is None:
            raise PatchFault("both sides are /dev/null", "")
        if change.new in files:
            raise PatchFault("the diff creates a file that exists already", change.new)
        files[change.new] = _patched("", change, change.new)
        return
    if change.old not in files:
        raise PatchFault(f"no such file; there are: {', '.join(sorted(files)[:12]) or 'none'}", change.old)
    text = files.pop(change.old)
    patched = _patched(text, change, change.old)
    if change.new is not None:
        if change.new in files:
            raise PatchFault("the diff renames onto a file that exists already", change.new)
        files[change.new] = patched
    elif patched.strip():
        raise PatchFault("the diff deletes the file but leaves lines of it", change.old)


def _patched(text: str, change: _Change, name: str) -> str:
    crlf = "\r\n" in text
    plain = text.replace("\r\n", "\n")
    ended = plain.endswith("\n") or not plain
    lines = plain.removesuffix("\n").split("\n") if plain else []
    moved, least = 0, 0
    for hunk in change.hunks:
        old = [line for sign, line in hunk.lines if sign != "+"]
        new = [line for sign, line in hunk.lines if sign != "-"]
        guess = (hunk.start - 1 if old else hunk.start) + moved if lines or old else 0
        at = _find(lines, old, guess, least)
        if at is None:
            known = set(lines)
            seen = next((line for line in old if line.strip() and line not in known), "")
            why = f"no line {seen.strip()[:80]!r} in the file" if seen else "its lines are not adjacent in the file"
            raise PatchFault(f"the hunk does not match: {why}", f"{name} {hunk.header}")
        if at + len(old) == len(lines):
            ended = not hunk.open_new if (hunk.open_old or hunk.open_new) else ended
        lines[at : at + len(old)] = new
        moved, least = at + len(new) - len(old) - (guess - moved), at + len(new)
    joined = "\n".join(lines) + ("\n" if ended and lines else "")
    return joined.replace("\n", "\r\n") if crlf else joined


def _find(lines: list[str], old: list[str], guess: int, least: int) -> int | None:
    """The place of the old lines nearest to the guess, not before ``least``; None where there is none."""
    if not old:
        return max(least, min(guess, len(lines)))
    for same in (str, str.rstrip):  # trailing blanks get lost in models and mail
        wanted = [same(line) for line in old]
        for offset in range(_FARTHEST_LINES):
            for at in {guess - offset, guess + offset}:
                if least <= at <= len(lines) - len(old) and [same(line) for line in lines[at : at + len(old)]] == wanted:
                    return at
    return None
