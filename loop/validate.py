"""Everything about a configuration that can be checked before a run, all problems at once.

Covers suites, model, backend and trainer with their options, sandbox, and what the holdout's size allows to see. Loads no model,
generates and trains nothing; whether the suites' goldens hold is for ``goldloop goldens verify``.
"""

from __future__ import annotations

import importlib.util
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from evals.comparison import compare_outcomes
from evals.errors import BadInput, GoldloopError, Inconclusive, install_command
from evals.models import backend_class
from evals.models.resolve import find_model
from evals.options import option_problems
from evals.progress import Progress, Silent
from evals.records import Record, Task
from evals.sandboxes.base import Sandbox
from evals.stats import mcnemar_midp
from evals.suites import Suite, load_suite
from finetune.base import require_objective
from finetune.train import trainer_class
from loop.adapters import check_adapter
from loop.bench import Bench, check_dev, check_splits, open_model, sandbox_of
from loop.config import Config

LEVEL = 0.05
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
    config: Config, base: Path, *, where: Where = lambda key: "", unsafe_local: bool = False, adapter: str = ""
) -> Examined:
    """Check all that a run needs.

    Args:
        config: the configuration, valid in itself.
        base: the folder that relative names of suites start from.
        where: the file and line of a key.
        unsafe_local: take bare processes as the sandbox.
        adapter: folder of an adapter that should fit the model.
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
    attempt("finetune.objective", lambda: require_objective(config.finetune.objective))
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
    examined.notes += [*_reach(config, examined.targets, "target"), *_reach(config, examined.guards, "guard")]
    return examined


def open_bench(
    config: Config,
    base: Path,
    *,
    where: Where = lambda key: "",
    unsafe_local: bool = False,
    progress: Progress | None = None,
) -> Bench:
    """The bench of a run, after everything was checked.

    Raises:
        BadInput: with every problem.
        Inconclusive: a target suite has no holdout.
    """
    examined = examine(config, base, where=where, unsafe_local=unsafe_local)
    examined.require()
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


def _reach(config: Config, suites: Sequence[Suite], role: str) -> list[str]:
    """What each suite's holdout is too small to show, in words."""
    notes = []
    for suite in suites:
        holdout = suite.split("holdout")
        if holdout:
            notes += _target_reach(config, suite.name, holdout) if role == "target" else _guard_reach(config, suite.name, holdout)
    return notes


def _target_reach(config: Config, name: str, holdout: Sequence[Task]) -> list[str]:
    tasks, groups = [task.key for task in holdout], {task.key: f"{task.suite}/{task.group}" for task in holdout}
    wanted = config.gate.min_effect
    best = compare_outcomes({task: [False] for task in tasks}, {task: [True] for task in tasks}, groups)
    size = f"{_counted(len(tasks), 'holdout task')} in {_counted(len(set(groups.values())), 'group')}"
    if best.p >= LEVEL or best.ci95.low <= 0:
        return [f"suite {name}: with {size} no gain at all can be seen, so nothing can be promoted; add holdout tasks"]
    least = next(count for count in range(1, len(tasks) + 1) if mcnemar_midp(count, 0) < LEVEL)
    if (share := least / len(tasks)) <= wanted:
        return []
    return [
        f"suite {name}: with {size} the smallest gain that can be seen is {100 * share:.0f} points ({least} tasks gained, none "
        f"lost), and gate.min_effect is {100 * wanted:g}; about {_ceil(least / wanted)} would be needed to see that"
        if wanted
        else f"suite {name}: with {size} the smallest gain that can be seen is {100 * share:.0f} points"
    ]


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number != 1 else ''}"


def _ceil(value: float) -> int:
    return int(-(-value // 1))


def _guard_reach(config: Config, name: str, holdout: Sequence[Task]) -> list[str]:
    groups = {task.key: f"{task.suite}/{task.group}" for task in holdout}
    same = {task.key: [number % 2 == 0] for number, task in enumerate(holdout)}
    low = compare_outcomes(same, same, groups).low_one_sided
    if low > -config.gate.guard_margin:
        return []
    return [
        f"suite {name}: with {_counted(len(holdout), 'holdout task')} even an unchanged model is only known to have lost less "
        f"than {-100 * low:.0f} points, and gate.guard_margin is {100 * config.gate.guard_margin:g}: nothing can be promoted; "
        "add holdout tasks or raise the margin"
    ]
