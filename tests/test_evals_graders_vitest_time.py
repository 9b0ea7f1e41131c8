"""A test of vitest ends by what it does itself: waiting for nothing fails it alone, beside others that pass."""

from __future__ import annotations

import pytest
from sandbox_requirements import required_for

from evals.graders import grade
from evals.records import Limits, Task

pytestmark = pytest.mark.slow

TESTS = """import { expect, test } from 'vitest';
import { after, total } from '../src/total';
test('adds the prices', () => { expect(total([1, 2, 3])).toBe(6); });
test('waits for the sum', async () => { expect(await after([4])).toBe(4); });
"""
TOTAL = "export const total = (xs: number[]): number => xs.reduce((a, b) => a + b, 0);\n"
GOLDEN = TOTAL + "export const after = async (xs: number[]) => total(xs);\n"
TASK = Task(
    id="v", suite="s", split="dev", group="g", prompt="p", kind="tests", language="typescript", entry="src/total.ts",
    golden=GOLDEN, tests={"tests/total.test.ts": TESTS}, limits=Limits(wall_seconds=120.0, memory_mb=2048, processes=64),
)  # fmt: skip


def test_an_answer_in_time_passes() -> None:
    assert grade(TASK, GOLDEN, required_for(TASK, "sandlock")).passed


def test_a_promise_without_an_end_fails_its_own_test() -> None:
    code = TOTAL + "export const after = (xs: number[]) => new Promise<number>(() => undefined);\n"
    found = grade(TASK, code, required_for(TASK, "sandlock"))
    assert (found.status, found.reason) == ("fail", "tests_failed"), found
    (failed,) = found.evidence["failed"]
    assert failed["test"].endswith("waits for the sum")
    assert "of its own time" in failed["message"]
