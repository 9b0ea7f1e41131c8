"""Which adapter `goldloop export-model` means: the one in use, a run's promoted one, or a folder; and the run that made it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.errors import BadInput
from evals.files import MANIFEST, digest_file, read_json
from evals.records import ModelRef
from finetune.base import WEIGHTS
from loop.adapters import check_adapter, same_base
from loop.registry import REGISTRY, Registry
from loop.runs import RUN_FILE, list_runs


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportSubject:
    """What to export. ``run`` is the folder of the run that trained it and ``round`` its number, None and 0 without one."""

    ref: ModelRef
    digest: str
    run: Path | None = None
    round: int = 0


def find_subject(what: str, model: str, runs: Path, number: int = 0) -> ExportSubject:
    """What ``current``, a run's name or folder, or an adapter's folder means.

    Raises:
        BadInput: there is no such thing, several are meant, the run promoted no adapter, or the weights were changed since.
    """
    if what == "current":
        return _in_use(model, runs)
    folder = Path(what)
    if (folder / "adapter_config.json").is_file():
        return _of_folder(folder, model)
    run = runs / what if what in list_runs(runs) else folder
    if (run / RUN_FILE).is_file():
        return _of_run(run, model, number)
    raise BadInput(
        f"{what}: neither a run of {runs} ({', '.join(list_runs(runs)) or 'there are none'}), nor the folder of an adapter "
        "(adapter_config.json), nor `current`"
    )


def _in_use(model: str, runs: Path) -> ExportSubject:
    heads = Registry(runs).heads() if runs.is_dir() else []
    fitting = [entry for entry in heads if not model or same_base(entry.base, model)]
    if not fitting:
        raise BadInput(
            f"current: no adapter is in use{f' for {model}' if model else ''} ({runs / REGISTRY}); `goldloop run` or `goldloop "
            "promote` puts one in use, or give the folder of an adapter"
        )
    if len({entry.adapter for entry in fitting}) > 1:
        several = "; ".join(f"{entry.adapter} for {entry.base} on {', '.join(entry.suites)}" for entry in fitting)
        raise BadInput(f"current: several adapters are in use: {several}; give the folder or the run of one")
    entry = fitting[-1]
    weights = runs / entry.adapter / WEIGHTS
    if not weights.is_file() or digest_file(weights) != entry.digest:
        raise BadInput(f"{weights}: is not the adapter that was promoted ({entry.digest}); give it back, or `goldloop rollback`")
    ref = ModelRef(base=model or entry.base, adapter=str(weights.parent))
    return ExportSubject(ref=ref, digest=entry.digest, run=runs / entry.run, round=entry.round)


def _of_folder(folder: Path, model: str) -> ExportSubject:
    if not (folder / WEIGHTS).is_file():
        raise BadInput(f"{folder}: holds no {WEIGHTS}; give the folder that finetune wrote")
    config = read_json(folder / "adapter_config.json")
    base = model or str(config.get("base_model_name_or_path") or "")
    if not base:
        raise BadInput(f"{folder / 'adapter_config.json'}: names no base; give --model")
    check_adapter(str(folder), base)
    ref, written = ModelRef(base=base, adapter=str(folder)), digest_file(folder / WEIGHTS)
    parent = folder.resolve().parent
    if parent.name.startswith("round-") and (parent.parent / RUN_FILE).is_file():
        return ExportSubject(ref=ref, digest=written, run=parent.parent, round=int(parent.name.split("-")[1]))
    return ExportSubject(ref=ref, digest=written)


def _of_run(run: Path, model: str, number: int) -> ExportSubject:
    gates = {int(file.parts[-3].split("-")[1]): read_json(file) for file in run.glob(f"round-*/gate/{MANIFEST}")}
    promoted = sorted(found for found, gate in gates.items() if gate["decision"] == "promote")
    chosen = number or (promoted[-1] if promoted else 0)
    if chosen not in promoted:
        said = "; ".join(f"round {n}: {gates[n]['decision']}" for n in sorted(gates)) or "no round has ended"
        raise BadInput(
            f"{run}: {f'round {number} was not promoted' if number else 'no adapter was promoted'} ({said}); to export one all "
            f"the same, give its folder, such as {run}/round-{number or max(gates, default=1)}/finetune"
        )
    gate = gates[chosen]
    weights = run / f"round-{chosen}" / gate.get("candidate", "finetune") / WEIGHTS
    if not weights.is_file() or digest_file(weights) != gate["adapter"]:
        raise BadInput(f"{weights}: is not the adapter that the gate saw ({gate['adapter']}); give it back")
    base = model or str(read_json(run / RUN_FILE)["config"]["model"])
    return ExportSubject(ref=ModelRef(base=base, adapter=str(weights.parent)), digest=gate["adapter"], run=run, round=chosen)


def run_settings(run: Path) -> tuple[dict[str, Any], Path, bool]:
    """A run's configuration, the folder that its names of suites start from, and whether it had no sandbox."""
    facts = read_json(run / RUN_FILE)
    return facts["config"], Path(os.path.normpath(run / facts["base"])), bool(facts["unsafe_local"])
