"""The sandbox on a Docker engine: prepared containers without network, capabilities or anything to write to.

A container holds a zygote (see ``_zygote``) and everything comes and goes through its standard input and output, so the
engine may be anywhere and no folder of this machine is shared. Every job gets namespaces and memory file systems of its
own in it (see ``_namespaces``); where the kernel refuses them, or another runtime is asked for, a container that was made
ahead is used once. Containers carry their owner in a label, end when it does, and those of dead owners are removed on
opening. Never pulls. Not covered: what the kernel itself lets through; ``runtime`` takes another one, such as gVisor's.
"""

from __future__ import annotations

import atexit
import os
import secrets
import socket
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evals.errors import SandboxFault
from evals.records import Limits
from evals.sandboxes._container import ContainerChannel
from evals.sandboxes.base import ENVIRONMENT, Job, Outcome, Toolchain, check_names, explained
from evals.sandboxes.images import NODE, WEB, ImageKind, choose_image
from evals.sandboxes.pool import BOOT, Box, Order, Pool, Settings

LABEL = "goldloop.sandbox"
_USER = 65534
_ENGINE_SECONDS = 60
_PROFILE = Path(__file__).with_name("seccomp.json")
_SOURCES = ("_shared", "_filter", "_meter", "_confine", "_namespaces", "_zygote")
_KEEPERS = 4  # tasks beside the job's: the engine's init, zygote, keeper, first process of the namespaces
_THREADS: Mapping[Toolchain, int] = {
    "python": 0,
    "node": 6,
    "web": 128,
}  # control groups count threads; a Node has some ten of its own
_OVERHEAD_MB = 12  # of zygote and keeper, who share the job's memory limit
_OPEN_FILES: Mapping[Toolchain, int] = {"python": 128, "node": 1024, "web": 1024}
_GIVEN_MB = 16  # room for the files that a job comes with
_MOST_JOBS = 400
_PATH = "/usr/local/bin:/usr/bin:/bin"
_PRELOAD = (
    "abc", "bisect", "collections", "collections.abc", "contextlib", "copy", "dataclasses", "datetime", "decimal", "enum",
    "fractions", "functools", "heapq", "itertools", "json", "math", "operator", "random", "re", "statistics", "string",
    "threading", "traceback", "typing",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _ContainerKind:
    """What is fixed when a container is made."""

    toolchain: Toolchain
    memory_mb: int
    processes: int
    file_mb: int
    readable: tuple[str, ...]
    sheltered: bool

    @classmethod
    def of(cls, toolchain: Toolchain, limits: Limits, readable: tuple[str, ...], *, sheltered: bool = False) -> _ContainerKind:
        """The kind of container that a job needs."""
        return cls(
            toolchain=toolchain,
            memory_mb=limits.memory_mb,
            processes=limits.processes,
            file_mb=limits.file_mb,
            readable=readable,
            sheltered=sheltered,
        )


class DockerSandbox:
    """Runs jobs in containers of two images: one with Python, one with Node.js beside it. Thread-safe.

    ``image`` and ``web_image`` need ``python3``; empty stands for what ``goldloop images build`` makes, and for Python
    also for ``python:X.Y-slim``. ``runtime`` is one that the engine knows, by name.
    """

    name = "docker"

    def __init__(self, image: str = "", web_image: str = "", runtime: str = "") -> None:
        try:
            import docker
            import docker.utils
            from docker.types import LogConfig, Ulimit
        except ImportError as error:
            raise SandboxFault(f"the Docker client does not load ({error}): pip install docker") from None
        # requests' errors are OSErrors.
        self._errors: tuple[type[Exception], ...] = (docker.errors.DockerException, OSError)
        try:
            knock(os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock")
            self._api: Any = docker.APIClient(timeout=_ENGINE_SECONDS, **docker.utils.kwargs_from_env())
            version = ".".join(self._api.version()["Version"].split(".")[:2])
        except self._errors as error:
            raise SandboxFault(f"no Docker engine answers ({error}); start dockerd or set DOCKER_HOST") from None
        self._names: dict[ImageKind, str] = {"python": image, "web": web_image}
        self._images: dict[ImageKind, str] = {}
        self._runtime = runtime
        self._owner = _identity(os.getpid())
        self._log = LogConfig(type="none")
        self._ulimit: Callable[[str, int], Any] = lambda name, most: Ulimit(name=name, soft=most, hard=most)
        self._profile = _PROFILE.read_text(encoding="utf-8")
        self._spare: dict[_ContainerKind, Box] = {}
        self._remover = ThreadPoolExecutor(1, thread_name_prefix="containers")
        try:
            self._sweep()
            self._single = self._try_out()
        except SandboxFault:
            self._remover.shutdown()
            self._api.close()
            raise
        self._pool: Pool[_ContainerKind] = Pool(self._open, most_jobs=1 if self._single else _MOST_JOBS)
        self.tier = f"docker/{version} single" if self._single else f"docker/{version}+namespaces"
        self.tier += f" {runtime}" if runtime else ""
        atexit.register(self.close)

    def _try_out(self) -> bool:
        """Whether containers are used once. Keeps the container that was used for the test.

        Raises:
            SandboxFault: no container works at all.
        """
        kind = _ContainerKind.of("python", Limits(), ())
        if not self._runtime:
            self._single = False
            with suppress(SandboxFault):
                self._spare[kind] = self._make(kind)
                return False
        self._single = True
        self._spare[kind] = self._make(kind)
        return True

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
        names = {"{python}": "python3", "{node}": NODE, "{web}": WEB}
        order = Order(
            job=job,
            command=tuple(_filled(part, names) for part in job.command),
            links={"node_modules": f"{WEB}/node_modules"} if job.toolchain == "web" else {},
            python="python3",
            open_files=_OPEN_FILES[job.toolchain],
        )

        def run(again: Job) -> Outcome:
            kind = _ContainerKind.of(job.toolchain, job.limits, job.readable, sheltered=again.sheltered)
            return self._pool.run(kind, replace(order, job=again))

        return explained(job, run)

    def _open(self, kind: _ContainerKind) -> Box:
        """A container that is ready for a job; the one that was used for the test is taken first."""
        return self._spare.pop(kind, None) or self._make(kind)

    def _make(self, kind: _ContainerKind) -> Box:
        """Create a container, attach, start, and wait for its zygote.

        Raises:
            SandboxFault: one of these failed; nothing is left behind.
        """
        name = f"goldloop-{os.getpid()}-{secrets.token_hex(8)}"
        try:
            self._create(kind, name)
            # Attached before the start, so that the container has never been without its owner.
            channel = ContainerChannel(self._api, name, self._errors, self._remove_later, single=self._single)
        except self._errors as error:
            self._remove(name)  # by name: a creation whose response was lost left no id
            raise SandboxFault(f"docker: {error}") from error
        try:
            self._api.start(name)
        except self._errors as error:
            channel.close()
            raise SandboxFault(f"docker: {error}") from error
        environment = {**ENVIRONMENT, "PATH": _PATH}
        if kind.toolchain != "python":
            environment |= {"OPENSSL_CONF": os.devnull, "NODE_OPTIONS": f"--max-old-space-size={kind.memory_mb}"}
        settings = Settings(
            root="/box",
            confinement="single" if self._single else "namespaces",
            preload=_PRELOAD if kind.toolchain == "python" else (),
            environment=environment,
            sheltered=kind.sheltered,
            sources=_SOURCES,
        )
        return Box.start(channel, settings)

    def _remove_later(self, container: str) -> None:
        """Remove in the background: the connection is closed, so the container is ending by itself."""
        try:
            self._remover.submit(self._remove, container)
        except RuntimeError:  # the interpreter is shutting down
            self._remove(container)

    def _create(self, kind: _ContainerKind, name: str) -> None:
        size = f"{kind.file_mb * 4 + _GIVEN_MB}m"
        tmpfs = f"size={size},uid={_USER},gid={_USER},mode=0700,nosuid,nodev,exec"
        most_bytes = (kind.memory_mb + _OVERHEAD_MB) << 20
        confinement = self._api.create_host_config(
            binds={path: {"bind": path, "mode": "ro"} for path in kind.readable},
            cap_drop=["ALL"],
            # Where there are no namespaces the zygote is the first process itself: what it runs cannot signal it then.
            init=not self._single,
            ipc_mode="private",
            log_config=self._log,
            mem_limit=most_bytes,
            memswap_limit=most_bytes,
            nano_cpus=1_000_000_000,
            network_mode="none",
            pids_limit=kind.processes + _KEEPERS + _THREADS[kind.toolchain],
            read_only=True,
            runtime=self._runtime or None,
            security_opt=["no-new-privileges", f"seccomp={self._profile}"],
            shm_size="1m",
            tmpfs={"/box": tmpfs, "/tmp": tmpfs},
            ulimits=[self._ulimit("nofile", 1024), self._ulimit("core", 0), self._ulimit("fsize", kind.file_mb << 22)],
        )
        self._api.create_container(
            self._image(kind.toolchain),
            ["python3", "-I", "-S", "-B", "-c", BOOT],
            name=name,
            entrypoint=[],
            user=f"{_USER}:{_USER}",
            environment={
                "HOME": "/box",
                "PATH": _PATH,
                "LANG": "C.UTF-8",
                "BOX_SIZE": size,
                "BOX_READABLE": ":".join(kind.readable),
            },
            labels={LABEL: self._owner},
            stdin_open=True,  # and closed for good with the connection: a container ends with its owner
            working_dir="/",
            host_config=confinement,
        )

    def _image(self, toolchain: Toolchain) -> str:
        """The id of a toolchain's image. By id: with a tag that moves while jobs run, they would be graded on two images.

        Raises:
            SandboxFault: it does not exist.
        """
        which: ImageKind = "python" if toolchain == "python" else "web"
        if which not in self._images:
            self._images[which] = choose_image(self._api, which, self._names[which])
        return self._images[which]

    def close(self) -> None:
        """Remove every container and close the connections to the engine."""
        atexit.unregister(self.close)
        self._pool.close()
        for box in self._spare.values():
            box.channel.close()
        self._spare.clear()
        self._remover.shutdown(wait=True)
        self._api.close()


def _filled(part: str, names: Mapping[str, str]) -> str:
    for name, value in names.items():
        part = part.replace(name, value)
    return part


def knock(address: str) -> None:
    """Connect to a local engine once; the client that finds none leaves an open socket behind and says less."""
    if address.startswith("unix://"):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_ENGINE_SECONDS)
            connection.connect(address.removeprefix("unix://"))


def _identity(pid: int) -> str:
    """A unique identity of a process: the machine's start, its pid namespace, pid and start time."""
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
