"""Which sandboxes this machine has. A test of a missing one skips and says why, unless GOLDLOOP_REQUIRE names it."""

from __future__ import annotations

import os
from functools import cache

import pytest

from evals.errors import SandboxFault
from evals.sandboxes import make_sandbox
from evals.sandboxes.base import Sandbox

IMAGE = os.environ.get("GOLDLOOP_TEST_IMAGE", "goldloop-python:test")


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
    if name in os.environ.get("GOLDLOOP_REQUIRE", "").split(","):
        pytest.fail(f"GOLDLOOP_REQUIRE names {name}, but {found}", pytrace=False)
    pytest.skip(f"no {name} here: {found} (.ci/docker.sh sets one up)" if name == "docker" else f"no {name}: {found}")
