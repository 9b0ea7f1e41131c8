"""System calls, other processes, identity and limits: what the kernel would do for a job, a sandbox refuses."""

from __future__ import annotations

from collections.abc import Iterator

import attacks_syscalls
import pytest
from attacks_world import SANDBOXES, own_things, required, sent, still_works

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=SANDBOXES)
def outcomes(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """All probes in one job: a start for each would take minutes."""
    sandbox = required(request.param)
    with pytest.MonkeyPatch.context() as monkeypatch, own_things(monkeypatch) as own:
        yield sent(attacks_syscalls, sandbox, own.world())
        still_works(sandbox)


@pytest.mark.parametrize("name", attacks_syscalls.PROBES)
def test_a_system_call_is_held(outcomes: dict[str, str], name: str) -> None:
    assert outcomes[name] in attacks_syscalls.PROBES[name].held
