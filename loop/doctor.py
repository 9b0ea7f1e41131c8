"""What this machine can do, and what to install for the rest."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
import subprocess
from pathlib import Path
from typing import Literal

from evals.errors import BadInput, SandboxFault
from evals.models.resolve import EMBEDDED, cache_folder
from evals.records import Record
from evals.sandboxes import make_sandbox, self_test
from evals.toolchains import find_toolchain

NEEDED_DISK_GIB = 3


class DoctorFinding(Record):
    """One line of the doctor. ``needed`` findings that are not ``ok`` prevent goldloop from working."""

    name: str
    state: Literal["ok", "missing", "optional"]
    found: str
    fix: str = ""
    needed: bool = False


def examine(folder: Path) -> list[DoctorFinding]:
    """All findings, in the order in which a user should fix them."""
    return [_python(), _memory(), _disk(folder), *_sandboxes(), _gpu(), _model(), _node(), _web()]


def healthy(findings: list[DoctorFinding]) -> bool:
    """Whether the main job can run: everything needed is installed, and at least one sandbox passes its self-test."""
    sandboxes = [finding for finding in findings if finding.name.startswith("sandbox")]
    return all(f.state == "ok" for f in findings if f.needed) and any(f.state == "ok" for f in sandboxes)


def _python() -> DoctorFinding:
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("torch", "transformers", "peft"))
    return DoctorFinding(name="python", state="ok", found=f"{platform.python_version()}, {versions}", needed=True)


def _memory() -> DoctorFinding:
    pages = Path("/proc/meminfo").read_text(encoding="ascii") if Path("/proc/meminfo").is_file() else ""
    kib = next((int(line.split()[1]) for line in pages.splitlines() if line.startswith("MemAvailable:")), 0)
    gib = kib / 2**20
    state: Literal["ok", "missing"] = "ok" if gib >= 6 or not kib else "missing"
    fix = (
        "" if state == "ok" else "close other programs; the demo needs about 6 GiB, a smaller finetune.tokens_per_microbatch less"
    )
    return DoctorFinding(name="memory", state=state, found=f"{gib:.1f} GiB available", fix=fix)


def _disk(folder: Path) -> DoctorFinding:
    free = shutil.disk_usage(folder).free / 2**30
    state: Literal["ok", "missing"] = "ok" if free >= NEEDED_DISK_GIB else "missing"
    fix = "" if state == "ok" else f"free at least {NEEDED_DISK_GIB} GiB (checkpoints and adapters)"
    return DoctorFinding(name="disk", state=state, found=f"{free:.1f} GiB free in {folder}", fix=fix, needed=True)


def _sandboxes() -> list[DoctorFinding]:
    findings = []
    fixes = {
        "sandlock": "pip install sandlock, on Linux 6.12 or newer",
        "docker": "install a Docker engine and start it; then goldloop images build",
    }
    for name, fix in fixes.items():
        try:
            sandbox = make_sandbox(name)
        except (SandboxFault, BadInput) as error:
            findings.append(DoctorFinding(name=f"sandbox {name}", state="optional", found=str(error), fix=fix))
            continue
        problems = self_test(sandbox)
        sandbox.close()
        if problems:
            findings.append(DoctorFinding(name=f"sandbox {name}", state="missing", found="; ".join(problems), fix=fix))
        else:
            findings.append(DoctorFinding(name=f"sandbox {name}", state="ok", found=f"{sandbox.tier}, self-test passed"))
    return findings


def _gpu() -> DoctorFinding:
    import torch

    if torch.cuda.is_available():
        return DoctorFinding(name="gpu", state="ok", found=torch.cuda.get_device_name())
    threads = torch.get_num_threads()
    return DoctorFinding(
        name="gpu", state="optional", found=f"none; {threads} CPU threads", fix="a CUDA GPU makes training far faster"
    )


def _model() -> DoctorFinding:
    cached = cache_folder() / "models" / EMBEDDED.replace("/", "--").lower()
    if cached.is_dir():
        return DoctorFinding(name="model", state="ok", found=f"{EMBEDDED} is in {cache_folder()}")
    return DoctorFinding(
        name="model",
        state="optional",
        found=f"{EMBEDDED} is not in the cache yet",
        fix="nothing: the first run fetches it (93 MB)",
    )


def _node() -> DoctorFinding:
    node = shutil.which("node")
    if node is None:
        return DoctorFinding(name="node", state="optional", found="not found", fix="install Node 20 for JavaScript tasks")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    return DoctorFinding(name="node", state="ok", found=version)


def _web() -> DoctorFinding:
    folder = find_toolchain("web")
    if folder is None:
        fix = "goldloop images build, for JavaScript and React tasks"
        return DoctorFinding(name="web toolchain", state="optional", found="not built", fix=fix)
    return DoctorFinding(name="web toolchain", state="ok", found=str(folder))
