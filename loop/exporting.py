"""An adapter as a model of its own: merged, evaluated again beside the adapter, and written whole or not at all.

The merged weights are other numbers than base and adapter, so they are evaluated on the same tasks (``loop.mergecheck``): dev
or training tasks of the run. The holdout is looked at only if asked, and then it is logged.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from pydantic import Field

from evals.errors import BadInput
from evals.files import digest, read_json, write_atomic, write_json
from evals.models.resolve import resolve_model
from evals.records import Record, Split, Task
from finetune.export_card import card_text, shown_base
from finetune.export_merge import MergedModel, require_dtype, write_merged
from loop.bench import Bench
from loop.exportcards import card_facts, conditions_of_round, licence_of
from loop.exportsubjects import ExportSubject
from loop.holdout import HoldoutLedger
from loop.mergecheck import MergeCheck, check_models
from loop.stage import only_one
from loop.stages import RESULTS

REPORT = "export.json"
"""In an exported folder: what it was made from, and what the check found."""
MERGED = "merged weights"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportPlan:
    """How to export: types and forms, a stated licence, and on what to check (``splits`` empty: dev, or else train).

    ``suites`` and ``overrides`` are those of the bench that is opened for the check: what the result depends on.
    """

    dtype: str = ""
    gguf: tuple[str, ...] = ()
    licence: str = ""
    check: bool = True
    splits: tuple[Split, ...] = ()
    most_tasks: int = 200
    suites: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()

    def require(self) -> None:
        """Check names before any work.

        Raises:
            BadInput: an unknown type, form or split.
        """
        from finetune.export_gguf import require_form

        require_dtype(self.dtype)
        for form in self.gguf:
            require_form(form)
        if unknown := [name for name in self.splits if name not in ("train", "dev", "holdout")]:
            raise BadInput(f"--split {unknown[0]}: expected train, dev or holdout; split final is only for `goldloop publish`")


class ExportReport(Record):
    """What an exported folder holds, and what it was made from.

    ``checks`` by what was evaluated, in words; ``gguf``: form by file; ``unknown_licences``: rows without one, None where
    the rows are unknown.
    """

    inputs: str
    merged: MergedModel
    run: str = ""
    round: int = 0
    checks: Mapping[str, MergeCheck]
    gguf: Mapping[str, str] = Field(default_factory=dict)
    unknown_licences: int | None = None


def export_model(
    subject: ExportSubject,
    out: Path,
    plan: ExportPlan,
    open_bench: Callable[[], Bench] | None,
    ledger: HoldoutLedger | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> ExportReport:
    """Merge, check, convert and describe; ``out`` is there whole or not at all. Killed, the same call goes on with its check.

    Raises:
        BadInput: ``out`` holds something else, the base is not found, the adapter does not fit it, there is nothing to check on,
            or the family has no GGUF here.
        ExportRefused: the merged model's verdicts differ from the adapter's beyond noise.
        Inconclusive: verdicts differ, and the tasks are too few to tell whether that is noise; or too many errors.
    """
    plan.require()
    inputs = _inputs(subject, plan)
    if (done := _finished(out, inputs)) is not None:
        tell(f"{out}: finished before; nothing is written again")
        return done
    if plan.check and open_bench is None:
        raise BadInput(
            "this adapter is of no run, so there are no tasks to check the merged weights on; give --suite SUITE, or --no-check"
        )
    if plan.gguf:
        _require_gguf(subject.ref.base)
    work = out.with_name(f".{out.name}.exporting")
    if work.is_dir() and _inputs_of(work) != inputs:
        shutil.rmtree(work)
    work.mkdir(parents=True, exist_ok=True)
    with only_one(work):
        write_json(work / "inputs.json", {"inputs": inputs})
        model = work / "model"
        shutil.rmtree(model, ignore_errors=True)
        tell(f"merging {subject.ref}")
        merged = write_merged(subject.ref, model, plan.dtype)
        licence = plan.licence or licence_of(subject.ref.base)
        forms = _write_ggufs(model, out.name, plan.gguf, licence, tell)
        checks = {MERGED: MergeCheck(verdict="not checked")}
        if plan.check and open_bench is not None:
            models = {MERGED: model} | _of_ggufs(model, work, forms, merged.dtype)
            checks = _checked(open_bench(), subject, models, work, plan, ledger, tell)
        report = _describe(subject, model, out.name, licence, merged, checks, forms, inputs)
        if out.is_dir():
            out.rmdir()  # empty, see _finished
        model.rename(out)
    shutil.rmtree(work, ignore_errors=True)
    return report


def _inputs(subject: ExportSubject, plan: ExportPlan) -> str:
    """Names everything that the exported folder depends on."""
    base = [subject.ref.base, resolve_model(subject.ref.base).revision]
    how = [plan.dtype, plan.gguf, plan.licence, plan.check, plan.splits, plan.most_tasks, plan.suites, plan.overrides]
    return digest([subject.digest, base, how])


def _inputs_of(work: Path) -> str:
    file = work / "inputs.json"
    return str(read_json(file).get("inputs")) if file.is_file() else ""


def _finished(out: Path, inputs: str) -> ExportReport | None:
    """The report of a folder that this very export wrote; None where there is no folder yet, or an empty one.

    Raises:
        BadInput: the folder holds something else.
    """
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return None
    known = read_json(out / REPORT) if (out / REPORT).is_file() else {}
    if known.get("inputs") != inputs:
        what = "an export of something else, or under other options" if known else "something already"
        raise BadInput(f"--out {out}: holds {what}, and nothing is overwritten; give a new folder")
    return ExportReport.model_validate(known)


def _require_gguf(base: str) -> None:
    """Before any work: whether the base's family and tokenizer can be written as GGUF."""
    from transformers import AutoConfig

    from finetune.export_gguf import require_family
    from finetune.export_vocab import cutting_scheme

    folder = resolve_model(base).path
    require_family(AutoConfig.from_pretrained(folder))
    if (folder / "tokenizer.json").is_file():
        cutting_scheme(read_json(folder / "tokenizer.json"))


def _tasks_of(bench: Bench, plan: ExportPlan) -> list[Task]:
    tasks = bench.tasks(*plan.splits) if plan.splits else bench.tasks("dev") or bench.tasks("train")
    if not tasks:
        raise BadInput(
            f"no task of {', '.join(suite.name for suite in bench.suites)} has split {', '.join(plan.splits) or 'dev or train'}"
        )
    chosen = set(Random(bench.config.seed).sample(sorted(task.key for task in tasks), min(plan.most_tasks, len(tasks))))
    return [task for task in tasks if task.key in chosen]


def _write_ggufs(model: Path, name: str, wanted: Sequence[str], licence: str, tell: Callable[[str], None]) -> dict[str, str]:
    """Write the forms that are wanted beside the weights; returns the form of each file."""
    forms = {f"{name}-{form}.gguf": form for form in wanted}
    for file, form in forms.items():
        from finetune.export_gguf import write_gguf

        tell(f"writing {file}")
        write_gguf(model, model / file, form, name=name, licence=licence)
    return forms


def _of_ggufs(model: Path, work: Path, forms: Mapping[str, str], dtype: str) -> dict[str, Path]:
    """Folders with the weights of those files that round them once more, by what they hold in words."""
    from finetune.export_gguf import folder_of_gguf, is_exact

    found = {}
    for file, form in forms.items():
        if not is_exact(form, dtype):
            folder = work / f"gguf-{form}"
            shutil.rmtree(folder, ignore_errors=True)
            folder_of_gguf(model / file, model, folder)
            found[f"weights of the {form} file"] = folder
    return found


def _checked(
    bench: Bench,
    subject: ExportSubject,
    models: Mapping[str, Path],
    work: Path,
    plan: ExportPlan,
    ledger: HoldoutLedger | None,
    tell: Callable[[str], None],
) -> dict[str, MergeCheck]:
    known = [] if subject.run is None else [file.parent for file in sorted(subject.run.glob(f"round-*/*/{RESULTS}"))]
    try:
        tasks = _tasks_of(bench, plan)
        bench.ledger = ledger if any(task.split == "holdout" for task in tasks) else None
        return check_models(bench, subject.ref, models, tasks, work, known, tell)
    finally:
        bench.close()


def _describe(
    subject: ExportSubject,
    model: Path,
    name: str,
    licence: str,
    merged: MergedModel,
    checks: Mapping[str, MergeCheck],
    forms: Mapping[str, str],
    inputs: str,
) -> ExportReport:
    """Write the Modelfile, the card and, last, the report."""
    if forms:
        from evals.models.chat import load_tokenizer
        from finetune.export_ollama import modelfile
        from finetune.export_vocab import adds_bos

        tokenizer, drawn = load_tokenizer(model, name), conditions_of_round(subject)
        text = modelfile(
            tokenizer,
            next(iter(forms)),
            name=name.lower(),
            context=merged.context,
            temperature=drawn.temperature if drawn else None,
            skip=tokenizer.bos_token if adds_bos(tokenizer) else "",
        )
        write_atomic(model / "Modelfile", text.encode())
    said = "\n\n".join(check.words(what) for what, check in checks.items())
    facts = card_facts(subject, name, licence, merged, said, forms)
    write_atomic(model / "README.md", card_text(facts).encode())
    report = ExportReport(
        inputs=inputs,
        merged=merged.model_copy(update={"base": shown_base(merged.base)}),
        run=subject.run.name if subject.run else "",
        round=subject.round,
        checks=checks,
        gguf=forms,
        unknown_licences=facts.rows.unknown if facts.rows else None,
    )
    write_json(model / REPORT, report)
    return report
