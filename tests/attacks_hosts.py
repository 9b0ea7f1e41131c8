"""Listeners that the attacks try to reach: on loopback, on an own address of this machine, and outside of it.

Outside is a network namespace that the test makes, behind a pair of virtual cards: as far away as a host can be without
another machine. Making one needs root and ``ip``. Every listener is first reached from the test itself, so that silence
says something; afterwards ``heard`` tells what else arrived.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox_requirements import unavailable

_CONTROL = b"control"
_HERE, _THERE = "198.18.77.1", "198.18.77.2"  # of the range for tests of networks (RFC 2544), routed nowhere else


@dataclass(slots=True)
class Listeners:
    """Sockets that are listened to in threads, and what each heard."""

    heard: list[tuple[str, bytes]] = field(default_factory=list)
    world: dict[str, Any] = field(default_factory=dict)
    _sockets: list[socket.socket] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)

    def add(self, name: str, listener: socket.socket) -> None:
        """Listen until the end of the test."""
        listener.settimeout(0.1)
        self._sockets.append(listener)
        thread = threading.Thread(target=self._listen, args=(name, listener), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _listen(self, name: str, listener: socket.socket) -> None:
        while True:
            try:
                if listener.type == socket.SOCK_DGRAM:
                    self.heard.append((name, listener.recv(4096)))
                else:
                    connection, _ = listener.accept()
                    with connection:
                        connection.settimeout(0.5)
                        self.heard.append((name, connection.recv(4096)))
            except TimeoutError:
                continue
            except OSError:
                return

    def close(self) -> None:
        """Close the sockets, which ends the threads."""
        for listener in self._sockets:
            listener.close()
        for thread in self._threads:
            thread.join(5)


def _internet(listeners: Listeners, name: str, host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for kind, word in ((socket.SOCK_STREAM, "tcp"), (socket.SOCK_DGRAM, "udp")):
        listener = socket.socket(family, kind)
        listener.bind((host, 0))
        if kind == socket.SOCK_STREAM:
            listener.listen()
        listeners.world[f"{word}_{name}"] = listener.getsockname()[:2]
        listeners.add(f"{word}_{name}", listener)


def _unix(listeners: Listeners, folder: Path) -> None:
    mark = f"goldloop-{os.getpid()}"
    for name, address, kind in (
        ("unix_abstract", f"@{mark}-stream", socket.SOCK_STREAM),
        ("unix_datagram", f"@{mark}-datagram", socket.SOCK_DGRAM),
        ("unix_path", str(folder / "open" / "listener"), socket.SOCK_STREAM),
    ):
        listener = socket.socket(socket.AF_UNIX, kind)
        listener.bind(address.replace("@", "\0", 1))
        if kind == socket.SOCK_STREAM:
            listener.listen()
        listeners.world[name] = address
        listeners.add(name, listener)
    (folder / "open" / "listener").chmod(0o777)


@contextmanager
def listening(folder: Path) -> Iterator[Listeners]:
    """The listeners on this machine. ``outside`` is a port that nobody has until ``outside()`` makes the namespace."""
    listeners = Listeners()
    try:
        _internet(listeners, "loopback4", "127.0.0.1")
        _internet(listeners, "here", "127.77.77.77")
        if socket.has_ipv6 and Path("/proc/net/if_inet6").exists():
            _internet(listeners, "loopback6", "::1")
        else:
            listeners.world |= {"tcp_loopback6": ["::1", 9], "udp_loopback6": ["::1", 9]}
        _unix(listeners, folder)
        listeners.world |= {
            "engine": "/var/run/docker.sock",
            "engine_too": "/run/containerd/containerd.sock",
            "networks": sorted(name for _, name in socket.if_nameindex()),
            "namespace": "",
            "tcp_outside": [_THERE, 9],
            "udp_outside": [_THERE, 9],
        }
        yield listeners
    finally:
        listeners.close()


# Runs in the namespace; says on its output what arrives, a JSON line each.
_OUTSIDE = """
import json, select, socket, sys
tcp, udp = socket.create_server((HOST, 0)), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind((HOST, 0))
print(json.dumps([tcp.getsockname(), udp.getsockname()]), flush=True)
while True:
    for ready in select.select([tcp, udp, sys.stdin], [], [])[0]:
        if ready is sys.stdin:
            sys.exit()
        if ready is udp:
            print(json.dumps(["udp_outside", udp.recv(4096).decode(errors="replace")]), flush=True)
        else:
            connection = tcp.accept()[0]
            connection.settimeout(1)
            print(json.dumps(["tcp_outside", connection.recv(4096).decode(errors="replace")]), flush=True)
"""


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)


@contextmanager
def outside() -> Iterator[tuple[dict[str, Any], list[tuple[str, str]]]]:
    """A host in a network namespace of its own: what the probes are told of it, and a list that fills with what it hears.

    Skips where there can be none, or fails where GOLDLOOP_REQUIRE has ``netns``.
    """
    if os.geteuid() != 0:
        unavailable("netns", "making one needs root")
    if shutil.which("ip") is None:
        unavailable("netns", "there is no ip command (install iproute2)")
    name = f"gl{os.getpid()}"
    with ExitStack() as undo:
        try:
            _ip("netns", "add", name)
            undo.callback(_ip, "netns", "del", name)  # takes the pair of cards with it
            _ip("link", "add", f"{name}a", "type", "veth", "peer", "name", f"{name}b", "netns", name)
            _ip("address", "add", f"{_HERE}/30", "dev", f"{name}a")
            _ip("link", "set", f"{name}a", "up")
            _ip("-n", name, "address", "add", f"{_THERE}/30", "dev", f"{name}b")
            _ip("-n", name, "link", "set", f"{name}b", "up")
        except subprocess.CalledProcessError as error:
            undo.close()
            unavailable("netns", f"ip could not make one: {error.stderr.strip()}")
        program = f"HOST = {_THERE!r}\n{_OUTSIDE}"
        command = ["ip", "netns", "exec", name, sys.executable, "-I", "-S", "-c", program]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as host:
            assert host.stdout is not None and host.stdin is not None
            tcp, udp = json.loads(host.stdout.readline())
            heard: list[tuple[str, str]] = []
            try:
                with socket.create_connection(tuple(tcp), 2) as control:
                    control.sendall(_CONTROL)
                yield {"tcp_outside": tcp, "udp_outside": udp, "namespace": f"/var/run/netns/{name}"}, heard
            finally:
                host.stdin.close()
                heard += [(who, said) for who, said in map(json.loads, host.stdout) if said != _CONTROL.decode()]


def control(listeners: Listeners) -> list[str]:
    """Reach every listener on this machine from here; the names of those that did not hear it are the answer."""
    names = []
    for name, address in listeners.world.items():
        if not name.startswith(("tcp_", "udp_", "unix_")) or name.endswith("outside") or address == ["::1", 9]:
            continue
        names.append(name)
        stream = name.startswith("tcp") or name in ("unix_abstract", "unix_path")
        where = address.replace("@", "\0", 1) if isinstance(address, str) else tuple(address)
        family = socket.AF_UNIX if isinstance(where, str) else socket.AF_INET6 if ":" in where[0] else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM if stream else socket.SOCK_DGRAM) as caller:
            caller.connect(where)
            caller.send(_CONTROL)
    for _ in range(100):
        deaf = [name for name in names if (name, _CONTROL) not in listeners.heard]
        if not deaf:
            break
        threading.Event().wait(0.02)
    listeners.heard[:] = [each for each in listeners.heard if each[1] != _CONTROL]
    return deaf
