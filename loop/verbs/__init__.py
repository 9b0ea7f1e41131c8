"""The verbs of the command line, by what they work on. Each is a thin wrapper around its package.

Add one: a function with ``@app.command()`` in the module that fits, or a new module here. All modules are loaded.
"""

from __future__ import annotations


def load() -> None:
    """Register every verb with the application."""
    from importlib import import_module
    from pkgutil import iter_modules

    for name in sorted(module.name for module in iter_modules(__path__)):
        import_module(f"{__name__}.{name}")
