"""The sandbox on a Docker engine: one container a job, no network, read-only root, no capabilities.

The job's files come in through a read-only mount and are copied to a tmpfs, so the engine must see this machine's
temporary folder. Output is read from the attached streams, since no log driver is used. Containers are named before
they exist, carry their owner in a label and are removed after every ending; those of dead owners are swept on opening.
Never pulls. Not covered: io_uring, which the default seccomp profile of Docker before 25 leaves open.
"""

from __future__ import annotations

import math
import os
import secrets
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from evals.errors import SandboxFault
from evals.records import Limits
from evals.sandboxes.base import Job, Outcome, check_names, write_files

LABEL = "goldloop.sandbox"
DEFAULT_IMAGE = f"python:{sys.version_info.major}.{sys.version_info.minor}-slim"
_USER = 65534
_ENGINE_SECONDS = 60
# 128 + the signals that end a program which did not ask for it: ILL, ABRT, BUS, FPE, KILL, SEGV.
_KILLED = frozenset({132, 134, 135, 136, 137, 139})


class DockerSandbox:
    """Runs jobs in throw-away containers of one image, which must have ``python3``, ``sh`` and ``cp``. Thread-safe."""

    name = "docker"

    def __init__(self, image: str = DEFAULT_IMAGE) -> None:
        try:
            import docker
            import docker.utils
            from docker.types import LogConfig, Ulimit
        except ImportError as error:
            raise SandboxFault(f"the Docker client does not load ({error}): pip install docker") from None
        # requests' errors are OSErrors.
        self._errors = (docker.errors.DockerException, OSError)
        try:
            _knock(os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock")
            self._api: Any = docker.APIClient(timeout=_ENGINE_SECONDS, **docker.utils.kwargs_from_env())
            version = self._api.version()["Version"]
        except self._errors as error:
            raise SandboxFault(f"no Docker engine answers ({error}); start dockerd or set DOCKER_HOST") from None
        try:
            # By id: a tag that moves while jobs run would grade them on two images.
            self._image: str = self._api.inspect_image(image)["Id"]  # type: ignore[no-untyped-call]
        except docker.errors.ImageNotFound:
            self._api.close()
            raise SandboxFault(f"the Docker image {image!r} is not there: docker pull {image}") from None
        except self._errors as error:
            self._api.close()
            raise SandboxFault(f"docker: {error}") from None
        self.tier = f"docker/{version}"
        self._owner = _identity(os.getpid())
        self._log = LogConfig(type="none")
        self._ulimit: Callable[[str, int], Any] = lambda name, most: Ulimit(name=name, soft=most, hard=most)
        self._sweep()

    def _sweep(self) -> None:
        """Remove containers whose goldloop process is gone; another machine's running ones stay, unjudged."""
        with suppress(*self._errors):
            for container in self._api.containers(all=True, filters={"label": LABEL}):
                if _is_dead(container["Labels"][LABEL], container["State"]):
                    self._remove(container["Id"])

    def _remove(self, container: str) -> None:
        """Remove by id or name. Tried twice: the engine may be busy with it, and it must not stay."""
        for _ in range(2):
            with suppress(*self._errors):
                self._api.remove_container(container, v=True, force=True)
                return

    def run(self, job: Job) -> Outcome:
        """See ``Sandbox.run``."""
        check_names(job)
        name = f"goldloop-{os.getpid()}-{secrets.token_hex(8)}"
        try:
            with tempfile.TemporaryDirectory(prefix="goldloop-box-", ignore_cleanup_errors=True) as folder:
                Path(folder).chmod(0o755)
                write_files(job.files, Path(folder))
                try:
                    self._create(job, folder, name)
                    return self._watch(name, job.limits)
                finally:
                    # By name: a creation whose answer was lost has left no id.
                    self._remove(name)
        except self._errors as error:
            raise SandboxFault(f"docker: {error}") from error

    def _create(self, job: Job, folder: str, name: str) -> None:
        limits = job.limits
        binds = {folder: {"bind": "/task", "mode": "ro"}}
        binds |= {path: {"bind": path, "mode": "ro"} for path in job.readable}
        tmpfs = f"size={limits.file_mb * 4}m,uid={_USER},gid={_USER},mode=0700,nosuid,nodev"
        confinement = self._api.create_host_config(
            binds=binds,
            cap_drop=["ALL"],
            init=True,  # reaps orphans; its end, with the program's, ends everything in the container
            ipc_mode="private",
            log_config=self._log,
            mem_limit=f"{limits.memory_mb}m",
            memswap_limit=f"{limits.memory_mb}m",
            nano_cpus=1_000_000_000,
            network_mode="none",
            pids_limit=limits.processes + 4,
            read_only=True,
            security_opt=["no-new-privileges"],
            shm_size="1m",
            tmpfs={"/box": tmpfs},
            # The processor limit ends a loop that has lost its owner, and with it the clock.
            ulimits=[
                self._ulimit("nofile", 256),
                self._ulimit("core", 0),
                self._ulimit("cpu", math.ceil(limits.wall_seconds) + 10),
            ],
        )
        command = ["python3" if part == "{python}" else part for part in job.command]
        self._api.create_container(
            self._image,
            ["sh", "-c", 'cp -r /task/. /box/ && cd /box && exec "$@"', "sh", *command],
            name=name,
            entrypoint=[],
            user=f"{_USER}:{_USER}",
            environment={"HOME": "/box", "TMPDIR": "/box", "PYTHONHASHSEED": "0", "LANG": "C.UTF-8"},
            labels={LABEL: self._owner},
            host_config=confinement,
        )

    def _watch(self, name: str, limits: Limits) -> Outcome:
        # Attached before the start, so that no output is missed; the clock runs from the start's answer.
        stream = self._api.attach(name, stdout=True, stderr=True, stream=True, demux=True)
        ended: list[str] = []

        def kill(why: str) -> None:
            ended.append(why)
            try:
                self._api.kill(name)
            except self._errors:
                # It has just ended, or the engine does not answer: then reading on would wait for ever.
                if self._is_running(name):
                    _close(stream)

        try:
            self._api.start(name)
            start = time.monotonic()
            clock = threading.Timer(limits.wall_seconds, kill, ("time",))
            # In a thread too: the engine answers a kill only when the output has been read to its end.
            flood = threading.Thread(target=kill, args=("output",), daemon=True)
            clock.daemon = True
            clock.start()
            try:
                out, err = _collect(stream, limits.max_output_bytes, flood.start)
                # The end of the streams is no sign of the end: a job can close them and go on.
                code: int = self._api.wait(name, timeout=limits.wall_seconds + _ENGINE_SECONDS)["StatusCode"]
            finally:
                clock.cancel()
            wall = time.monotonic() - start
        finally:
            _close(stream)
        state: Mapping[str, Any] = self._api.inspect_container(name)["State"]
        if state.get("Error"):
            raise SandboxFault(f"docker: {state['Error']}")
        timed_out = ended[:1] == ["time"] and code == 137
        return Outcome(
            exit_code=code,
            stdout=out,
            stderr=err,
            timed_out=timed_out,
            killed=bool(state.get("OOMKilled")) or (not ended and code in _KILLED),
            truncated="output" in ended,
            wall_seconds=wall,
        )

    def _is_running(self, name: str) -> bool:
        try:
            return bool(self._api.inspect_container(name)["State"]["Running"])
        except self._errors:
            return True

    def close(self) -> None:
        """Close the connections to the engine."""
        self._api.close()


def _knock(address: str) -> None:
    """Connect to a local engine once; the client that finds none leaves an open socket behind and says less."""
    if address.startswith("unix://"):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_ENGINE_SECONDS)
            connection.connect(address.removeprefix("unix://"))


def _collect(stream: Any, limit: int, stop: Callable[[], None]) -> tuple[bytes, bytes]:
    """Read both streams to their ends, keep ``limit`` bytes of each, call ``stop`` once when one passes it."""
    out, err = bytearray(), bytearray()
    stopped = False
    for chunks in stream:
        for buffer, chunk in zip((out, err), chunks, strict=True):
            buffer += (chunk or b"")[: limit - len(buffer)]
        if not stopped and max(len(out), len(err)) >= limit:
            stopped = True
            stop()
    return bytes(out), bytes(err)


def _close(stream: Any) -> None:
    """Close an attachment. Its own ``close`` alone leaves the descriptor open."""
    response = stream._response
    for part in (stream, getattr(response.raw, "_fp", response), response.raw, response):
        with suppress(OSError, AttributeError, ValueError):
            part.close()


def _identity(pid: int) -> str:
    """A process that no other can be mistaken for: the machine's start, its pid namespace, pid and start time."""
    machine = f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()}/{Path('/proc/self/ns/pid').readlink()}"
    started = Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()[19]
    return f"{machine}/{pid}/{started}"


def _is_dead(owner: str, state: str) -> bool:
    """Whether a container's owner is gone. One of another machine counts as gone only when its container has ended."""
    machine, _, process = owner.rpartition("/")[0].rpartition("/")
    if machine != _identity(os.getpid()).rpartition("/")[0].rpartition("/")[0]:
        return state in ("exited", "dead")
    try:
        return _identity(int(process)) != owner
    except (OSError, ValueError):
        return True
