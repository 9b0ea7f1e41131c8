"""No way out: no listener of the test hears a word from a job, on this machine or outside of it, and none gets in.

The addresses are all of the test's own making (see ``attacks_hosts``).
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import attacks_sockets
import pytest
from attacks_hosts import control, listening, outside
from attacks_world import SANDBOXES, own_things, required, run, sent, still_works

from evals.sandboxes.base import Sandbox

pytestmark = pytest.mark.slow

_OUTSIDE = [name for name in attacks_sockets.PROBES if "outside" in name or name == "enter_the_network_of_the_test"]
_INSIDE = [name for name in attacks_sockets.PROBES if name not in _OUTSIDE]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    outcomes: dict[str, str]
    words: list[tuple[str, bytes]]
    deaf: list[str]


@pytest.fixture(scope="module", params=SANDBOXES)
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    return required(request.param)


@pytest.fixture(scope="module")
def inside(sandbox: Sandbox) -> Iterator[Heard]:
    """The probes at this machine, sent once."""
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        own_things(monkeypatch) as own,
        listening(own.folder) as listeners,
    ):
        deaf = control(listeners)
        outcomes = sent(attacks_sockets, sandbox, own.world(**listeners.world), only=_INSIDE)
        deaf += control(listeners)
        yield Heard(outcomes=outcomes, words=list(listeners.heard), deaf=deaf)
        still_works(sandbox)


@pytest.fixture(scope="module")
def beyond(sandbox: Sandbox) -> Heard:
    """The probes at the host in the namespace, sent once."""
    with pytest.MonkeyPatch.context() as monkeypatch, own_things(monkeypatch) as own, outside() as (told, heard):
        outcomes = sent(attacks_sockets, sandbox, own.world(**told), only=_OUTSIDE)
    return Heard(outcomes=outcomes, words=[(who, said.encode()) for who, said in heard], deaf=[])


@pytest.mark.parametrize("name", _INSIDE)
def test_a_way_to_this_machine_is_closed(inside: Heard, name: str) -> None:
    assert inside.outcomes[name] in attacks_sockets.PROBES[name].held


def test_no_listener_on_this_machine_heard_a_word(inside: Heard) -> None:
    assert (inside.words, inside.deaf) == ([], [])


@pytest.mark.parametrize("name", _OUTSIDE)
def test_a_way_to_another_host_is_closed(beyond: Heard, name: str) -> None:
    assert beyond.outcomes[name] in attacks_sockets.PROBES[name].held


def test_the_other_host_heard_no_word(beyond: Heard) -> None:
    assert beyond.words == []


_SERVER = """
import socket
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind((HOST, PORT))
server.listen()
server.settimeout(1.2)
try:
    server.accept()
    print("reached")
except TimeoutError:
    print("alone")
"""


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_server_in_a_job_cannot_be_reached(sandbox: Sandbox, host: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    reached, over = threading.Event(), threading.Event()

    def knock() -> None:
        while not over.wait(0.02):
            try:
                socket.create_connection(("127.0.0.1", port), 0.1).close()
                reached.set()
            except OSError:
                continue

    knocker = threading.Thread(target=knock)
    knocker.start()
    try:
        outcome = run(sandbox, f"HOST, PORT = {host!r}, {port}\n{_SERVER}")
    finally:
        over.set()
        knocker.join()
    assert not reached.is_set()
    assert outcome.stdout in (b"alone\n", b""), outcome
