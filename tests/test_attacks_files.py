"""Host files cannot be read, written, listed or changed, by no way around either; the harness' secrets do not leak in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import attacks_files
import pytest
from attacks_world import SANDBOXES, own_things, required, sent, still_works

pytestmark = pytest.mark.slow

_PLACES = ("/tmp", "/var/tmp", "/root", "/etc", "/usr/bin", "/sys/fs/cgroup", "/dev/shm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    outcomes: dict[str, str]
    open_files: dict[str, str]
    details: dict[str, tuple[int, int, bool]]
    strays: list[str]


@pytest.fixture(scope="module", params=SANDBOXES)
def found(request: pytest.FixtureRequest) -> Iterator[Found]:
    sandbox = required(request.param)
    with pytest.MonkeyPatch.context() as monkeypatch, own_things(monkeypatch) as own:
        outcomes = sent(attacks_files, sandbox, own.world())
        files = list((own.folder / "open").iterdir())
        strays = [f"{place}/{own.mark}" for place in _PLACES if Path(place, own.mark).exists()]
        strays += [str(path) for path in Path(own.folder.parent).glob("goldloop-attack-beside")]
        yield Found(
            outcomes=outcomes,
            open_files={path.name: path.read_text().replace(own.secret, "secret") for path in files},
            details={path.name: (path.stat().st_mode & 0o7777, path.stat().st_uid, path.stat().st_mtime > 1) for path in files},
            strays=strays,
        )
        for stray in strays:
            Path(stray).unlink()
        still_works(sandbox)


@pytest.mark.parametrize("name", attacks_files.PROBES)
def test_a_way_to_files_is_closed(found: Found, name: str) -> None:
    assert found.outcomes[name] in attacks_files.PROBES[name].held


def test_the_open_folder_is_as_it_was(found: Found) -> None:
    assert found.open_files == {"file": "secret"}
    assert found.details == {"file": (0o666, os.geteuid(), True)}


def test_nothing_was_written_elsewhere_on_the_host(found: Found) -> None:
    assert found.strays == []


def test_the_attacks_could_have_worked(monkeypatch: pytest.MonkeyPatch) -> None:
    """From outside a sandbox the same probes get through, so that a held one says something."""
    with own_things(monkeypatch) as own:
        world = own.world()
        for name in ("read_the_secret", "read_environ_of_the_victim", "write_into_an_open_folder", "truncate_a_file"):
            assert attacks_files.PROBES[name].attack(world).split()[0] in ("read", "wrote", "cut")
        assert os.environ["GOLDLOOP_ATTACK_SECRET"] == own.secret
