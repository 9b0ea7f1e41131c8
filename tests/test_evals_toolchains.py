import json
import re
import subprocess
from pathlib import Path

import pytest
from sandbox_requirements import unavailable

from evals import toolchains
from evals.errors import SandboxFault
from evals.toolchains import build_toolchain, find_toolchain, read_toolchain, toolchain_digest, toolchain_folder

FAKE_NPM = """#!/bin/sh
mkdir -p node_modules/vitest && echo "$@" > node_modules/vitest/arguments
"""
BROKEN_NPM = "#!/bin/sh\nmkdir -p node_modules\necho 'npm error E404 no such package' >&2\nexit 1\n"
NODE = "#!/bin/sh\necho v22.13.0\n"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with an empty cache and programs of our own."""
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    monkeypatch.setenv("GOLDLOOP_TOOLCHAINS", str(tmp_path / "cache"))
    monkeypatch.setattr(
        "evals.toolchains.shutil.which", lambda name: str(programs / name) if (programs / name).is_file() else None
    )
    return programs


def program(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)


def test_a_toolchain_is_built_once(machine: Path) -> None:
    program(machine, "npm", FAKE_NPM)
    program(machine, "node", NODE)
    assert find_toolchain("web") is None
    folder = build_toolchain("web")
    (machine / "npm").unlink()
    assert build_toolchain("web") == find_toolchain("web") == folder
    assert "--ignore-scripts" in (folder / "node_modules/vitest/arguments").read_text()
    assert (folder / "package-lock.json").read_bytes() == read_toolchain("web")["package-lock.json"]


def test_a_failed_installation_leaves_nothing(machine: Path) -> None:
    program(machine, "npm", BROKEN_NPM)
    program(machine, "node", NODE)
    with pytest.raises(SandboxFault, match=r"npm ci .* failed with exit code 1: npm error E404 .*npm config get registry"):
        build_toolchain("web")
    assert find_toolchain("web") is None
    assert list(toolchain_folder("web").parent.iterdir()) == []


def test_a_folder_without_its_marker_is_no_toolchain_and_is_replaced(machine: Path) -> None:
    program(machine, "npm", FAKE_NPM)
    program(machine, "node", NODE)
    (toolchain_folder("web") / "node_modules").mkdir(parents=True)
    assert find_toolchain("web") is None
    assert (build_toolchain("web") / "node_modules/vitest").is_dir()


def test_a_missing_npm_is_named_with_the_fix(machine: Path) -> None:
    program(machine, "node", NODE)
    with pytest.raises(SandboxFault, match=r"npm was not found on PATH; install Node\.js 20\.19"):
        build_toolchain("web")


def test_an_old_node_is_named_with_its_version(machine: Path) -> None:
    program(machine, "npm", FAKE_NPM)
    program(machine, "node", "#!/bin/sh\necho v18.20.1\n")
    with pytest.raises(SandboxFault, match=r"is v18\.20\.1; install Node\.js 20\.19"):
        build_toolchain("web")


def test_an_unknown_toolchain_is_refused_with_those_that_are() -> None:
    with pytest.raises(SandboxFault, match="'cobol': there is none; there are: web"):
        find_toolchain("cobol")


def test_the_folder_carries_the_digest_of_the_files(monkeypatch: pytest.MonkeyPatch) -> None:
    before = toolchain_digest("web")
    assert toolchain_folder("web").name == f"web-{before.removeprefix('b2:')[:16]}"
    monkeypatch.setattr(toolchains, "read_toolchain", lambda name: {"package.json": b"{}"})
    assert toolchain_digest("web") != before


def test_every_version_is_exact_and_every_package_has_its_digest() -> None:
    files = read_toolchain("web")
    wanted = json.loads(files["package.json"])["dependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values()), wanted
    packages = json.loads(files["package-lock.json"])["packages"]
    assert all(package.get("integrity", "").startswith("sha512-") for name, package in packages.items() if name)
    assert {name: packages[f"node_modules/{name}"]["version"] for name in wanted} == wanted


def test_the_lock_file_names_no_address() -> None:
    assert b"http" not in read_toolchain("web")["package-lock.json"]


def test_the_type_checker_and_the_linter_of_the_built_toolchain_start() -> None:
    folder = find_toolchain("web")
    if folder is None:
        unavailable("web", "the web toolchain is not built here")
    for tool in ("typescript/bin/tsc", "eslint/bin/eslint.js"):
        done = subprocess.run(["node", str(folder / "node_modules" / tool), "--version"], capture_output=True, text=True)
        assert re.search(r"\d+\.\d+\.\d+", done.stdout), (tool, done.stderr)
