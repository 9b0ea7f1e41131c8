"""Everything about a configuration that can be checked before a run, all problems at once.

Covers suites, model, backend and trainer with their options, sandbox, and what the holdout's size allows to see. Loads no model,
generates and trains nothing; whether the suites' goldens hold is for ``goldloop goldens verify``.
"""

from __future__ import annotations

import importlib.util
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from evals.errors import BadInput, GoldloopError, Inconclusive, install_command
from evals.models import backend_class
from evals.models.resolve import find_model
from evals.options import option_problems
from evals.progress import Progress, Silent
from evals.records import Record
from evals.sandboxes.base import Sandbox
from evals.suites import Suite, load_suite
from finetune.base import require_objective
from finetune.train import trainer_class
from loop.adapters import check_adapter
from loop.bench import Bench, check_dev, check_splits, open_model, sandbox_of
from loop.config import Config
from loop.reach import guard_reach, target_reach

Where = Callable[[str], str]


class Problem(Record):
    """One problem that prevents a run. ``where`` is the file and line, empty if unknown."""

    where: str
    key: str
    message: str
    inconclusive: bool = False

    def __str__(self) -> str:
        """``goldloop.yaml:7: suites.target: ...``; a message of many lines brings its own places."""
        return f"{self.where}: {self.key}: {self.message}" if self.where else f"{self.key}: {self.message}"


@dataclass(slots=True, kw_only=True)
class Examined:
    """What was found: problems, notes that prevent nothing, and what is fine, by name. The sandbox is open."""

    targets: list[Suite] = field(default_factory=list)
    guards: list[Suite] = field(default_factory=list)
    sandbox: Sandbox | None = None
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    fine: dict[str, str] = field(default_factory=dict)

    def require(self) -> None:
        """Continue only without problems.

        Raises:
            BadInput: with every problem.
            Inconclusive: every problem only rules out an honest answer, such as an empty holdout.
        """
        if self.problems:
            self.close()
            fault = Inconclusive if all(problem.inconclusive for problem in self.problems) else BadInput
            raise fault("\n".join(map(str, self.problems)))

    def close(self) -> None:
        """Close the sandbox."""
        if self.sandbox is not None:
            self.sandbox.close()
            self.sandbox = None


def examine(
    config: Config,
    base: Path,
    *,
    where: Where = lambda key: "",
    unsafe_local: bool = False,
    adapter: str = "",
    anyway: bool = False,
) -> Examined:
    """Check all that a run needs.

    Args:
        config: the configuration, valid in itself.
        base: the folder that relative names of suites start from.
        where: the file and line of a key.
        unsafe_local: take bare processes as the sandbox.
        adapter: folder of an adapter that should fit the model.
        anyway: a holdout so small that no outcome could be promoted is a note, not a problem.
    """
    examined = Examined()

    def attempt(key: str, check: Callable[[], Any]) -> Any:
        try:
            return check()
        except GoldloopError as error:
            said = str(error).removeprefix(f"{key.partition('.')[0]}: ")
            problem = Problem(where=where(key), key=key, message=said, inconclusive=isinstance(error, Inconclusive))
            examined.problems.append(problem)
            return None

    for key, names, kept in (
        ("suites.target", config.suites.target, examined.targets),
        ("suites.guard", config.suites.guard, examined.guards),
    ):
        for name in names:
            suite = attempt(key, partial(load_suite, name, base))
            if suite is not None:
                kept.append(suite)
    for suite in examined.targets:
        attempt("suites.target", partial(check_splits, suite))
    for suite in (*examined.targets, *examined.guards):
        counts = Counter(str(task.split) for task in suite.tasks)
        examined.fine[f"suite {suite.name}"] = ", ".join(f"{count} {split}" for split, count in sorted(counts.items()))
    attempt("suites", lambda: _require_each_once(examined))
    attempt("finetune.seeds", lambda: check_dev(config, examined.targets))
    if (backend := attempt("backend", lambda: _require_backend(config))) is not None:
        examined.fine["backend"] = backend
        for key, message in option_problems(backend_class(config.backend), config.backend_options, f"backend {config.backend}"):
            full = f"backend_options.{key}"
            examined.problems.append(Problem(where=where(full), key=full, message=message))
    trainer = config.finetune.trainer
    if (target := attempt("finetune.trainer", lambda: trainer_class(trainer))) is not None:
        for key, message in option_problems(target, config.finetune.trainer_options, f"trainer {trainer}"):
            full = f"finetune.trainer_options.{key}"
            examined.problems.append(Problem(where=where(full), key=full, message=message))
    attempt("finetune.objective", lambda: require_objective(config.finetune.objective, config.finetune.objective_options))
    if (model := attempt("model", lambda: _require_model(config))) is not None:
        examined.fine["model"] = model
    if adapter:
        attempt("adapter", lambda: check_adapter(adapter, config.model))
    cache = Path(config.evals.cache)
    if config.evals.cache and any(part.is_file() for part in (cache, *cache.parents)):
        message = f"{cache}: is a file, or lies below one; give a folder"
        examined.problems.append(Problem(where=where("evals.cache"), key="evals.cache", message=message))
    examined.sandbox = attempt("sandbox.name", lambda: sandbox_of(config, unsafe_local=unsafe_local))
    if examined.sandbox is not None:
        examined.fine["sandbox"] = examined.sandbox.tier
    _judge_reach(config, examined, where, anyway=anyway)
    return examined


def open_bench(
    config: Config,
    base: Path,
    *,
    where: Where = lambda key: "",
    unsafe_local: bool = False,
    progress: Progress | None = None,
    anyway: bool = False,
    tell: Callable[[str], None] = lambda note: None,
) -> Bench:
    """The bench of a run, after everything was checked. ``tell`` gets each note, such as what a suite's holdout detects.

    Raises:
        BadInput: with every problem.
        Inconclusive: a target suite has no holdout, or, without ``anyway``, one with which no outcome could be promoted.
    """
    examined = examine(config, base, where=where, unsafe_local=unsafe_local, anyway=anyway)
    examined.require()
    for note in examined.notes:
        tell(note)
    assert examined.sandbox is not None
    return Bench(
        config=config,
        targets=examined.targets,
        guards=examined.guards,
        sandbox=examined.sandbox,
        open_backend=lambda ref: open_model(config, ref),
        progress=progress or Silent(),
    )


def _require_each_once(examined: Examined) -> None:
    names = Counter(suite.name for suite in (*examined.targets, *examined.guards))
    if twice := [name for name, count in names.items() if count > 1]:
        raise BadInput(f"{', '.join(twice)} given twice; a suite is a target or a guard, once")


def _require_backend(config: Config) -> str:
    """Check that the backend's class and its imports exist.

    Raises:
        BadInput: it cannot be imported, or needs a package that is not installed.
    """
    target = backend_class(config.backend)
    for package in getattr(target, "needs", ()):
        if importlib.util.find_spec(package) is None:
            raise BadInput(f"backend {config.backend} needs a package: {install_command(package)}")
    return f"{config.backend} ({target.__module__}:{target.__qualname__})"


def _require_model(config: Config) -> str | None:
    """The place of the model, if goldloop itself loads it: in a backend or in the trainer."""
    return find_model(config.model) if config.backend in ("hf", "vllm") or config.finetune.trainer == "lora" else None


def _judge_reach(config: Config, examined: Examined, where: Where, *, anyway: bool) -> None:
    """Notes on what each suite's holdout detects, and a problem where no outcome whatsoever could be promoted."""
    for key, suites, reach_of in (
        ("suites.target", examined.targets, target_reach),
        ("suites.guard", examined.guards, guard_reach),
    ):
        for suite in suites:
            if not (holdout := suite.split("holdout")):
                continue
            reach = reach_of(config, suite.name, holdout)
            if not reach.hopeless:
                examined.notes.append(reach.said)
            elif anyway:
                examined.notes.append(f"{reach.hopeless} (--anyway: the gate will say inconclusive)")
            else:
                message = f"{reach.hopeless}; `--anyway` runs it all the same"
                examined.problems.append(Problem(where=where(key), key=key, message=message, inconclusive=True))
