"""The verbs of the command line, by what they work on. Each is a thin door to its owner.

Add one: a function with ``@app.command()`` in the module that fits, or a new module here with a row in ``PANELS``. All modules
are loaded.
"""

from __future__ import annotations

from collections.abc import Mapping

PANELS: Mapping[str, str] = {
    "starting": "Start",
    "checking": "Start",
    "running": "Rounds",
    "audit": "Audit",
    "evaluating": "Evaluate",
    "scoring": "Evaluate",
    "levers": "Evaluate",
    "judging": "Evaluate",
    "training": "Stages of a round, one by one",
    "exporting": "Stages of a round, one by one",
    "deciding": "Compare and decide",
    "publishing": "Compare and decide",
    "holdout": "Compare and decide",
    "ingesting": "Production failures",
    "triaging": "Production failures",
    "reviewing": "Production failures",
    "serving": "Look",
    "looking": "Look",
    "goldens": "Suites and images",
    "suite": "Suites and images",
    "importing": "Suites and images",
    "images": "Suites and images",
}
"""Under which heading the list of all verbs shows those of a module; headings and modules in this order."""


def load() -> None:
    """Register every verb with the application, under its heading."""
    from importlib import import_module
    from pkgutil import iter_modules

    from loop.app import app

    modules = {module.name for module in iter_modules(__path__)}
    for name in (*PANELS, *sorted(modules - PANELS.keys())):
        commands, groups = len(app.registered_commands), len(app.registered_groups)
        import_module(f"{__name__}.{name}")
        for command in app.registered_commands[commands:]:
            command.rich_help_panel = PANELS.get(name, "Other")
        for group in app.registered_groups[groups:]:
            group.rich_help_panel = PANELS.get(name, "Other")
