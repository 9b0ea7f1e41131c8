"""What a stage ran on, and when: facts for people, kept in manifests and shown on a run's page. No result depends on them."""

from __future__ import annotations

import os
import platform
import sys
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from evals.records import Record

_CPU_NAMES = ("model name", "Model", "Hardware")  # of x86, and of ARM's several forms


class MachineFacts(Record):
    """The machine: processor, cores that this process may use, memory in GiB, accelerators (empty without)."""

    cpu: str
    cores: int
    memory_gib: float
    accelerators: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = [f"{self.cores} core{'' if self.cores == 1 else 's'} of {self.cpu or 'an unnamed processor'}"]
        parts.append(f"{self.memory_gib:g} GiB of memory")
        parts.append(" and ".join(self.accelerators) or "no accelerator")
        return ", ".join(parts)


class Making(Record):
    """When a stage began and ended (UTC, ISO 8601, seconds), and where it ended."""

    started: datetime
    ended: datetime
    machine: MachineFacts


def utc_now(timespec: str = "seconds") -> str:
    """This second, in ISO 8601; with ``timespec="microseconds"`` what began in one second can be put in order."""
    return datetime.now(UTC).isoformat(timespec=timespec)


@cache
def machine_facts() -> MachineFacts:
    """This machine. An accelerator is one that the driver names, or that a loaded torch sees."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 0
    return MachineFacts(cpu=_cpu(), cores=cores, memory_gib=round(pages / 2**30, 1), accelerators=_accelerators())


def _cpu() -> str:
    file = Path("/proc/cpuinfo")
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines() if file.is_file() else []
    named = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return next((named[name] for name in _CPU_NAMES if named.get(name)), platform.processor() or platform.machine())


def _accelerators() -> tuple[str, ...]:
    if (torch := sys.modules.get("torch")) is not None and torch.cuda.is_available():
        return tuple(torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count()))
    models = []
    for file in sorted(Path("/proc/driver/nvidia/gpus").glob("*/information")):
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        models += [line.partition(":")[2].strip() for line in lines if line.startswith("Model:")]
    return tuple(models)
