"""The sandbox on a Docker engine: one container a job, no network, read-only root, no capabilities.

The job's files come in through a read-only mount and are copied to a tmpfs; output is read from the attached streams, since
no log driver is used. Containers carry a label and are killed by id; leftovers of dead runs are swept on opening.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from evals.errors import SandboxFault
from evals.sandboxes.base import Job, Outcome

LABEL = "goldloop.sandbox"
DEFAULT_IMAGE = f"python:{sys.version_info.major}.{sys.version_info.minor}-slim"
_USER = 65534


class DockerSandbox:
    """Runs jobs in throw-away containers of one image, which must have ``python3`` and ``sh``."""

    name = "docker"

    def __init__(self, image: str = DEFAULT_IMAGE) -> None:
        import docker
        import docker.errors
        from docker.types import LogConfig, Ulimit

        try:
            self._client = docker.from_env(timeout=60)
            self._client.ping()
        except (docker.errors.DockerException, OSError) as error:
            raise SandboxFault(f"no Docker engine answers ({error}); start dockerd or set DOCKER_HOST") from None
        try:
            self._client.images.get(image)
        except docker.errors.ImageNotFound:
            self._client.close()
            raise SandboxFault(f"the Docker image {image!r} is not there: docker pull {image}") from None
        self._errors: Any = docker.errors
        self._image = image
        self.tier = f"docker/{self._client.version().get('Version', '?')}"
        self._log = LogConfig(type="none")
        self._ulimits = [Ulimit(name="nofile", soft=256, hard=256), Ulimit(name="core", soft=0, hard=0)]
        self._sweep()

    def _sweep(self) -> None:
        """Remove containers whose goldloop process is gone."""
        for container in self._client.containers.list(all=True, filters={"label": LABEL}):
            owner = container.labels.get(LABEL, "")
            if not owner.isdigit() or not Path("/proc", owner).exists():
                with suppress(self._errors.APIError):
                    container.remove(force=True)

    def run(self, job: Job) -> Outcome:
        """See ``Sandbox.run``."""
        limits = job.limits
        command = ["python3" if part == "{python}" else part for part in job.command]
        with tempfile.TemporaryDirectory(prefix="goldloop-box-", ignore_cleanup_errors=True) as folder:
            Path(folder).chmod(0o755)
            for name, data in job.files.items():
                path = Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            mounts = {folder: {"bind": "/task", "mode": "ro"}}
            mounts |= {path: {"bind": path, "mode": "ro"} for path in job.readable}
            tmpfs = f"size={limits.file_mb * 4}m,uid={_USER},gid={_USER},mode=0700,nosuid,nodev"
            try:
                container = self._client.containers.create(
                    self._image,
                    ["sh", "-c", 'cp -r /task/. /box/ && cd /box && exec "$@"', "sh", *command],
                    init=True,
                    network_mode="none",
                    read_only=True,
                    user=f"{_USER}:{_USER}",
                    cap_drop=["ALL"],
                    security_opt=["no-new-privileges"],
                    pids_limit=limits.processes + 4,
                    mem_limit=f"{limits.memory_mb}m",
                    memswap_limit=f"{limits.memory_mb}m",
                    nano_cpus=1_000_000_000,
                    ulimits=self._ulimits,
                    tmpfs={"/box": tmpfs, "/tmp": tmpfs},
                    shm_size="1m",
                    ipc_mode="private",
                    log_config=self._log,
                    volumes=mounts,
                    environment={"HOME": "/box", "PYTHONHASHSEED": "0", "LANG": "C.UTF-8"},
                    labels={LABEL: str(os.getpid())},
                )
            except self._errors.DockerException as error:
                raise SandboxFault(f"docker could not create the container: {error}") from None
            try:
                return self._watch(container, limits.wall_seconds, limits.max_output_bytes)
            except (self._errors.DockerException, OSError) as error:
                raise SandboxFault(f"docker lost the container: {error}") from None
            finally:
                with suppress(self._errors.DockerException):
                    container.remove(force=True)

    def _watch(self, container: Any, wall_seconds: float, limit: int) -> Outcome:
        stream = container.attach(stdout=True, stderr=True, stream=True, demux=True)
        container.start()
        start = time.monotonic()
        ended: list[str] = []

        def kill(why: str) -> None:
            ended.append(why)
            with suppress(self._errors.APIError):
                container.kill()

        timer = threading.Timer(wall_seconds, kill, ("time",))
        timer.start()
        out, err = bytearray(), bytearray()
        try:
            for chunk_out, chunk_err in stream:
                for buffer, chunk in ((out, chunk_out), (err, chunk_err)):
                    buffer += (chunk or b"")[: limit - len(buffer)]
                    if len(buffer) >= limit and not ended:
                        kill("output")
            status = container.wait(timeout=wall_seconds + 30)
        finally:
            timer.cancel()
        wall = time.monotonic() - start
        container.reload()
        out_of_memory = bool(container.attrs["State"].get("OOMKilled"))
        return Outcome(
            exit_code=status["StatusCode"],
            stdout=bytes(out),
            stderr=bytes(err),
            timed_out="time" in ended,
            killed=out_of_memory or (not ended and status["StatusCode"] in (137, 139)),
            truncated="output" in ended,
            wall_seconds=wall,
        )

    def close(self) -> None:
        """Close the connection to the engine."""
        self._client.close()
