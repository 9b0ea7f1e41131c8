"""The bench of a run: its configuration, suites and sandbox, and one model at a time. What every stage works with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evals.errors import BadInput, Inconclusive
from evals.files import digest
from evals.graders import grade
from evals.models import open_backend
from evals.models.base import Backend, Sampling, swapped
from evals.models.cache import CachedBackend
from evals.progress import Progress, Silent
from evals.records import ModelRef, Task, Verdict
from evals.sandboxes import open_sandbox
from evals.sandboxes.base import Sandbox
from evals.suites import Suite
from goldens.prove import within
from goldens.records import Golden
from loop.config import Config
from loop.holdout import HoldoutLedger

OpenBackend = Callable[[ModelRef], Backend]


@dataclass(slots=True, kw_only=True)
class Bench:
    """What every stage works with: configuration, suites, the sandbox, and how to open a model."""

    config: Config
    targets: Sequence[Suite]
    guards: Sequence[Suite]
    sandbox: Sandbox
    open_backend: OpenBackend
    progress: Progress = field(default_factory=Silent)
    goldens: Mapping[str, Golden] = field(default_factory=dict)
    ledger: HoldoutLedger | None = None
    _opened: tuple[ModelRef, Backend] | None = None

    @property
    def suites(self) -> list[Suite]:
        """Targets, then guards."""
        return [*self.targets, *self.guards]

    def tasks(self, *splits: Any) -> list[Task]:
        """Tasks of all suites in the given splits."""
        return [task for suite in self.suites for task in suite.split(*splits)]

    def grade(self, task: Task, code: str | None) -> Verdict:
        """Grade in this bench's sandbox, within a time that the task's golden justifies."""
        if (golden := self.goldens.get(task.key)) is not None:
            task = within(task, golden.seconds)
        return grade(task, code, self.sandbox)

    def backend(self, ref: ModelRef) -> Backend:
        """The model, kept open until another one is requested: one model in memory at a time."""
        if self._opened is not None and self._opened[0] != ref:
            opened, self._opened = self._opened[1], None  # a swap that fails leaves a closed backend
            if swapped(opened, ref):
                self._opened = (ref, opened)
            else:
                opened.close()
        if self._opened is None:
            self._opened = (ref, self.open_backend(ref))
        return self._opened[1]

    def release(self) -> None:
        """Drop the open model."""
        if self._opened is not None:
            self._opened[1].close()
            self._opened = None

    def close(self) -> None:
        """Drop the model and close the sandbox."""
        self.release()
        self.sandbox.close()


def open_tools(
    config: Config,
    targets: Sequence[Suite],
    guards: Sequence[Suite] = (),
    *,
    unsafe_local: bool = False,
    progress: Progress | None = None,
) -> Bench:
    """A bench for suites that are loaded: the sandbox is opened and self-tested, the model opens on first use.

    Raises:
        BadInput: no sandbox works.
    """
    return Bench(
        config=config,
        targets=targets,
        guards=guards,
        sandbox=sandbox_of(config, unsafe_local=unsafe_local),
        open_backend=lambda ref: open_model(config, ref),
        progress=progress or Silent(),
    )


def sandbox_of(config: Config, *, unsafe_local: bool = False) -> Sandbox:
    """The configured sandbox, self-tested.

    Raises:
        BadInput: none works here.
    """
    chosen = config.sandbox.model_dump(exclude={"name"})
    return open_sandbox(config.sandbox.name, unsafe_local=unsafe_local, **chosen)


def open_model(config: Config, ref: ModelRef) -> Backend:
    """The model on the configured backend, behind the answer cache if there is one.

    Raises:
        BadInput: unknown backend, or a model that cannot be loaded.
    """
    server = config.server.model_dump() if config.backend == "openai" else {}
    options = config.backend_options
    backend = open_backend(config.backend, ref, options=options, batch_size=config.evals.batch_size, **server)
    if not config.evals.cache:
        return backend
    name = f"{config.backend} {digest(options)}" if options else config.backend
    return CachedBackend(backend, Path(config.evals.cache), name=name)


def check_splits(suite: Suite) -> None:
    """A target suite needs tasks to train on and tasks that show a gain.

    Raises:
        BadInput: no training task.
        Inconclusive: no holdout task.
    """
    if not suite.split("train"):
        raise BadInput(f"suite {suite.name} ({suite.path}): no task has split 'train'; there is nothing to learn from")
    if not suite.split("holdout"):
        raise Inconclusive(
            f"suite {suite.name} ({suite.path}): the holdout is empty, so no gain could be believed; "
            "give at least a third of the tasks, in groups of their own, split: holdout"
        )


def check_dev(config: Config, targets: Sequence[Suite]) -> None:
    """Adapters of several seeds or learning rates are chosen from on dev.

    Raises:
        BadInput: ``finetune.seeds`` is above 1, or ``finetune.sweep`` has several rates, and no target suite has a dev task.
    """
    adapters = config.finetune.seeds + max(0, len(config.finetune.sweep) - 1)
    if adapters > 1 and not any(suite.split("dev") for suite in targets):
        raise BadInput(
            f"{adapters} adapters are chosen from on dev, and no target suite has a dev task; give some training tasks, in "
            "groups of their own, split: dev, or train one seed with one learning rate"
        )


def sampling_of(config: Config) -> Sampling:
    """Decoding settings of a configuration."""
    return Sampling(max_new_tokens=config.evals.max_new_tokens, temperature=config.evals.temperature, seed=config.seed)


def config_digest(config: Config) -> str:
    """Digest of everything in a configuration that can change a result."""
    return digest(config.model_dump(mode="json", exclude={"name", "rounds"}))
