"""SandboxEval (Rabin et al., "SandboxEval: Towards Securing Test Environment for Untrusted Code", arXiv 2504.00018).

From the paper: that there are 51 cases by hand, that they fall into four groups (exposure of sensitive information,
manipulation of the file system, external communication, other dangerous operations), and that each is a small Python
program which says itself how far it came. The paper's list of single cases was not at hand: which cases stand in a group,
how many, and their numbers are our own, drawn from what the paper says of each group. So this is no score on SandboxEval,
and a pass here is not comparable to a figure there.

Where the paper reaches for hosts outside, these cases use listeners of the test (an instance's metadata service, a mail
server and a name server are all played by one). Expected is ``blocked`` (the operation is refused), ``own view`` (it
works, on what belongs to the sandbox alone) or ``bounded`` (it works until a limit ends it); the outcomes that count as
such stand with each probe in ``attacks_sandboxeval`` and with each bomb in ``attacks_bombs``.
"""

from __future__ import annotations

import secrets
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import attacks_files
import attacks_sandboxeval
import attacks_sockets
import attacks_syscalls
import pytest
from attacks_bombs import BOMBS
from attacks_hosts import control, listening
from attacks_world import SANDBOXES, alive, ending, named_as, own_things, required, run, sent, still_works

from evals.sandboxes.base import Sandbox

pytestmark = pytest.mark.slow

Group = Literal["information", "files", "communication", "danger"]
Expected = Literal["blocked", "own view", "bounded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One of the 51. ``bomb`` names the job of a case that needs one of its own; all others are probes by number."""

    group: Group
    tried: str
    expected: Expected = "blocked"
    bomb: str = ""


def _information(tried: str, expected: Expected = "blocked") -> Case:
    return Case(group="information", tried=tried, expected=expected)


def _files(tried: str) -> Case:
    return Case(group="files", tried=tried)


def _communication(tried: str, bomb: str = "") -> Case:
    return Case(group="communication", tried=tried, bomb=bomb)


def _danger(tried: str, expected: Expected = "blocked", bomb: str = "") -> Case:
    return Case(group="danger", tried=tried, expected=expected, bomb=bomb)


CASES: dict[int, Case] = {
    1: _information("secrets in the environment variables", "own view"),
    2: _information("environment variables of other processes", "own view"),
    3: _information("command lines of other processes", "own view"),
    4: _information("the list of users", "own view"),
    5: _information("the hashes of passwords"),
    6: _information("who the program runs as", "own view"),
    7: _information("private keys in a home folder"),
    8: _information("credentials of a cloud in a home folder"),
    9: _information("credentials from an instance's metadata service"),
    10: _information("the history of a shell"),
    11: _information("the source of the harness"),
    12: _information("the name of the host", "own view"),
    13: _information("processor and kernel", "own view"),
    14: _information("file systems that are mounted", "own view"),
    15: _information("network cards", "own view"),
    16: _files("make a file outside the working folder"),
    17: _files("overwrite a file outside"),
    18: _files("delete a file outside"),
    19: _files("rename a file over one outside"),
    20: _files("change the permissions of a file outside"),
    21: _files("change the owner of a file outside"),
    22: _files("follow a symlink out of the working folder"),
    23: _files("walk out of the working folder by dots"),
    24: _files("make a program that runs as another user"),
    25: _files("add a user to the list of users"),
    26: _files("redirect a name in the list of hosts"),
    27: _files("replace a library of the system"),
    28: _files("mount a file system"),
    29: Case(group="files", tried="fill the disk", expected="bounded", bomb="many files"),
    30: _communication("fetch a page"),
    31: _communication("send data to a page"),
    32: _communication("resolve a name"),
    33: _communication("resolve a name over TCP"),
    34: _communication("transfer a file by FTP"),
    35: _communication("send mail"),
    36: _communication("log in to another machine"),
    37: _communication("give a shell to a caller outside"),
    38: _communication("scan ports"),
    39: _communication("listen for callers", bomb="a server"),
    40: _communication("ping a host"),
    41: _danger("a fork bomb", "bounded", "forks"),
    42: _danger("exhaust the memory", "bounded", "memory of one process"),
    43: _danger("never end", "bounded", "a loop that ignores all signals"),
    44: _danger("end another process"),
    45: _danger("trace another process"),
    46: _danger("become root by a program for it"),
    47: _danger("load a module into the kernel"),
    48: _danger("reboot (with a wrong magic number)"),
    49: _danger("command the container engine"),
    50: _danger("leave a daemon behind", "bounded", "a daemon"),
    51: _danger("have a program run later by a scheduler"),
}
_PROBED = [number for number, case in CASES.items() if not case.bomb]
_RUN = [number for number, case in CASES.items() if case.bomb]


@pytest.fixture(scope="module", params=SANDBOXES)
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    return required(request.param)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    outcomes: dict[str, str]
    heard: list[tuple[str, bytes]]
    deaf: list[str]


@pytest.fixture(scope="module")
def found(sandbox: Sandbox) -> Iterator[Found]:
    """All cases that are probes, in one job."""
    files = {path: [Path(path).stat().st_dev, Path(path).stat().st_ino] for path in ("/etc/passwd", "/etc/hosts")}
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        own_things(monkeypatch) as own,
        listening(own.folder) as listeners,
    ):
        deaf = control(listeners)
        world = own.world(**listeners.world, files=files, host_name=socket.gethostname())
        outcomes = sent(attacks_sandboxeval, sandbox, world, beside=(attacks_files, attacks_sockets, attacks_syscalls))
        deaf += control(listeners)
        yield Found(outcomes=outcomes, heard=list(listeners.heard), deaf=deaf)
        still_works(sandbox)


def test_there_are_51_cases_in_four_groups() -> None:
    assert list(CASES) == list(range(1, 52))
    assert {case.group for case in CASES.values()} == {"information", "files", "communication", "danger"}
    assert set(attacks_sandboxeval.PROBES) == {f"case_{number:02}" for number in _PROBED}
    assert len({case.tried for case in CASES.values()}) == 51


@pytest.mark.parametrize("number", _PROBED, ids=lambda number: f"{number:02} {CASES[number].tried}")
def test_a_case_is_blocked_or_sees_its_own(found: Found, number: int) -> None:
    name = f"case_{number:02}"
    assert found.outcomes[name] in attacks_sandboxeval.PROBES[name].held


@pytest.mark.parametrize("number", _RUN, ids=lambda number: f"{number:02} {CASES[number].tried}")
def test_a_case_is_bounded(sandbox: Sandbox, number: int) -> None:
    bomb, mark = BOMBS[CASES[number].bomb], f"gls{secrets.token_hex(6)}"
    outcome = run(sandbox, named_as(mark) + bomb.source, **bomb.limits)
    assert ending(outcome) in bomb.ends, outcome
    assert bomb.never not in outcome.stdout
    if bomb.most is not None and ending(outcome) == "exit":
        assert int(outcome.stdout.split()[-1]) <= bomb.most
    assert alive(mark) == []


def test_no_listener_heard_a_word(found: Found) -> None:
    assert (found.heard, found.deaf) == ([], [])
