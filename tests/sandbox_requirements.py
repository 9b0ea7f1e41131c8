"""What this machine has. A test of what is missing skips and says why, unless GOLDLOOP_REQUIRE names it."""

from __future__ import annotations

import os
from functools import cache
from typing import NoReturn

import pytest

from evals.errors import SandboxFault
from evals.records import Task
from evals.sandboxes import make_sandbox, self_test
from evals.sandboxes.base import Sandbox
from evals.toolchains import find_toolchain

IMAGE = os.environ.get("GOLDLOOP_TEST_IMAGE", "goldloop-python:test")


def unavailable(what: str, why: str) -> NoReturn:
    """Skip, or fail where GOLDLOOP_REQUIRE (a comma list) names the component."""
    if what in os.environ.get("GOLDLOOP_REQUIRE", "").split(","):
        pytest.fail(f"GOLDLOOP_REQUIRE names {what}, but {why}", pytrace=False)
    pytest.skip(f"needs {what}: {why}")


@cache
def _opened(name: str) -> Sandbox | str:
    try:
        return make_sandbox(name, **({"image": IMAGE} if name == "docker" else {}))
    except SandboxFault as fault:
        return str(fault)


_self_tests: dict[tuple[type[Sandbox], str], list[str]] = {}


def self_test_once(opened: Sandbox) -> list[str]:
    """``self_test`` for what stands above a sandbox and opens many of one kind: the first one of this process is tested."""
    kind = (type(opened), opened.tier)
    if kind not in _self_tests:
        _self_tests[kind] = self_test(opened)
    return _self_tests[kind]


def required_sandbox(name: str) -> Sandbox:
    """The sandbox, one for all tests; skips the test where there is none, or fails it where GOLDLOOP_REQUIRE has it."""
    found = _opened(name)
    if not isinstance(found, str):
        return found
    unavailable(name, f"{found} (.ci/docker.sh sets one up)" if name == "docker" else found)


def required_for(task: Task, name: str) -> Sandbox:
    """The sandbox for a task; skips its test, or fails it, where a component has no web toolchain to run in."""
    sandbox = required_sandbox(name)
    is_component = task.kind == "tests" and task.language != "python"
    if name != "docker" and is_component and find_toolchain("web") is None:
        unavailable("web", "no web toolchain here: goldloop images build")
    return sandbox
