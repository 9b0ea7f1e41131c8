"""The attacks of Node.js: what its own modules reach, and what its bombs come to. Needs the toolchain ``node``."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from attacks_hosts import control, listening
from attacks_node import BOMBS, PROBES, PROGRAM
from attacks_world import SANDBOXES, ending, own_things, required, still_works
from sandbox_requirements import unavailable

from evals.errors import SandboxFault
from evals.records import Limits
from evals.sandboxes.base import Job, Outcome, Sandbox

pytestmark = pytest.mark.slow

_COMMAND = ("{node}", "program.js")


def execute(sandbox: Sandbox, source: str, limits: Limits, files: dict[str, bytes] | None = None) -> Outcome:
    files = {"program.js": source.encode(), **(files or {})}
    return sandbox.run(Job(files=files, command=_COMMAND, limits=limits, toolchain="node"))


@pytest.fixture(scope="module", params=SANDBOXES)
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    """A sandbox with the toolchain; skips where there is none, or fails where GOLDLOOP_REQUIRE has ``node``."""
    found = required(request.param)
    try:
        outcome = execute(found, "console.log(6 * 7)", Limits(wall_seconds=20, memory_mb=512))
    except SandboxFault as fault:
        unavailable("node", f"{request.param} has none: {fault}")
    assert outcome.stdout == b"42\n", outcome
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    outcomes: dict[str, str]
    open_files: dict[str, int]
    heard: list[tuple[str, bytes]]
    deaf: list[str]


@pytest.fixture(scope="module")
def found(sandbox: Sandbox) -> Iterator[Found]:
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        own_things(monkeypatch) as own,
        listening(own.folder) as listeners,
    ):
        deaf = control(listeners)
        world = {"world.json": json.dumps(own.world(**listeners.world)).encode()}
        outcome = execute(sandbox, PROGRAM, Limits(wall_seconds=60, memory_mb=512), world)
        assert outcome.exit_code == 0, outcome
        deaf += control(listeners)
        said = [json.loads(line) for line in outcome.stdout.splitlines()]
        yield Found(
            outcomes={each["probe"]: each["outcome"] for each in said},
            open_files={path.name: path.stat().st_mode & 0o777 for path in (own.folder / "open").iterdir()},
            heard=list(listeners.heard),
            deaf=deaf,
        )
        still_works(sandbox)


@pytest.mark.parametrize("name", PROBES)
def test_a_way_of_node_is_closed(found: Found, name: str) -> None:
    assert found.outcomes[name] in PROBES[name][1]


def test_nothing_was_changed_and_no_listener_heard_a_word(found: Found) -> None:
    assert found.open_files == {"file": 0o666, "listener": 0o777}
    assert (found.heard, found.deaf) == ([], [])


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_of_node_is_bounded_and_leaves_nothing(sandbox: Sandbox, name: str) -> None:
    bomb, mark = BOMBS[name], f"gln{secrets.token_hex(6)}"
    outcome = execute(sandbox, bomb.source.replace("MARK", mark), Limits(max_output_bytes=100_000, **bomb.limits))
    assert ending(outcome) in bomb.ends, outcome
    assert bomb.never not in outcome.stdout
    if bomb.most is not None and ending(outcome) == "exit":
        assert int(outcome.stdout.split()[-1]) <= bomb.most
    assert with_argument(mark) == []
    still_works(sandbox)


def with_argument(mark: str) -> list[str]:
    """Processes with the mark among their arguments: a child that Node.js starts takes no name."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                if mark.encode() in (folder / "cmdline").read_bytes():
                    found.append(folder.name)
            except OSError:
                continue
    return found
