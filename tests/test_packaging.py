"""What is installed: every file of the packages and nothing else, and it runs without the checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from sandbox_requirements import required_sandbox, unavailable

ROOT = Path(__file__).parents[1]
NOT_SOURCE = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "*.egg-info", "runs", "suites", "site")
LEAK = "Add up the burning hours of every lighthouse lamp in the ledger, leaving out those which the keeper marked as broken."
CLEAN = "The heron of the marsh was seen near the old mill, and nobody could say why it stayed there all winter long."


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def packages() -> set[str]:
    """The packages that setuptools finds: below the folders that pyproject.toml includes, with ``__init__.py`` all the way."""
    include = project()["tool"]["setuptools"]["packages"]["find"]["include"]
    roots = {part.parent for pattern in include for part in ROOT.glob(f"{pattern}/**/__init__.py")}
    whole = {root for root in roots if root.parent == ROOT or root.parent in roots}
    return {".".join(root.relative_to(ROOT).parts) for root in whole}


def package_files() -> set[str]:
    """Every file of the packages, as a wheel names it."""
    tops = {name.partition(".")[0] for name in packages()}
    assert tops == {"evals", "goldens", "decontam", "trainset", "finetune", "loop"}
    files = (file for top in tops for file in (ROOT / top).rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    return {file.relative_to(ROOT).as_posix() for file in files}


@pytest.mark.slow
def test_every_file_that_is_no_module_is_package_data_and_every_package_is_listed() -> None:
    covered = {
        file.relative_to(ROOT).as_posix()
        for package, patterns in project()["tool"]["setuptools"]["package-data"].items()
        for pattern in patterns
        for file in ROOT.joinpath(*package.split(".")).glob(pattern)
    }
    files, importable = package_files(), packages()
    modules = {file for file in files if file.endswith(".py") and ".".join(Path(file).parent.parts) in importable}
    assert len(importable) >= 20 and len(covered) > 100
    assert sorted(files - modules - covered) == []


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """The distributions; ``direct`` is the wheel of the checkout, ``wheel`` that of the sdist."""

    sdist: Path
    wheel: Path
    direct: Path


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Distributions of a copy of the checkout: building leaves files behind."""
    if find_spec("build") is None:
        unavailable("wheel", "the package `build` is not installed")
    folder = tmp_path_factory.mktemp("built")
    shutil.copytree(ROOT, folder / "source", ignore=NOT_SOURCE)
    for out, *what in (("both",), ("direct", "--wheel")):
        command = [sys.executable, "-m", "build", "--no-isolation", *what, "--outdir", str(folder / out), str(folder / "source")]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]
    (sdist,), (wheel,), (direct,) = ((folder / out).glob(end) for out, end in _BUILT)
    return Built(sdist=sdist, wheel=wheel, direct=direct)


_BUILT = (("both", "*.tar.gz"), ("both", "*.whl"), ("direct", "*.whl"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """An environment with the wheel, which sees the dependencies of this one, and a folder to work in."""

    programs: Path
    folder: Path

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV", "GOLDLOOP"))}
        environment = {**kept, "PATH": f"{self.programs}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "200"}
        program = str(self.programs / command[0])
        line = [program, *command[1:]]
        return subprocess.run(line, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    programs = folder / "venv" / "bin"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(programs / "python")]
    command = [*pip, "install", "--quiet", "--no-index", "--no-deps", str(built.wheel)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    (site,) = folder.glob("venv/lib/python*/site-packages")
    # A path in a .pth file is searched for modules; the .pth file of the checkout that lies there is not read.
    paths = sysconfig.get_paths()
    (site / "dependencies.pth").write_text("".join(f"{path}\n" for path in dict.fromkeys((paths["purelib"], paths["platlib"]))))
    (folder / "work").mkdir()
    return Installed(programs=programs, folder=folder / "work")


@pytest.mark.slow
def test_the_wheel_is_the_packages_and_nothing_else(built: Built) -> None:
    for wheel in (built.wheel, built.direct):
        names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
        assert names == {*package_files(), "goldloop.py"}
        assert {
            "decontam/audit/templates/audit.html.j2",
            "evals/graders/inside/driver.py",
            "evals/sandboxes/images/python.Dockerfile",
            "evals/sandboxes/seccomp.json",
            "evals/shipped/house/suite.yaml",
            "evals/toolchains/web/package-lock.json",
            "loop/examples/sql/orders/suite.yaml",
            "loop/templates/report.html.j2",
        } <= names
        assert {name.partition("/")[0] for name in names}.isdisjoint({"tests", "benchmarks", "examples", "docs"})


@pytest.mark.slow
def test_the_wheel_names_its_licence_its_command_and_its_dependencies(built: Built) -> None:
    archive = zipfile.ZipFile(built.wheel)
    folder = next(name.partition("/")[0] for name in archive.namelist() if ".dist-info/" in name)
    metadata = archive.read(f"{folder}/METADATA").decode()
    assert "License-Expression: Apache-2.0" in metadata
    assert metadata.count("Requires-Dist: ") >= len(project()["project"]["dependencies"])
    assert "goldloop = goldloop:main" in archive.read(f"{folder}/entry_points.txt").decode()
    assert f"{folder}/licenses/LICENSE" in archive.namelist()


@pytest.mark.slow
def test_the_sdist_holds_what_a_wheel_is_made_of(built: Built) -> None:
    with tarfile.open(built.sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {*package_files(), "goldloop.py", "pyproject.toml", "README.md", "LICENSE"} <= names


@pytest.mark.slow
def test_the_wheel_runs_without_the_checkout(installed: Installed) -> None:
    where = installed.run("python", "-c", "import evals, goldloop; print(goldloop.__file__); print(evals.__file__)")
    assert [str(installed.programs.parent) in line for line in where.stdout.splitlines()] == [True, True], where.stderr
    version = installed.run("goldloop", "--version")
    assert (version.returncode, version.stdout) == (0, f"goldloop {project()['project']['version']}\n"), version.stderr


@pytest.mark.slow
@pytest.mark.parametrize(("name", "rows", "code"), [("leaky", [CLEAN, LEAK], 2), ("clean", [CLEAN], 0)])
def test_the_wheel_audits_a_sample(installed: Installed, name: str, rows: list[str], code: int) -> None:
    (installed.folder / "holdout.jsonl").write_text(json.dumps({"task_id": "lamp/1", "prompt": LEAK}) + "\n")
    (installed.folder / f"{name}.jsonl").write_text("".join(json.dumps({"text": row}) + "\n" for row in rows))
    # One channel: in a new place its kernel is compiled once more, and the code channel's takes twice as long.
    files = ("--train", f"{name}.jsonl", "--holdout", "holdout.jsonl", "--out", name, "--channel", "text")
    ended = installed.run("goldloop", "audit", *files)
    assert ended.returncode == code, ended.stdout + ended.stderr
    assert (installed.folder / name / "report.html").read_text().startswith("<!")


@pytest.mark.slow
def test_the_wheel_makes_a_project_and_grades_with_the_shipped_data(installed: Installed) -> None:
    made = installed.run("goldloop", "init", "mine")
    assert made.returncode == 0, made.stderr
    assert (installed.folder / "mine" / "goldloop.yaml").is_file()
    names = ("house", "basics", "web", "mine/suites/greetings")
    code = f"import goldloop; print([len(goldloop.load_suite(name).tasks) > 2 for name in {names}])"
    assert installed.run("python", "-c", code).stdout == "[True, True, True, True]\n"
    required_sandbox("sandlock")
    proved = installed.run("goldloop", "goldens", "verify", "mine/suites/greetings")
    assert proved.returncode == 0, proved.stdout + proved.stderr


@pytest.mark.slow
def test_the_module_of_the_wheel_is_the_command_line(installed: Installed) -> None:
    required_sandbox("sandlock")
    ended = installed.run("python", "-m", "goldloop", "doctor", "--json")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    states = {finding["name"]: finding["state"] for finding in json.loads(ended.stdout)["findings"]}
    assert states["sandbox sandlock"] == "ok"
