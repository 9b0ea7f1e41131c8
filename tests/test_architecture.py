"""The structure holds: imports go down and in no circle, a name means one thing, files stay short."""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = ("loop", "finetune", "trainset", "decontam", "goldens", "evals")
DATA = ("evals/shipped/", "loop/examples/")
# The lexer of the code channel is one function for numba, which inlines nothing that is worth a file of its own.
LONG = {"decontam/kernels/code.py"}


def sources() -> dict[str, Path]:
    """Modules of the packages by dotted name."""
    modules = {}
    for layer in LAYERS:
        for file in sorted((ROOT / layer).rglob("*.py")):
            place = file.relative_to(ROOT)
            if not place.as_posix().startswith(DATA):
                parts = place.with_suffix("").parts
                modules[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return modules


MODULES = sources()


def imports_of(module: str) -> set[str]:
    """What a module of ours imports of ours, within functions and for type checking, too."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            full = [f"{node.module}.{name.name}" for name in node.names]
            found |= {name if name in MODULES else node.module for name in full}
        elif isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
    return {name for name in found if name in MODULES and name != module}


def circles(graph: Mapping[str, set[str]]) -> Iterator[list[str]]:
    """Strongly connected components of more than one module (Tarjan 1972)."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []

    def visit(module: str) -> Iterator[list[str]]:
        order[module] = low[module] = len(order)
        stack.append(module)
        for other in sorted(graph[module]):
            if other not in order:
                yield from visit(other)
                low[module] = min(low[module], low[other])
            elif other in stack:
                low[module] = min(low[module], order[other])
        if low[module] == order[module]:
            component = stack[stack.index(module) :]
            del stack[stack.index(module) :]
            if len(component) > 1:
                yield sorted(component)

    for module in graph:
        if module not in order:
            yield from visit(module)


def test_no_modules_import_each_other() -> None:
    assert list(circles({module: imports_of(module) for module in MODULES})) == []


def test_a_circle_would_be_found() -> None:
    assert list(circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})) == [["a", "b", "c"]]


def test_imports_go_down() -> None:
    wrong = [
        f"{module} imports {other}"
        for module in MODULES
        for other in imports_of(module)
        if LAYERS.index(other.partition(".")[0]) < LAYERS.index(module.partition(".")[0])
    ]
    assert wrong == []


def test_a_class_name_stands_once() -> None:
    places = defaultdict(list)
    for module, file in MODULES.items():
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                places[node.name].append(module)
    assert {name: modules for name, modules in places.items() if len(modules) > 1} == {}


def test_files_stay_short_or_say_why() -> None:
    lengths = {file.relative_to(ROOT).as_posix(): file.read_bytes().count(b"\n") for file in MODULES.values()}
    assert {name for name, length in lengths.items() if length > 400} == LONG


@pytest.mark.parametrize("name", [m for m in MODULES if "." not in m] + ["goldloop"])
def test_the_packages_are_ours_and_hide_no_module_of_pythons(name: str) -> None:
    assert name not in sys.stdlib_module_names
    module = __import__(name)
    assert module.__file__ is not None and Path(module.__file__).is_relative_to(ROOT)
