"""goldloop as a Python library: what its three jobs need, under one name. ``python -m goldloop`` is the command line.

Audit training data::

    import goldloop
    audit = goldloop.audit(["data/*.jsonl"], ["humaneval:HumanEval.jsonl.gz"])
    print(audit.summary.verdict)

Run rounds::

    finished = goldloop.run(goldloop.load_config(Path("goldloop.yaml")))
    print(finished.rounds[-1].decision)

Evaluate and compare::

    before = goldloop.evaluate("house", goldloop.ModelRef(base="smollm2-135m-instruct"), Path("evals/before"))

Names are loaded on first use, so that ``import goldloop`` takes no time. Everything else may change between versions.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from decontam.audit.run import Audit, AuditSettings
    from decontam.rule import Rule
    from evals.comparison import compare_outcomes, pass_rate
    from evals.errors import BadInput, GoldloopError, Inconclusive
    from evals.graders import grade
    from evals.importers import import_benchmark
    from evals.models import open_backend
    from evals.models.scripted import ScriptedBackend
    from evals.records import Attempt, ModelRef, Result, Task, Verdict
    from evals.sandboxes import open_sandbox
    from evals.suites import Suite, export_suite, load_suite
    from loop.api import audit, compare, evaluate, resume, run
    from loop.config import Config, load_config, make_config
    from loop.gate import GateReport, decide
    from loop.records import RoundReport
    from loop.runs import Finished

_WHERE = {
    "Attempt": "evals.records",
    "Audit": "decontam.audit.run",
    "AuditSettings": "decontam.audit.run",
    "BadInput": "evals.errors",
    "Config": "loop.config",
    "Finished": "loop.runs",
    "GateReport": "loop.gate",
    "GoldloopError": "evals.errors",
    "Inconclusive": "evals.errors",
    "ModelRef": "evals.records",
    "Result": "evals.records",
    "RoundReport": "loop.records",
    "Rule": "decontam.rule",
    "ScriptedBackend": "evals.models.scripted",
    "Suite": "evals.suites",
    "Task": "evals.records",
    "Verdict": "evals.records",
    "audit": "loop.api",
    "compare": "loop.api",
    "compare_outcomes": "evals.comparison",
    "decide": "loop.gate",
    "evaluate": "loop.api",
    "export_suite": "evals.suites",
    "grade": "evals.graders",
    "import_benchmark": "evals.importers",
    "load_config": "loop.config",
    "load_suite": "evals.suites",
    "make_config": "loop.config",
    "open_backend": "evals.models",
    "open_sandbox": "evals.sandboxes",
    "pass_rate": "evals.comparison",
    "resume": "loop.api",
    "run": "loop.api",
}

__all__ = [
    "Attempt",
    "Audit",
    "AuditSettings",
    "BadInput",
    "Config",
    "Finished",
    "GateReport",
    "GoldloopError",
    "Inconclusive",
    "ModelRef",
    "Result",
    "RoundReport",
    "Rule",
    "ScriptedBackend",
    "Suite",
    "Task",
    "Verdict",
    "audit",
    "compare",
    "compare_outcomes",
    "decide",
    "evaluate",
    "export_suite",
    "grade",
    "import_benchmark",
    "load_config",
    "load_suite",
    "make_config",
    "open_backend",
    "open_sandbox",
    "pass_rate",
    "resume",
    "run",
]

_HOME = Path(__file__).resolve().parent
_PACKAGES = ("evals", "goldens", "decontam", "trainset", "finetune", "loop")


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if problems := foreign_packages():
        raise ImportError("\n".join(problems))
    value = getattr(import_module(_WHERE[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def foreign_packages() -> list[str]:
    """What shadows goldloop's packages: a message for each that Python would import from elsewhere.

    Their names are common ones; a distribution ``evals`` is on the Python Package Index, for example.
    """
    messages = []
    for name in _PACKAGES:
        try:
            spec = importlib.util.find_spec(name)
        except (ImportError, ValueError):
            spec = None
        places = [Path(place).resolve() for place in (spec.submodule_search_locations or [] if spec else [])]
        expected = _HOME / name
        taken = places[0] if places else Path(spec.origin).resolve() if spec and spec.origin else None
        if taken == expected and _is_ours(expected, name):
            continue
        if taken is None:
            messages.append(f"{name}: Python does not find it, and it should be in {expected}; install goldloop again")
        elif taken == expected:
            messages.append(
                f"{name}: {expected} was overwritten by another distribution of that name; "
                f"`pip uninstall {name}`, then install goldloop again, in a separate environment"
            )
        else:
            messages.append(
                f"{name}: Python takes {taken}, which is not goldloop's {expected}; take {taken.parent} off PYTHONPATH, start in "
                f"another folder, or `pip uninstall {name}` if it is installed"
            )
    return messages


def _is_ours(folder: Path, name: str) -> bool:
    try:
        return (folder / "__init__.py").read_text(encoding="utf-8").startswith(f'"""{name}: ')
    except (OSError, UnicodeDecodeError):
        return False


def main(argv: Sequence[str] | None = None) -> None:
    """Entry point of ``goldloop``, ``python -m goldloop`` and ``python -m loop``."""
    if problems := foreign_packages():
        for message in problems:
            print(f"error {message}", file=sys.stderr)
        sys.exit(4)
    from loop.cli import main as run_verb

    run_verb(argv)


if __name__ == "__main__":
    main()
