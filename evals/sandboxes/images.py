"""The images of the Docker sandbox: their names, which one to take, and what is wrong with those that exist.

A name carries a digest of what the image is made from, so one that was made from something else is not taken. Does not
build (``loop.verbs.images`` does) and never pulls.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any, Literal

from evals.errors import SandboxFault
from evals.files import digest
from evals.toolchains import read_toolchain

ImageKind = Literal["python", "web"]
IMAGES: tuple[ImageKind, ...] = ("python", "web")
NODE = "/usr/local/bin/node"
WEB = "/opt/goldloop-web"
FOLDER = Path(__file__).with_name("images")
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
BUILD = "goldloop images build"


def dockerfile(kind: ImageKind) -> str:
    """The shipped recipe of an image."""
    return (FOLDER / f"{kind}.Dockerfile").read_text(encoding="utf-8")


def image_name(kind: ImageKind) -> str:
    """The name of an image, with a digest of its recipe, this Python's version and the packages in it."""
    packages = {name: data.decode() for name, data in read_toolchain("web").items()} if kind == "web" else {}
    made_from = digest({"recipe": dockerfile(kind), "python": PYTHON, "packages": packages})
    return f"goldloop-{kind}:{PYTHON}-{made_from.removeprefix('b2:')[:12]}"


def choose_image(api: Any, kind: ImageKind, wanted: str = "") -> str:
    """The id of the wanted image, or of the one that is ours by name; for Python else of ``python:X.Y-slim``.

    Raises:
        SandboxFault: none of them exists, or the engine does not answer; the message names the fix.
    """
    import docker.errors

    ours = image_name(kind)
    names = [wanted] if wanted else [ours, *([f"python:{PYTHON}-slim"] if kind == "python" else [])]
    try:
        for name in names:
            try:
                return str(api.inspect_image(name)["Id"])
            except docker.errors.ImageNotFound:
                continue
        if wanted:
            raise SandboxFault(f"the Docker image {wanted!r} is not there: docker pull {wanted}")
        stale = stale_images(api, kind)
    except (docker.errors.DockerException, OSError) as error:
        raise SandboxFault(f"docker: {error}") from None
    old = f" ({', '.join(stale)} was made from other packages or another recipe)" if stale else ""
    pull = f", or docker pull {names[-1]}" if len(names) > 1 else ""
    raise SandboxFault(f"the Docker image {ours!r} is not there{old}: {BUILD}{pull}")


def stale_images(api: Any, kind: ImageKind) -> list[str]:
    """Images of ours by that kind, made from something else than what is shipped now; a tag of words belongs to the user."""
    tags = {tag for image in api.images(name=f"goldloop-{kind}") for tag in image.get("RepoTags") or ()}
    return sorted(tag for tag in tags - {image_name(kind)} if re.fullmatch(r"[\d.]+-[0-9a-f]{12}", tag.rpartition(":")[2]))
