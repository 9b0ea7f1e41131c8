"""A started container and the connection to its zygote. Docker's multiplexed stream on one side, ``pool.Channel`` on the other.

The container's standard input is this connection's: when it closes, for whatever reason, the zygote ends and with it the
container. Not covered: what a container may do, which ``docker.py`` sets when it creates one.
"""

from __future__ import annotations

import select
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from evals.sandboxes.base import Job
from evals.sandboxes.pool import Ending

_STDERR = 2
_HEADER = 8
_SEND_SECONDS = 30.0
_END_SECONDS = 2.0
_TAIL_BYTES = 500


class ContainerChannel:
    """One attached container. See ``pool.Channel``."""

    def __init__(
        self, api: Any, container: str, errors: tuple[type[Exception], ...], remove: Callable[[str], None], *, single: bool
    ) -> None:
        self._api = api
        self._container = container
        self._errors = errors
        self._remove = remove
        self._single = single
        self._attached = api.attach_socket(container, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
        # Over TLS the connection itself comes back, else a file object around it.
        self._connection: Any = getattr(self._attached, "_sock", self._attached)
        self._poll = select.poll()
        self._poll.register(self._connection.fileno(), select.POLLIN)
        self._raw = bytearray()
        self._stderr = b""
        self._ended = self._used = False

    def send(self, data: bytes) -> None:
        """See ``pool.Channel.send``."""
        self._connection.settimeout(_SEND_SECONDS)
        self._connection.sendall(data)

    def receive(self, deadline: float) -> bytes:
        """See ``pool.Channel.receive``."""
        while True:
            if (chunk := self._unwrapped()) is not None:
                return chunk
            pending = getattr(self._connection, "pending", None)
            waits = not (pending and pending())
            if waits and not self._poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
                raise TimeoutError
            data = self._connection.recv(1 << 16)
            if not data:
                self._ended = True
                return b""
            self._raw += data

    def _unwrapped(self) -> bytes | None:
        """Standard output so far, without the engine's headers; the end of standard error is kept aside."""
        while len(self._raw) > _HEADER:
            kind, size = self._raw[0], int.from_bytes(self._raw[4:_HEADER], "big")
            there = min(size, len(self._raw) - _HEADER)
            payload = bytes(self._raw[_HEADER : _HEADER + there])
            del self._raw[: _HEADER + there]
            if there < size:  # the rest gets a header of its own
                self._raw[:0] = bytes((kind, 0, 0, 0)) + (size - there).to_bytes(4, "big")
            if kind != _STDERR:
                return payload
            self._stderr = (self._stderr + payload)[-_TAIL_BYTES:]
            if there < size:
                return None
        return None

    def begin(self) -> None:
        """See ``pool.Channel.begin``."""

    def late(self, job: Job) -> int:
        """See ``pool.Channel.late``: the engine may be on another machine, so the zygote looks."""
        return 0

    def excess(self, job: Job) -> str:
        """See ``pool.Channel.excess``: the container's control group bounds them together."""
        self._used = True
        return ""

    def peak(self) -> int:
        """See ``pool.Channel.peak``: the kernel counts in the container."""
        return 0

    def close(self) -> Ending:
        """See ``pool.Channel.close``. The container is gone at the latest when the sandbox is closed."""
        state = self._state() if self._ended else {}
        response = self._attached._response
        for part in (self._connection, self._attached, getattr(response.raw, "_fp", response), response.raw, response):
            with suppress(OSError, AttributeError, ValueError):
                part.close()
        self._remove(self._container)
        # A container that is used once can be blamed on nobody but its job, which can end or halt all but the zygote.
        killed = bool(state.get("OOMKilled")) or (self._single and self._used and bool(state))
        said = self._stderr.decode(errors="replace").strip()
        return Ending(killed=killed, message=f"the container ended with {state.get('ExitCode', 'no exit code')} {said}".strip())

    def _state(self) -> dict[str, Any]:
        """The engine's report on a container whose output has ended."""
        deadline = time.monotonic() + _END_SECONDS
        with suppress(*self._errors):
            while True:
                state: dict[str, Any] = self._api.inspect_container(self._container)["State"]
                if not state["Running"] or time.monotonic() > deadline:
                    return state
                time.sleep(0.01)
        return {}
