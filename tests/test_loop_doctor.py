from __future__ import annotations

from pathlib import Path

import pytest

from evals.errors import SandboxFault
from loop import doctor


@pytest.mark.slow
def test_the_doctor_looks_at_everything_a_run_needs(tmp_path: Path, sandbox: object) -> None:
    findings = {finding.name: finding for finding in doctor.examine(tmp_path)}
    assert {"python", "memory", "disk", "gpu", "model", "node", "web toolchain"} <= findings.keys()
    assert {"sandbox sandlock", "sandbox docker"} <= findings.keys()
    assert findings["sandbox sandlock"].state == "ok"
    assert all(finding.fix for finding in findings.values() if finding.state != "ok")


def test_without_any_sandbox_a_machine_is_not_healthy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(name: str) -> None:
        raise SandboxFault("not on this kernel")

    monkeypatch.setattr(doctor, "make_sandbox", none)
    findings = doctor.examine(tmp_path)
    assert not doctor.healthy(findings)
    assert any("pip install sandlock" in finding.fix for finding in findings)
