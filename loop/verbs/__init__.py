"""The verbs of the command line beside the main ones of ``loop.cli``, by what they work on. Each is a thin door to its owner.

Add one: a function with ``@app.command()`` in the module that fits, or a new module here. All modules are loaded.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules


def load() -> None:
    """Register every verb with the application."""
    for module in sorted(found.name for found in iter_modules(__path__)):
        import_module(f"{__name__}.{module}")
