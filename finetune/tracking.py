"""Training curves for other tools: TensorBoard, Trackio, Weights & Biases, MLflow. Each is imported only where it is asked for.

Add one: a class with ``log`` and ``close`` and a row in ``TRACKERS``. What they send where is their own business and settings.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from evals.errors import BadInput, joined

_PROJECT = "goldloop"


class Tracker(Protocol):
    """Keeps figures of steps."""

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Figures of a step, from 1."""
        ...

    def close(self) -> None:
        """All is said."""
        ...


class _TensorBoard:
    def __init__(self, out: Path, settings: Mapping[str, Any], first: int) -> None:
        from torch.utils.tensorboard.writer import SummaryWriter

        self._writer: Any = SummaryWriter(log_dir=str(out / "tensorboard"), purge_step=first)

    def log(self, values: Mapping[str, float], step: int) -> None:
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)

    def close(self) -> None:
        self._writer.close()


class _Board:
    """Trackio and Weights & Biases, whose functions are the same."""

    def __init__(self, package: str, out: Path, settings: Mapping[str, Any]) -> None:
        self._package = importlib.import_module(package)
        self._package.init(project=_PROJECT, name=out.resolve().name, config=dict(settings))

    def log(self, values: Mapping[str, float], step: int) -> None:
        self._package.log(dict(values), step=step)

    def close(self) -> None:
        self._package.finish()


class _MLflow:
    def __init__(self, out: Path, settings: Mapping[str, Any]) -> None:
        self._mlflow = importlib.import_module("mlflow")
        self._mlflow.start_run(run_name=out.resolve().name)
        self._mlflow.log_params(dict(settings))

    def log(self, values: Mapping[str, float], step: int) -> None:
        self._mlflow.log_metrics(dict(values), step=step)

    def close(self) -> None:
        self._mlflow.end_run()


TRACKERS = ("tensorboard", "trackio", "wandb", "mlflow")
"""Names for ``finetune.report_to``, which are those of the packages."""


def require_trackers(names: Sequence[str]) -> None:
    """Check that the packages are there, without importing them.

    Raises:
        BadInput: some are not, each with what installs it.
    """
    missing = []
    for name in names:
        found = None
        with suppress(ValueError):  # of a module that was put together by hand
            found = importlib.util.find_spec(name)
        if found is None:
            missing.append(f"finetune.report_to: {name} needs a package: pip install {name}, or leave it out")
    if missing:
        raise BadInput(joined(missing))


class Trackers:
    """All that were asked for, opened in the run's folder; ``first`` is the first step that will be logged."""

    def __init__(self, names: Sequence[str], out: Path, settings: Mapping[str, Any], first: int = 1) -> None:
        self._open: list[Tracker] = []
        for name in names:
            if name == "tensorboard":
                self._open.append(_TensorBoard(out, settings, first))
            elif name == "mlflow":
                self._open.append(_MLflow(out, settings))
            else:
                self._open.append(_Board(name, out, settings))

    def log(self, values: Mapping[str, float], step: int) -> None:
        """See ``Tracker.log``."""
        for tracker in self._open:
            tracker.log(values, step)

    def close(self) -> None:
        """See ``Tracker.close``."""
        for tracker in self._open:
            tracker.close()
