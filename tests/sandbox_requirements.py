"""What this machine has. A test of what is missing skips and says why, unless GOLDLOOP_REQUIRE names it."""

from __future__ import annotations

import os
from functools import cache
from typing import NoReturn

import pytest

from evals.errors import SandboxFault
from evals.sandboxes import make_sandbox
from evals.sandboxes.base import Sandbox

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


def required_sandbox(name: str) -> Sandbox:
    """The sandbox, one for all tests; skips the test where there is none, or fails it where GOLDLOOP_REQUIRE has it."""
    found = _opened(name)
    if not isinstance(found, str):
        return found
    unavailable(name, f"{found} (.ci/docker.sh sets one up)" if name == "docker" else found)
