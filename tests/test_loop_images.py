"""The names of the images follow what is in them; building and listing them through the command line."""

from __future__ import annotations

import json
from typing import Any

import docker.errors
import pytest
from sandbox_requirements import required_sandbox, unavailable
from typer.testing import CliRunner

from evals.errors import SandboxFault
from evals.records import Limits
from evals.sandboxes import images
from evals.sandboxes.base import Job
from evals.sandboxes.builds import engine
from evals.sandboxes.docker import DockerSandbox
from evals.sandboxes.images import IMAGES, PYTHON, choose_image, image_name, stale_images
from loop.app import app
from loop.cli import main
from loop.verbs import images as verbs


class Engine:
    """What the engine answers about images, from a table of names and ids."""

    def __init__(self, **there: str) -> None:
        self.there = {name.replace("_", ":", 1): identity for name, identity in there.items()}

    def inspect_image(self, name: str) -> dict[str, str]:
        if name not in self.there:
            raise docker.errors.ImageNotFound(name)
        return {"Id": self.there[name]}

    def images(self, name: str) -> list[dict[str, Any]]:
        return [{"RepoTags": [tag]} for tag in self.there if tag.split(":")[0] == name] + [{"RepoTags": None}]


def engine_with(*names: str) -> Engine:
    made = Engine()
    made.there = {name: f"id of {name}" for name in names}
    return made


@pytest.mark.parametrize("kind", IMAGES)
def test_an_images_name_is_the_same_every_time_and_says_the_python(kind: images.ImageKind) -> None:
    assert image_name(kind) == image_name(kind)
    assert image_name(kind).startswith(f"goldloop-{kind}:{PYTHON}-")


def test_other_packages_are_another_web_image(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {kind: image_name(kind) for kind in IMAGES}
    monkeypatch.setattr(images, "read_toolchain", lambda name: {"package.json": b"{}", "package-lock.json": b"{}"})
    assert image_name("web") != before["web"]
    assert image_name("python") == before["python"]


@pytest.mark.parametrize("kind", IMAGES)
def test_another_recipe_is_another_image(monkeypatch: pytest.MonkeyPatch, kind: images.ImageKind) -> None:
    before = image_name(kind)
    monkeypatch.setattr(images, "dockerfile", lambda kind: "FROM scratch\n")
    assert image_name(kind) != before


def test_our_image_is_taken_before_the_common_one() -> None:
    ours, common = image_name("python"), f"python:{PYTHON}-slim"
    assert choose_image(engine_with(ours, common), "python") == f"id of {ours}"
    assert choose_image(engine_with(common), "python") == f"id of {common}"


def test_a_named_image_is_the_only_one_looked_for() -> None:
    with pytest.raises(SandboxFault, match="docker pull mine:1"):
        choose_image(engine_with(image_name("python")), "python", "mine:1")


@pytest.mark.parametrize("kind", IMAGES)
def test_a_stale_image_is_not_taken_and_the_message_names_the_fix(kind: images.ImageKind) -> None:
    old = f"goldloop-{kind}:{PYTHON}-0123456789ab"
    with pytest.raises(SandboxFault, match=rf"{image_name(kind)}.*{old}.*goldloop images build"):
        choose_image(engine_with(old), kind)


def test_a_tag_of_somebodys_own_is_not_stale() -> None:
    mine = ("goldloop-python:test", "goldloop-python:2024-special", image_name("python"))
    assert stale_images(engine_with(*mine), "python") == []


@pytest.mark.parametrize("verb", ["build", "list"])
def test_every_verb_has_an_example(verb: str) -> None:
    said = CliRunner().invoke(app, ["images", verb, "--help"])
    assert said.exit_code == 0
    assert f"Example: goldloop images {verb}" in said.output
    assert "--json" in said.output


def test_an_unknown_kind_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["images", "build", "--only", "ruby"])
    assert ended.value.code == 4
    assert "expected python, web" in capsys.readouterr().err


def test_without_an_engine_the_message_names_the_fix(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    with pytest.raises(SystemExit) as ended:
        main(["images", "list"])
    assert ended.value.code == 4
    assert "start dockerd or set DOCKER_HOST" in capsys.readouterr().err


@pytest.mark.docker
def test_the_list_says_what_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    required_sandbox("docker")
    with pytest.raises(SystemExit) as ended:
        main(["images", "list", "--json"])
    assert ended.value.code == 0
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert {row["image"] for row in found["images"]} >= {image_name(kind) for kind in IMAGES}
    assert "next: goldloop" in said.err


@pytest.fixture
def built() -> DockerSandbox:
    """The sandbox on the images by their own names, which .ci/docker.sh builds."""
    found = required_sandbox("docker")
    assert isinstance(found, DockerSandbox)
    with engine() as api:
        for kind in IMAGES:
            try:
                choose_image(api, kind)
            except SandboxFault as fault:
                unavailable("docker", f"{fault} (.ci/docker.sh builds them)")
    return DockerSandbox()


@pytest.mark.docker
def test_building_what_is_there_runs_each_image_and_names_its_version(
    built: DockerSandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    built.close()
    with pytest.raises(SystemExit) as ended:
        main(["images", "build", "--offline", "--json"])
    assert ended.value.code == 0
    rows = {row["kind"]: row for row in json.loads(capsys.readouterr().out)["images"]}
    assert rows["python"]["version"].startswith(f"Python {PYTHON}.")
    assert rows["web"]["version"].startswith("v")
    assert verbs.images_app.info.help


@pytest.mark.docker
def test_a_component_is_tested_in_the_web_image(built: DockerSandbox) -> None:
    test = (
        b"import { expect, test } from 'vitest'\nimport React from 'react'\n"
        b"import { render, screen } from '@testing-library/react'\n"
        b"test('shows', () => { render(<b>hi</b>); expect(screen.getByText('hi')).toBeTruthy() })\n"
    )
    job = Job(
        files={"a.test.tsx": test, "package.json": b'{"type": "module"}'},
        command=("{node}", "{web}/node_modules/vitest/vitest.mjs", "run", "--environment=jsdom", "--reporter=json",
                 "--outputFile=report.json"),
        toolchain="web",
        outputs=("report.json",),
        limits=Limits(wall_seconds=120.0, memory_mb=1024, processes=64),
    )  # fmt: skip
    try:
        outcome = built.run(job)
    finally:
        built.close()
    assert outcome.exit_code == 0, outcome
    report = json.loads(outcome.files["report.json"])
    assert (report["numPassedTests"], report["numFailedTests"]) == (1, 0)


@pytest.mark.docker
def test_node_finds_its_loopback_and_what_it_uses(built: DockerSandbox) -> None:
    source = (
        "const net = require('net'); const s = net.createServer(c => c.end('hi')).listen(4000, '127.0.0.1', () => "
        "net.connect(4000, '127.0.0.1').on('data', d => { console.log(`${d} ${process.memoryUsage().rss > 0}`); s.close() }))"
    )
    try:
        outcome = built.run(Job(files={}, command=("{node}", "-e", source), limits=Limits(wall_seconds=30.0), toolchain="node"))
    finally:
        built.close()
    assert outcome.stdout == b"hi true\n", outcome
