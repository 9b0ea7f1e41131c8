"""Failures of continuous integration with the commit that fixed them, one object a record; each is a task of kind ``patch``.

A record has ``id``, ``title`` or ``log`` (what the failing tests printed), ``failed`` and ``passed`` (test ids), ``files`` (text
before the fix, by name), ``patch`` (unified diff of the fix), ``tests`` (test files by name, as they are after the fix), and
optionally ``time``, ``repo``, ``language`` and ``licence``. What the fix changed in the test files is left out of the golden,
for no answer may write them. Does not cover JUnit reports, nor whether the golden passes (``goldens verify`` tells).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

from evals.graders.patches import PatchFault, apply_patch
from evals.languages import LANGUAGES
from evals.logs.base import Feedback, Found, LogEntry, Turn, Unread
from evals.logs.values import first, json_text, made_id, note, string, time_of


class CiLog:
    """Reads fixed failures of CI."""

    @staticmethod
    def looks_like(record: Mapping[str, Any]) -> bool:
        """Whether it has a patch, the files before it and the tests that failed."""
        return "patch" in record and "failed" in record and "files" in record

    def read(self, record: Mapping[str, Any]) -> Iterable[Found]:
        """The failure as an entry with its task, and what CI said of it."""
        name = string(record.get("id"))
        if missing := _missing(record):
            return [Unread(why=f"CI record {name!r:.60}: {'; '.join(missing)}")]
        notes: list[str] = []
        tests = _texts(record["tests"])
        starter = {name: text for name, text in _texts(record["files"]).items() if name not in tests}
        golden = _without(record["patch"], tests, notes)
        try:
            apply_patch(starter, golden)
        except PatchFault as error:
            return [Unread(why=f"CI record {name!r:.60}: patch does not apply to files: {error}")]
        language = string(record.get("language")) or _language(starter)
        if not language:
            return [Unread(why=f"CI record {name!r:.60}: expected language, found none, and files of no known one")]
        asked = "\n\n".join(text for text in (json_text(first(record, "title", "message")), json_text(record.get("log"))) if text)
        time = time_of(record.get("time"), notes)
        identity = name or made_id(asked, golden)
        licence = string(first(record, "licence", "license"))
        task = {
            "kind": "patch",
            "language": language,
            "starter": starter,
            "golden": golden,
            "tests": tests,
            "fail_to_pass": list(record["failed"]),
            "pass_to_pass": _ids(record.get("passed")),
        }
        turns = [Turn(role="user", text=asked)]
        trace = string(record.get("repo"))
        entry = LogEntry(id=identity, trace=trace, time=time, turns=turns, task=task, notes=notes, licence=licence)
        return [entry, Feedback(target=identity, name="ci", label="red", time=time)]

    def close(self) -> Iterable[Found]:
        """Nothing waits."""
        return ()


def _missing(record: Mapping[str, Any]) -> list[str]:
    """What a task cannot be made without, each with what is there instead."""
    problems = []
    if not _ids(record.get("failed")):
        problems.append(f"failed: expected a list of test ids, found {_shown(record.get('failed'))}")
    if record.get("passed") and not _ids(record["passed"]):
        problems.append(f"passed: expected a list of test ids, found {_shown(record['passed'])}")
    for key in ("files", "tests"):
        if not _texts(record.get(key)):
            problems.append(f"{key}: expected text by file name, found {_shown(record.get(key))}")
    if not (isinstance(record.get("patch"), str) and record["patch"].strip()):
        problems.append(f"patch: expected a unified diff, found {_shown(record.get('patch'))}")
    if not any(isinstance(record.get(key), str) and record[key].strip() for key in ("title", "message", "log")):
        problems.append("expected title, message or log, found none of them")
    return problems


def _shown(value: Any) -> str:
    return "nothing" if value is None else f"{value!r:.60}"


def _ids(value: Any) -> list[str]:
    """Test ids, empty unless all are text."""
    return list(value) if isinstance(value, list) and all(isinstance(test, str) and test for test in value) else []


def _texts(value: Any) -> dict[str, str]:
    """Files by name, empty unless all are text."""
    whole = isinstance(value, dict) and all(isinstance(text, str) and name for name, text in value.items())
    return dict(value) if whole else {}


def _language(files: Mapping[str, str]) -> str:
    """The language of most files' suffixes."""
    suffixes = {suffix: name for name, language in reversed([*LANGUAGES.items()]) for suffix in language.suffixes}
    found = [suffixes[suffix] for name in files if (suffix := PurePosixPath(name).suffix) in suffixes]
    return max(sorted(set(found)), key=found.count, default="")


def _without(patch: str, names: Mapping[str, str], notes: list[str]) -> str:
    """The diff without the files in ``names``; the note ``test changes`` where there were any."""
    sections: list[list[str]] = [[]]
    in_git = False
    lines = patch.splitlines(keepends=True)
    for at, line in enumerate(lines):
        starts = line.startswith("diff --git ")
        plain = line.startswith("--- ") and at + 1 < len(lines) and lines[at + 1].startswith("+++ ")
        if starts or (plain and not in_git):
            sections.append([])
        in_git = starts or (in_git and not plain)
        sections[-1].append(line)
    kept = [section for section in sections if not _changes(section, names)]
    if len(kept) < len(sections):
        note(notes, "test changes")
    return "".join(line for section in kept for line in section)


def _changes(section: list[str], names: Mapping[str, str]) -> bool:
    sides = [line[4:].split("\t")[0].strip() for line in section if line.startswith(("--- ", "+++ "))][:2]
    return any(side in names or side[2:] in names for side in sides)
