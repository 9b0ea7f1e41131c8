"""Builds the images of the Docker sandbox: from the shipped recipes, or without a registry from what this machine has.

Offline the base is a minimal Debian from the mirror that apt is set to (root and ``debootstrap`` needed), and the web image
is that base with this machine's Node.js and the toolchain that npm installed here. Does not install the engine.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from evals.errors import SandboxFault
from evals.sandboxes.images import IMAGES, NODE, PYTHON, WEB, ImageKind, dockerfile, image_name
from evals.toolchains import build_toolchain, find_toolchain, read_toolchain

Report = Callable[[str], None]
_BUILD_SECONDS = 1200
# What only apt and readers need, and where the packages came from, stays out of the image.
_LEFT_OUT = (
    "./etc/apt/sources.list", "./var/lib/apt/lists/*", "./var/cache/apt/*", "./var/log/*", "./usr/share/doc/*",
    "./usr/share/man/*", "./usr/share/locale/*", "./dev/*",
)  # fmt: skip
_OF_LIBC = re.compile(r"(ld-linux.*|lib(c|dl|m|pthread|rt|resolv))\.so")


@contextmanager
def engine() -> Iterator[Any]:
    """A client of the Docker engine with time to build.

    Raises:
        SandboxFault: no engine answers, or it failed.
    """
    try:
        import docker
        import docker.utils
    except ImportError as error:
        raise SandboxFault(f"the Docker client does not load ({error}): pip install docker") from None
    from evals.sandboxes.docker import knock

    try:
        knock(os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock")
        api = docker.APIClient(timeout=_BUILD_SECONDS, **docker.utils.kwargs_from_env())
    except (docker.errors.DockerException, OSError) as error:
        raise SandboxFault(f"no Docker engine answers ({error}); start dockerd or set DOCKER_HOST") from None
    try:
        yield api
    except (docker.errors.DockerException, OSError) as error:
        raise SandboxFault(f"docker: {error}") from None
    finally:
        api.close()


def is_there(api: Any, name: str) -> bool:
    """Whether the engine has an image by that name."""
    return any(name in (image.get("RepoTags") or ()) for image in api.images(name=name.partition(":")[0]))


def build_image(api: Any, kind: ImageKind, *, offline: bool, report: Report) -> str:
    """Build an image if it is missing; returns its name.

    Raises:
        SandboxFault: it cannot be built; the message says what is missing.
    """
    name = image_name(kind)
    if is_there(api, name):
        report(f"{name}: is there")
        return name
    if not offline:
        try:
            report(f"{name}: building from the recipe")
            files = {"Dockerfile": dockerfile(kind).encode(), **(read_toolchain("web") if kind == "web" else {})}
            with tempfile.TemporaryFile() as context:
                _pack(context, {path: io.BytesIO(data) for path, data in files.items()})
                _build(api, context, name, network="default")
            return name
        except SandboxFault as fault:
            report(f"{name}: {fault}; building from this machine's packages instead (--offline)")
    if kind == "python":
        _import_base(name, report)
    else:
        _build_web(api, name, report)
    return name


def _build(api: Any, context: Any, name: str, *, network: str) -> None:
    context.seek(0)
    args = {"PYTHON": PYTHON}
    said = api.build(
        fileobj=context, custom_context=True, tag=name, buildargs=args, network_mode=network, rm=True, forcerm=True, decode=True
    )
    for line in said:
        if "error" in line:
            raise SandboxFault(" ".join(str(line["error"]).split())[-400:])


def _pack(archive: Any, files: dict[str, Any], trees: dict[str, Path] | None = None) -> None:
    """A build context: files by name, executable, and folders; with no particular owner."""

    def plain(item: tarfile.TarInfo) -> tarfile.TarInfo:
        item.uid = item.gid = 0
        item.uname = item.gname = ""
        item.mode |= 0o555 if item.isdir() else 0o444
        return item

    with tarfile.open(fileobj=archive, mode="w") as tar:
        for path, source in files.items():
            item = tarfile.TarInfo(path)
            item.size = source.seek(0, io.SEEK_END)
            item.mode = 0o755
            source.seek(0)
            tar.addfile(item, source)
        for path, folder in (trees or {}).items():
            tar.add(folder, path, filter=plain)


def _import_base(name: str, report: Report) -> None:
    """A minimal Debian with python3, of this machine's release and from its mirror."""
    if os.geteuid() != 0:
        raise SandboxFault(f"{name}: without a registry the base is made by debootstrap, which needs root")
    for command, package in (("debootstrap", "debootstrap"), ("tar", "tar"), ("docker", "docker-cli")):
        if shutil.which(command) is None:
            raise SandboxFault(f"{name}: {command} is missing: apt-get install {package}")
    codename, mirror = _release()
    report(f"{name}: debootstrap {codename} (a minute or two)")
    with tempfile.TemporaryDirectory(prefix="goldloop-image-", dir="/var/tmp", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        root = f"{folder}/root"
        _run(["debootstrap", "--variant=minbase", "--include=python3", codename, root, mirror])
        pack = ["tar", "-C", root, "--numeric-owner", *(f"--exclude={path}" for path in _LEFT_OUT), "-c", "."]
        with subprocess.Popen(pack, stdout=subprocess.PIPE) as tar:
            _run(["docker", "import", "--change", 'CMD ["python3"]', "-", name], stdin=tar.stdout)
        if tar.returncode:
            raise SandboxFault(f"{name}: tar ended with {tar.returncode}; the image may lack files: docker rmi {name}")


def _release() -> tuple[str, str]:
    """This machine's release, and where apt gets its main packages from."""
    text = Path("/etc/os-release").read_text(encoding="utf-8") if Path("/etc/os-release").is_file() else ""
    codename = "".join(re.findall(r"^VERSION_CODENAME=\"?([\w-]+)", text, re.MULTILINE))
    if not codename or shutil.which("apt-get") is None:
        raise SandboxFault("the offline base is made from apt's mirror, and this is not Debian or Ubuntu; build with a registry")
    ask = ["apt-get", "indextargets", "--format", "$(REPO_URI)", f"Codename: {codename}", "Component: main"]
    ask.append("Created-By: Packages")
    if not (mirrors := _run(ask).split()):  # before the first update apt knows no code names
        _run(["apt-get", "update", "-q"])
        mirrors = _run(ask).split()
    if not mirrors:
        raise SandboxFault(f"apt has no source for {codename} main to build the base from; add it to /etc/apt/sources.list")
    return codename, mirrors[0]


def _build_web(api: Any, name: str, report: Report) -> None:
    """The Python image with this machine's Node.js and the toolchain that was installed here."""
    base = build_image(api, "python", offline=True, report=report)
    node = shutil.which("node")
    if node is None:
        raise SandboxFault(f"{name}: node is not on PATH; install Node.js 20 (with npm), whose copy goes into the image")
    toolchain = find_toolchain("web") or build_toolchain("web", report=report)
    report(f"{name}: {base} with {node} and {toolchain}")
    libraries = {f"node/{path.name}": path for path in _libraries(node)}
    steps = [
        f"FROM {base}",
        f"COPY node/node {NODE}",
        *([f"COPY {' '.join(libraries)} /usr/local/lib/", "RUN ldconfig"] if libraries else []),
        f"COPY web {WEB}",
        'CMD ["node"]',
    ]
    with tempfile.TemporaryFile(dir="/var/tmp") as context, Path(node).resolve().open("rb") as binary:
        files: dict[str, Any] = {"Dockerfile": io.BytesIO("\n".join(steps).encode()), "node/node": binary}
        files |= {path: io.BytesIO(library.read_bytes()) for path, library in libraries.items()}
        _pack(context, files, {"web": toolchain})
        _build(api, context, name, network="none")


def _libraries(program: str) -> list[Path]:
    """Shared libraries of a program, without libc's own, which the base has in the same release."""
    libraries = re.findall(r"^\s*(\S+) => (/\S+)", _run(["ldd", program]), re.MULTILINE)
    return [Path(path) for name, path in libraries if not _OF_LIBC.match(name)]


def _run(command: list[str], stdin: Any = subprocess.DEVNULL) -> str:
    done = subprocess.run(
        command, stdin=stdin, capture_output=True, text=True, errors="replace", check=False, timeout=_BUILD_SECONDS
    )
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise SandboxFault(f"`{' '.join(command[:3])}` failed with exit code {done.returncode}: {''.join(said)[-400:]}")
    return done.stdout


def build_all(*, only: ImageKind | None, offline: bool, report: Report) -> dict[ImageKind, str]:
    """Build the missing images and the toolchain of the embedded sandbox; returns the images' names.

    Raises:
        SandboxFault: something cannot be built.
    """
    if only in (None, "web") and find_toolchain("web") is None:  # first, as it needs no engine
        try:
            build_toolchain("web", report=report)
        except SandboxFault as fault:
            report(f"the embedded sandbox stays without the web toolchain: {fault}")
    with engine() as api:
        return {kind: build_image(api, kind, offline=offline, report=report) for kind in IMAGES if only in (None, kind)}
