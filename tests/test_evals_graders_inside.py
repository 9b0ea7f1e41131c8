"""What runs in the sandbox stands in one folder, is sent there as text, and is not a part of the harness."""

import ast
import sys
from pathlib import Path

import pytest

import evals
from evals.graders.base import inside

ROOT = Path(evals.__file__).parent.parent
INSIDE = ROOT / "evals" / "graders" / "inside"
PACKAGES = ("evals", "goldens", "decontam", "trainset", "finetune", "loop")
HARNESS = [
    file
    for package in PACKAGES
    for file in (ROOT / package).rglob("*.py")
    if file.parent != INSIDE and not {"shipped", "examples"} & set(file.parts)
]
ALLOWED = {"pytest", "_pytest", "_duckdb", "duckdb"}  # beside the standard library


def imported(file: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
            assert node.level == 0, f"{file}: relative import"
    return names


def test_the_folder_is_not_a_package() -> None:
    assert INSIDE.is_dir()
    assert not (INSIDE / "__init__.py").exists()


@pytest.mark.parametrize("file", sorted(INSIDE.iterdir()), ids=lambda file: file.name)
def test_what_runs_inside_says_so_and_imports_nothing_of_ours(file: Path) -> None:
    if file.name == "__pycache__":
        return
    text = inside(file.name).decode()
    assert "nside" in text[:400], "the head of the file says where it runs"
    if file.suffix == ".py":
        tops = {name.partition(".")[0] for name in imported(file)}
        assert tops <= {*sys.stdlib_module_names, *ALLOWED}
    for package in PACKAGES:
        assert f"from {package}" not in text


@pytest.mark.parametrize("file", HARNESS, ids=lambda file: str(file.relative_to(ROOT)))
def test_the_harness_imports_nothing_that_runs_inside(file: Path) -> None:
    assert not any(name.startswith("evals.graders.inside") for name in imported(file))


def test_no_name_in_the_graders_says_that_it_runs_inside_where_it_does_not() -> None:
    underscored = [file.name for file in (ROOT / "evals" / "graders").rglob("_*.py") if file.name != "__init__.py"]
    assert underscored == []
