"""The verb that makes a model of its own out of base and adapter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loop import console
from loop.app import RUNS, Json, Runs, Sets, Unsafe, app, emit, next_command
from loop.verbs.common import Out

if TYPE_CHECKING:
    from loop.bench import Bench
    from loop.exportsubjects import ExportSubject


@app.command("export-model")
def export_model(
    out: Out,
    what: Annotated[str, typer.Argument(help="A run, an adapter's folder, or `current`, the adapter in use.")] = "current",
    model: Annotated[str, typer.Option(help="Base of the adapter; without it, the one that the adapter names.")] = "",
    number: Annotated[int, typer.Option("--round", min=0, help="Round of a run; 0 takes the last one that was promoted.")] = 0,
    dtype: Annotated[str, typer.Option(help="float32, bfloat16 or float16; without it, what the base is stored in.")] = "",
    gguf: Annotated[
        list[str] | None,
        typer.Option(
            help="Also a GGUF file and a Modelfile for Ollama: f32, f16, bf16 or q8_0; repeatable, Ollama takes the first."
        ),
    ] = None,
    suite: Annotated[
        list[str] | None, typer.Option(help="Suite to check the merged weights on; repeatable. Without it, the run's own.")
    ] = None,
    split: Annotated[
        list[str] | None,
        typer.Option(help="Split to check on; repeatable. Without it, dev, or train where there is no dev task."),
    ] = None,
    tasks: Annotated[int, typer.Option(min=1, help="Tasks to check on at most, drawn by the run's seed.")] = 200,
    no_check: Annotated[bool, typer.Option("--no-check", help="Do not evaluate the merged weights; the card says so.")] = False,
    licence: Annotated[
        str, typer.Option(help="Licence for the card, as the hub names it; without it, the base's if known.")
    ] = "",
    push: Annotated[str, typer.Option(help="Repository on the hub, OWNER/NAME, to upload the folder to.")] = "",
    private: Annotated[bool, typer.Option("--private", help="Make that repository a private one, where it is new.")] = False,
    set_: Sets = None,
    runs: Runs = RUNS,
    unsafe_local: Unsafe = False,
    json: Json = False,
) -> None:
    """Merge an adapter into its base: safetensors, GGUF, a Modelfile for Ollama, a model card, and the hub.

    The merged weights are evaluated beside the adapter on dev or training tasks, and refused where the verdicts differ beyond
    noise. The holdout is looked at only with --split holdout, which spends one of gate.looks. The folder is whole or absent.

    Example: goldloop export-model current --gguf q8_0 --out exported

    Example, an adapter of no run: goldloop export-model adapter --suite house --dtype bfloat16 --out exported

    Exit code 2: the merged weights' verdicts differ; 3: too few tasks to tell; 4: no such adapter or base, or OUT is taken.
    """
    from loop.exporting import ExportPlan, export_model
    from loop.exportsubjects import find_subject
    from loop.holdout import HoldoutLedger
    from loop.hub import push_folder, require_hub

    plan = ExportPlan(
        dtype=dtype,
        gguf=tuple(dict.fromkeys(gguf or ())),
        licence=licence,
        check=not no_check,
        splits=tuple(split or ()),  # type: ignore[arg-type]  # ``require`` checks them
        most_tasks=tasks,
        suites=tuple(suite or ()),
        overrides=tuple(set_ or ()),
    )
    plan.require()
    subject = find_subject(what, model, runs, number)
    if push:
        require_hub(push)
    open_bench = _opener(subject, suite or (), set_ or (), unsafe_local=unsafe_local, quiet=json)
    report = export_model(subject, out, plan, open_bench, HoldoutLedger(runs), tell=_tell)
    address = push_folder(out, push, private=private, message=f"goldloop: {subject.digest}") if push else ""
    if json:
        emit({"out": str(out), "pushed": address, **report.model_dump(mode="json", exclude={"inputs"})})
    else:
        for what_, check in report.checks.items():
            console.out.print(check.words(what_), soft_wrap=True, markup=False)
        size = sum(file.stat().st_size for file in out.iterdir()) / 1e6
        console.out.print(f"exported: {console.escape(str(out))}, {report.merged.dtype}, {size:,.1f} MB", soft_wrap=True)
        for file, form in report.gguf.items():
            console.out.print(f"  {console.escape(file)} ({form})", soft_wrap=True)
        if report.unknown_licences:
            console.out.print(f"rows whose licence is not stated: {report.unknown_licences}")
        if address:
            console.out.print(f"pushed: {console.escape(address)}", soft_wrap=True)
    next_command(
        f"cd {out} && ollama create {out.name.lower()} -f Modelfile" if report.gguf else f"goldloop eval SUITE --model {out}"
    )


def _opener(
    subject: ExportSubject, suites: Sequence[str], overrides: Sequence[str], *, unsafe_local: bool, quiet: bool
) -> Callable[[], Bench] | None:
    """How to open the bench for the check: on the suites named, else on those of the run; None where there are none."""
    from evals.suites import load_suite
    from loop.bench import open_tools
    from loop.config import make_config
    from loop.exportsubjects import run_settings

    if subject.run is None and not suites:
        return None
    settings, folder, unsafe = run_settings(subject.run) if subject.run else ({}, Path(), False)
    if suites:
        settings = {**settings, "suites": {"target": list(suites)}}
    if settings.get("backend") == "openai":  # a server has no folder of weights
        settings = {**settings, "backend": "hf"}
    config = make_config({**settings, "model": subject.ref.base}, overrides, place="command line")
    base = None if suites else folder

    def open_bench() -> Bench:
        targets, guards = ([load_suite(name, base) for name in names] for names in (config.suites.target, config.suites.guard))
        return open_tools(config, targets, guards, unsafe_local=unsafe_local or unsafe, progress=console.Bars(quiet=quiet))

    return open_bench


def _tell(line: str) -> None:
    console.say(console.escape(line))
