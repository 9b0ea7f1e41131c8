"""The archive of the web toolchain's compiled modules: made once in the sandbox, taken from by jobs, written by none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sandbox_requirements import required_sandbox, unavailable

from evals.errors import SandboxFault
from evals.records import Limits
from evals.sandboxes._modules import compile_modules
from evals.sandboxes.base import Job, Outcome
from evals.toolchains import find_toolchain, modules_script, modules_version

PROBE = """
const [web, archive] = process.argv.slice(2);
const fs = require('node:fs');
const Module = require('node:module');
const before = Module._resolveFilename;
let read = 0;
const real = fs.readFileSync;
if (archive) { process.env.GOLDLOOP_MODULES = archive; require('./modules.cjs'); }
fs.readFileSync = (...given) => { read += /\\.c?js$/.test(String(given[0])); return real(...given); };
const load = Module.createRequire(`${web}/probe.cjs`);
const { JSDOM } = load('jsdom');
const text = new JSDOM('<p>hello</p>').window.document.querySelector('p').textContent;
let written = 'yes';
try { fs.writeFileSync(archive || `${web}/modules-x.bin`, ''); } catch (error) { written = error.code; }
console.log(JSON.stringify({ text, read, written, taken: Module._resolveFilename !== before,
  name: load('jsdom/package.json').name, named: process.env.GOLDLOOP_MODULES ?? '' }));
"""


@pytest.fixture(scope="module")
def toolchain() -> Path:
    folder = find_toolchain("web")
    if folder is None:
        unavailable("web", "no web toolchain here: goldloop images build")
    assert folder is not None
    return folder


def probe(archive: str, files: dict[str, bytes] | None = None) -> dict[str, Any]:
    """What loading jsdom does in a job; the archive is an argument of the command."""
    outcome = required_sandbox("sandlock").run(
        Job(
            files={"probe.cjs": PROBE.encode(), "modules.cjs": modules_script(), **(files or {})},
            command=("{node}", "--no-warnings", "probe.cjs", "{web}", *([archive] if archive else [])),
            limits=Limits(wall_seconds=60, memory_mb=2048),
            toolchain="web",
        )
    )
    assert outcome.exit_code == 0, outcome.stderr.decode()
    found: dict[str, Any] = json.loads(outcome.stdout)
    return found


def test_a_job_takes_modules_from_the_archive_and_cannot_write_it(toolchain: Path) -> None:
    plain = probe("")
    archives = sorted(toolchain.glob(f"modules-{modules_version()}-*.bin"))
    assert archives, "the first job of a web page has them compiled"
    taken = [probe(str(archive)) for archive in archives]
    assert min(found["read"] for found in taken) < plain["read"] / 2, "of another Node.js are all the others"
    for found in (plain, *taken):
        assert (found["text"], found["name"], found["named"]) == ("hello", "jsdom", "")
        assert found["written"] in ("EACCES", "EPERM", "EROFS")


@pytest.mark.usefixtures("toolchain")
def test_an_archive_of_another_node_is_left_alone() -> None:
    head = json.dumps({"node": "v1.0.0x64", "resolved": {}, "files": {}}).encode()
    found = probe("other.bin", {"other.bin": len(head).to_bytes(4, "little") + head})
    assert (found["text"], found["taken"]) == ("hello", False)


class Runs:
    """What a sandbox would do: it says nothing, or brings a file."""

    def __init__(self, files: dict[str, bytes], exit_code: int = 0, fault: bool = False) -> None:
        self.jobs: list[Job] = []
        self._files, self._exit_code, self._fault = files, exit_code, fault

    def run(self, job: Job) -> Outcome:
        self.jobs.append(job)
        if self._fault:
            raise SandboxFault("no room")
        return Outcome(
            exit_code=self._exit_code,
            stdout=b"",
            stderr=b"",
            timed_out=False,
            killed=False,
            truncated=False,
            wall_seconds=1.0,
            files=self._files,
        )


@pytest.fixture
def node(tmp_path: Path) -> str:
    program = tmp_path / "node"
    program.write_text("#!/bin/sh\necho v22.1.0-x64\n")
    program.chmod(0o755)
    return str(program)


def test_an_archive_is_made_once_for_each_node(tmp_path: Path, node: str) -> None:
    folder = tmp_path / "web"
    folder.mkdir()
    runs = Runs({"modules.bin": b"compiled"})
    for _ in range(2):
        compile_modules(folder, node, runs.run)
    assert len(runs.jobs) == 1
    assert [(file.name, file.read_bytes()) for file in folder.iterdir()] == [
        (f"modules-{modules_version()}-v22.1.0-x64.bin", b"compiled")
    ]


@pytest.mark.parametrize("runs", [Runs({}), Runs({"modules.bin": b"half"}, exit_code=1), Runs({}, fault=True)])
def test_an_archive_that_cannot_be_made_leaves_nothing(tmp_path: Path, node: str, runs: Runs) -> None:
    folder = tmp_path / "web"
    folder.mkdir()
    compile_modules(folder, node, runs.run)
    assert len(runs.jobs) == 1
    assert list(folder.iterdir()) == []


def test_without_node_nothing_is_made(tmp_path: Path) -> None:
    runs = Runs({"modules.bin": b"compiled"})
    compile_modules(tmp_path, str(tmp_path / "missing"), runs.run)
    assert (runs.jobs, list(tmp_path.iterdir())) == ([], [])
