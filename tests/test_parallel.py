"""The list of files that go first or together names files that are there, and the kernels are compiled before the first test."""

from __future__ import annotations

from pathlib import Path

import parallel


def test_every_file_that_has_a_place_is_there() -> None:
    here = {path.name for path in Path(__file__).parent.glob("test_*.py")}
    assert {*parallel.FIRST, *parallel.TOGETHER, *parallel.APART} <= here
    assert not parallel.APART & {*parallel.FIRST, *parallel.TOGETHER}
    assert len(parallel.FIRST) == len(set(parallel.FIRST))


def test_files_are_whole_and_those_that_must_not_meet_are_one() -> None:
    scopes = [
        parallel.scope_of(f"tests/{name}::test_x[a::b]") for name in ("test_attacks.py", "test_decontam_audit.py", "test_a.py")
    ]
    assert scopes == ["attacks", "attacks", "tests/test_a.py"]


def test_the_cases_of_one_task_are_one_and_those_of_two_are_two() -> None:
    cases = [f"tests/test_shipped_web.py::{test}" for test in ("test_a[one]", "test_b[one]", "test_b[two]", "test_c", "test_d")]
    assert [len({parallel.scope_of(case) for case in cases[:end]}) for end in range(1, 6)] == [1, 1, 2, 3, 3]


def test_no_kernel_is_left_to_compile() -> None:
    assert parallel.is_compiled()
