"""The three jobs as functions, for Python: audit, evaluate and compare, run. What ``goldloop.py`` re-exports.

Silent unless given a progress; the command line's verbs do the same work and add tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals.errors import BadInput

if TYPE_CHECKING:
    from decontam.audit.run import Audit, AuditSettings
    from evals.progress import Progress
    from evals.records import ModelRef, Result, Split
    from loop.config import Config
    from loop.gate import Line
    from loop.runs import Finished

EVALUATED: tuple[Split, ...] = ("train", "dev", "holdout")


def audit(
    train: Sequence[str],
    holdout: Sequence[str],
    settings: AuditSettings | None = None,
    *,
    out: Path | None = None,
    clean: Path | None = None,
    threads: int = 0,
    progress: Progress | None = None,
) -> Audit:
    """Say whether training data leaks a holdout; ``summary.verdict`` is ``clean``, ``leaks`` or ``inconclusive``.

    Args:
        train: Files, globs, folders, or ``hf:NAME``.
        holdout: Suites (folders, shipped names, ``importer:path``) or tables (JSONL, Parquet, CSV).
        settings: The rule, channels and columns; without them, those of ``goldloop audit``.
        out: New folder for the report and every match.
        clean: New folder for the training data without the rows that leak.
        threads: Parsers at work at once; 0 is one per core.
        progress: Where to report progress.

    Raises:
        BadInput: a file, folder or column is not there, or ``out`` or ``clean`` exists.
        Inconclusive: the holdout is empty, or none of it can be indexed.
    """
    from decontam.audit.run import AuditSettings as Settings
    from decontam.audit.run import check_threads, run_audit
    from decontam.holdouts import load_items
    from decontam.sources import find_sources

    items, sources = load_items(holdout, {}), find_sources(train)
    return run_audit(
        sources, items, settings or Settings(), threads=check_threads(threads), out=out, clean=clean, progress=progress
    )


def evaluate(
    suite: str,
    model: ModelRef,
    out: Path,
    *,
    splits: Sequence[Split] = EVALUATED,
    config: Config | None = None,
    runs: Path = Path("runs"),
    unsafe_local: bool = False,
    progress: Progress | None = None,
) -> list[Result]:
    """Evaluate a model on a suite and keep every attempt with its verdict in ``out``; goes on where it was stopped.

    Args:
        suite: A folder, a shipped name, or ``importer:path``.
        model: The base and, if there is one, the adapter's folder.
        out: Folder of the results.
        splits: Which tasks. A look at ``holdout`` is logged in ``runs`` and spends one of ``gate.looks``, once for a model.
        config: Decoding, backend and sandbox settings; its suites and model are not used.
        runs: Folder with the ledger of looks at the holdout.
        unsafe_local: Run the model's code without isolation.
        progress: Where to report progress.

    Raises:
        BadInput: the suite or the model does not load, no sandbox works, ``out`` holds other work, or split ``final`` is
            asked for, which only ``goldloop publish`` evaluates.
        Inconclusive: too many infrastructure errors, or the budget of looks at the holdout is spent.
    """
    from evals.suites import load_suite
    from loop.adapters import check_adapter
    from loop.bench import open_tools
    from loop.config import make_config
    from loop.holdout import HoldoutLedger, require_untrained
    from loop.stages import evaluate_stage

    base = config or make_config({"suites": {"target": [suite]}})
    settings = base.model_copy(update={"model": model.base})
    loaded = load_suite(suite)
    tasks = loaded.split(*splits)
    if not tasks:
        raise BadInput(f"suite {suite}: no task has split {', '.join(splits)}")
    if model.adapter:
        check_adapter(model.adapter, model.base)
        require_untrained(Path(model.adapter), tasks)
    bench = open_tools(settings, [loaded], unsafe_local=unsafe_local, progress=progress)
    try:
        bench.ledger = HoldoutLedger(runs)
        return evaluate_stage(bench, out, model, tasks, f"evaluate {loaded.name}")
    finally:
        bench.close()


def compare(before: Sequence[Result], after: Sequence[Result]) -> tuple[Line, ...]:
    """Compare two evaluations of the same tasks: a line for each suite and slice, with the difference and its 95% interval.

    Tasks for which the very same code passed and failed are set apart. Compare one split at a time: a gain on trained tasks
    says nothing about others.

    Raises:
        Inconclusive: no task has a verdict on both sides.
        BadInput: no suite is on both sides, or a sample of a task occurs twice.
    """
    from evals.comparison import flaky_tasks, set_apart
    from loop.gate import compare_suites

    suites = sorted({result.suite for result in before} & {result.suite for result in after})
    if not suites:
        raise BadInput("compare: no suite was evaluated on both sides; nothing can be compared")
    flaky = flaky_tasks([*before, *after])
    return compare_suites(set_apart(flaky, before), set_apart(flaky, after), target=suites)


def run(
    config: Config,
    base: Path = Path(),
    runs: Path = Path("runs"),
    *,
    unsafe_local: bool = False,
    promote: bool = True,
    progress: Progress | None = None,
    anyway: bool = False,
) -> Finished:
    """Run rounds: evaluate, collect failures, pair, screen, train, re-evaluate, decide. Goes on where it was stopped.

    Starts from the adapter in use for the base and the target suites, if there is one (``config.start``).

    Args:
        config: From ``load_config`` or ``make_config``.
        base: The folder that relative names of suites start from.
        runs: Folder that holds the runs.
        unsafe_local: Run the model's code without isolation.
        promote: Put in use what the gate promotes.
        progress: Where to report progress.
        anyway: Run with a holdout so small that no outcome could be promoted.

    Raises:
        BadInput: what ``goldloop validate`` would say, all of it; or the run was started under another configuration.
        Inconclusive: no holdout or a hopeless one, too many infrastructure errors, or no look at the holdout is left.
    """
    from loop.runs import start_run

    how: dict[str, Any] = {"unsafe_local": unsafe_local, "promote": promote, "progress": progress, "anyway": anyway}
    return start_run(config, base, runs, **how)


def resume(folder: Path, *, progress: Progress | None = None) -> Finished:
    """Go on with a run that was stopped, under the configuration that it was started with.

    Raises:
        BadInput: the folder holds no run, or its inputs changed.
    """
    from loop.runs import resume_run

    return resume_run(folder, progress=progress)
