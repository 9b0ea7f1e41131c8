"""Probes at the network: listeners of the test on this machine and in a network namespace of its own, and odd sockets.

No address but the test's own is ever sent to. A probe that gets through leaves its word with the listener, which the test
reads: what counts is what arrived. Not covered: timing and load as a channel to other jobs.
"""
# Paths are as the kernel takes them.
# ruff: noqa: PTH123

from __future__ import annotations

import ctypes
import os
import socket
import struct

from attacks_probe import DENIED, GONE, Probe, World, call, probe

PROBES: dict[str, Probe] = {}
NO_ROUTE = (
    *GONE,
    "ECONNREFUSED",
    "ENETUNREACH",
    "EHOSTUNREACH",
    "ENETDOWN",
    "EADDRNOTAVAIL",
    "EAFNOSUPPORT",
    "TimeoutError: timed out",
)
_NO_FAMILY = (*DENIED, "EAFNOSUPPORT", "EPROTONOSUPPORT", "ESOCKTNOSUPPORT", "EINVAL")
_SECONDS = 1.0


def _connects(name: str, key: str) -> None:
    def attack(world: World) -> str:
        host, port = world[key]
        with socket.create_connection((host, port), _SECONDS) as connection:
            connection.sendall(name.encode())
        return "connected"

    attack.__name__ = name
    probe(*NO_ROUTE, into=PROBES)(attack)


def _sends(name: str, key: str, data: bytes = b"") -> None:
    """A datagram is sent or refused; where it may be sent into an empty network, the listener says that none came."""

    def attack(world: World) -> str:
        host, port = world[key]
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(data or name.encode(), (host, port))
        return "sent"

    attack.__name__ = name
    probe(*NO_ROUTE, "sent", into=PROBES)(attack)


_QUERY = struct.pack("!6H", 7, 0x100, 1, 0, 0, 0) + b"\x08goldloop\x07invalid\0" + struct.pack("!2H", 1, 1)
for _where in ("loopback4", "loopback6", "outside"):
    _connects(f"connect_to_{_where}", f"tcp_{_where}")
    _sends(f"send_to_{_where}", f"udp_{_where}")
_connects("connect_to_an_address_of_this_machine", "tcp_here")
_sends("ask_a_name_server_on_loopback", "udp_loopback4", _QUERY)
_sends("ask_a_name_server_outside", "udp_outside", _QUERY)


def _unix(name: str, key: str) -> None:
    def attack(world: World) -> str:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_SECONDS)
            connection.connect(world[key].replace("@", "\0", 1))
            connection.sendall(name.encode())
        return "connected"

    attack.__name__ = name
    probe(*NO_ROUTE, into=PROBES)(attack)


_unix("connect_to_an_abstract_socket", "unix_abstract")
_unix("connect_to_a_socket_in_a_folder", "unix_path")
_unix("connect_to_the_engine", "engine")
_unix("connect_to_the_engine_by_its_other_name", "engine_too")


@probe(*NO_ROUTE, "sent", into=PROBES)
def send_to_an_abstract_datagram_socket(world: World) -> str:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"datagram", world["unix_datagram"].replace("@", "\0", 1))
    return "sent"


_FAST_OPEN = 0x20000000


def _opens_fast(name: str, key: str, by_message: bool) -> None:
    """A connection that no ``connect`` makes."""

    def attack(world: World) -> str:
        host, port = world[key]
        with socket.socket() as connection:
            if by_message:
                connection.sendmsg([name.encode()], (), _FAST_OPEN, (host, port))
            else:
                connection.sendto(name.encode(), _FAST_OPEN, (host, port))
        return "connected"

    attack.__name__ = name
    probe(*NO_ROUTE, into=PROBES)(attack)


_opens_fast("send_while_connecting", "tcp_loopback4", by_message=False)
_opens_fast("send_a_message_while_connecting", "tcp_loopback4", by_message=True)
_opens_fast("send_while_connecting_to_outside", "tcp_outside", by_message=False)


def _connects_by(name: str, key: str, family: int, protocol: int) -> None:
    """Stream sockets that end up as connections of another protocol than they were asked for."""

    def attack(world: World) -> str:
        host, port = world[key]
        where = (f"::ffff:{host}", port) if family == socket.AF_INET6 else (host, port)
        with socket.socket(family, socket.SOCK_STREAM, protocol) as connection:
            connection.settimeout(_SECONDS)
            connection.connect(where)
            connection.sendall(name.encode())
        return "connected"

    attack.__name__ = name
    probe(*NO_ROUTE, *_NO_FAMILY, into=PROBES)(attack)


_connects_by("connect_by_several_paths", "tcp_loopback4", socket.AF_INET, 262)
_connects_by("connect_by_several_paths6", "tcp_loopback4", socket.AF_INET6, 262)
_connects_by("connect_by_several_paths_to_outside", "tcp_outside", socket.AF_INET, 262)
_connects_by("connect_by_a_mapped_address", "tcp_loopback4", socket.AF_INET6, 0)


@probe(*NO_ROUTE, *_NO_FAMILY, into=PROBES)
def connect_by_shared_memory(world: World) -> str:
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.socket(43, socket.SOCK_STREAM, 0)
    host, port = world["tcp_loopback4"]
    address = struct.pack("=H", socket.AF_INET) + struct.pack("!H", port) + socket.inet_aton(host) + bytes(8)
    if descriptor < 0 or libc.connect(descriptor, address, len(address)) < 0:
        raise OSError(ctypes.get_errno(), "connect")
    os.write(descriptor, b"shared memory")
    return "connected"


@probe(*NO_ROUTE, "bound", into=PROBES)
def connect_from_a_bound_port(world: World) -> str:
    with socket.socket() as connection:
        connection.settimeout(_SECONDS)
        connection.bind(("127.0.0.1", 0))
        try:
            connection.connect(tuple(world["tcp_loopback4"]))
        except (OSError, TimeoutError):
            return "bound"
        connection.sendall(b"bound")
    return "connected"


def _family(name: str, family: int, kind: int, protocol: int = 0) -> None:
    """That such a socket can be had is the breach: what it reaches is no address of the test's."""

    def attack(world: World) -> str:
        socket.socket(family, kind, protocol).close()
        return "has one"

    attack.__name__ = f"a_socket_of_{name}"
    probe(*_NO_FAMILY, into=PROBES)(attack)


_family("raw_ip", socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
_family("raw_ip6", socket.AF_INET6, socket.SOCK_RAW, 58)
_family("packets", 17, socket.SOCK_RAW, 0x300)
_family("packet_datagrams", 17, socket.SOCK_DGRAM, 0x300)
_family("machines", 40, socket.SOCK_STREAM)
_family("machine_datagrams", 40, socket.SOCK_DGRAM)
_family("kernel_ciphers", 38, socket.SOCK_SEQPACKET)
_family("express_data", 44, socket.SOCK_RAW)
_family("bluetooth", 31, socket.SOCK_RAW, 1)
_family("controllers", 29, socket.SOCK_RAW, 1)
_family("clusters", 30, socket.SOCK_SEQPACKET)
_family("keys", 15, socket.SOCK_RAW, 2)
_family("near_fields", 39, socket.SOCK_SEQPACKET, 0)
_family("radios", 42, socket.SOCK_DGRAM)
_family("sctp", socket.AF_INET, socket.SOCK_SEQPACKET, 132)
_family("audit", socket.AF_NETLINK, socket.SOCK_RAW, 9)
_family("netfilter", socket.AF_NETLINK, socket.SOCK_RAW, 12)
_family("kernel_events", socket.AF_NETLINK, socket.SOCK_RAW, 15)
_family("generic_netlink", socket.AF_NETLINK, socket.SOCK_RAW, 16)


@probe(*_NO_FAMILY, "own network", into=PROBES)
def see_the_networks(world: World) -> str:
    names = sorted(name for _, name in socket.if_nameindex())
    return "own network" if names in ([], ["lo"]) and names != world["networks"] else f"sees {names}"


@probe(*GONE, "own network", into=PROBES)
def see_the_connections(world: World) -> str:
    port = f":{world['tcp_loopback4'][1]:04X}"
    with open("/proc/net/tcp") as file:
        return "sees the listener" if port in file.read() else "own network"


@probe(*_NO_FAMILY, "ENOTCONN", "own network", into=PROBES)
def pass_a_descriptor_to_the_harness(world: World) -> str:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        try:
            socket.send_fds(sender, [b"x"], [1], 0, world["unix_datagram"].replace("@", "\0", 1))
        except ConnectionRefusedError:
            return "own network"
    return "sent"


@probe(*GONE, into=PROBES)
def enter_the_network_of_the_test(world: World) -> str:
    descriptor = os.open(world["namespace"] or "/var/run/netns/none", os.O_RDONLY)
    call("setns", descriptor, 0x40000000)
    return "entered"


@probe(*_NO_FAMILY, "ENODEV", "own network", into=PROBES)
def bring_up_a_network(world: World) -> str:
    request = struct.pack("16sh14x", b"lo", 0x41)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        if ctypes.CDLL(None, use_errno=True).ioctl(any_socket.fileno(), 0x8914, request) < 0:
            raise OSError(ctypes.get_errno(), "SIOCSIFFLAGS")
    return "brought up"
