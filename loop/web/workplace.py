"""What a folder holds for the pages: runs, projects of production failures, audits. Names only come from here.

No part of an address becomes a part of a path: a page asks for a name, and gets the folder that was found under it, or an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from evals.errors import BadInput
from evals.files import MANIFEST

RUN_FILE = "run.json"
_AUDIT = ("summary.json", "matches.parquet")


class Workplace:
    """The folder that is served: a project with ``runs/`` below it, or a runs folder itself.

    Raises:
        BadInput: there is no such folder.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise BadInput(f"{folder}: no such folder; give one that holds runs/ or a project of `goldloop ingest`")
        self.folder = folder.resolve()

    @property
    def runs(self) -> Path:
        """The folder of the runs, whether or not it is there yet."""
        own = self.folder / "runs"
        return self.folder if not own.is_dir() and any(self.folder.glob(f"*/{RUN_FILE}")) else own

    def run_names(self) -> list[str]:
        """Names of the runs."""
        return sorted(file.parent.name for file in self.runs.glob(f"*/{RUN_FILE}"))

    def run(self, name: str) -> Path:
        """The folder of a run.

        Raises:
            BadInput: there is none of this name.
        """
        return _named("run", name, {known: self.runs / known for known in self.run_names()})

    def projects(self) -> dict[str, Path]:
        """Folders that a log was ingested into, by name; the served folder itself goes by its own."""
        found = [self.folder] if any(self.folder.glob(f"log/[0-9]*/{MANIFEST}")) else []
        found += sorted({file.parents[2] for file in self.folder.glob(f"*/log/[0-9]*/{MANIFEST}")})
        return {folder.name: folder for folder in found}

    def project(self, name: str) -> Path:
        """The folder of a project of production failures.

        Raises:
            BadInput: there is none of this name.
        """
        return _named("project", name, self.projects())

    def audits(self) -> dict[str, Path]:
        """Folders that `goldloop audit --out` wrote, by their place below the served folder."""
        found = {file.parent for below in ("", "*/", "*/*/") for file in self.folder.glob(f"{below}{_AUDIT[0]}")}
        whole = sorted(folder for folder in found if (folder / _AUDIT[1]).is_file())
        return {str(folder.relative_to(self.folder)) if folder != self.folder else folder.name: folder for folder in whole}

    def audit(self, name: str) -> Path:
        """The folder of an audit.

        Raises:
            BadInput: there is none of this name.
        """
        return _named("audit", name, self.audits())


def _named(what: str, name: str, known: Mapping[str, Path]) -> Path:
    if name not in known:
        there = ", ".join(list(known)[:8]) or "none"
        raise BadInput(f"{what} {name!r}: is not here, or not any more; there are: {there}")
    return known[name]
