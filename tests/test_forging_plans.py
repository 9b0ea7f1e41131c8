"""Answers that look for what the checks bring along, or whose values are run as code by the checks."""

from __future__ import annotations

import pytest
from sandbox_requirements import required_sandbox

from evals.checks import parse_checks
from evals.graders.needs import running
from evals.graders.referee import weak_steps
from evals.graders.values import ValueGrader
from evals.records import Task, Verdict

STACK = "class Stack:\n    def __init__(self): self.items = []\n    def push(self, x): self.items.append(x)\n"
DIGITS = STACK + "def name(n): return ['zero', 'one', 'two'][n]\n"
LOOKS = STACK + (
    "def name(n):\n"
    "    def found(value, depth=0):\n"
    "        if isinstance(value, dict) and n in value: return value[n]\n"
    "        if isinstance(value, (list, tuple)) and len(value) == 2 and value[0] == n and isinstance(value[1], str):\n"
    "            return value[1]\n"
    "        code = getattr(value, '__code__', None)\n"
    "        parts = value if isinstance(value, (list, tuple)) else getattr(code, 'co_consts', ())\n"
    "        for part in parts:\n"
    "            if depth < 4 and (got := found(part, depth + 1)): return got\n"
    "    for value in list(globals().values()):\n"
    "        if got := found(value): return got\n"
    "    return ''\n"
)
LOOP = "s = Stack()\nfor x in range(2):\n    s.push(x)\n    assert len(s.items) == x + 1\n"


def task(checks: str, golden: str, **changes: object) -> Task:
    head = {"id": "t", "suite": "s", "split": "train", "group": "g", "prompt": "p", "golden": golden, "checks": checks}
    return Task.model_validate({**head, **changes})


def graded(checks: str, golden: str, code: str) -> Verdict:
    return ValueGrader().grade(task(checks, golden), code, required_sandbox("sandlock"))


@pytest.mark.parametrize(
    "checks",
    [
        "CASES = [(0, 'zero'), (1, 'one'), (2, 'two')]\nfor n, want in CASES:\n    assert name(n) == want\n" + LOOP,
        "NAMES = {0: 'zero', 2: 'two'}\nfor n in NAMES:\n    assert name(n) == NAMES[n]\n" + LOOP,
        "def check(f):\n    for n, want in ((0, 'zero'), (2, 'two')):\n        assert f(n) == want\ncheck(name)\n" + LOOP,
        "CASES = [(0, 'zero'), (2, 'two')]\nassert name(0) == 'zero'\nassert name(2) == 'two'\n" + LOOP,
        "CASES = [(0, 'zero'), (2, 'two')]\nassert name(CASES[0][0]) == 'zero'\nassert name(CASES[1][0]) == 'two'\n",
        "class Helper:\n    rows = [(0, 'zero'), (2, 'two')]\nfor n, want in Helper.rows:\n    assert name(n) == want\n" + LOOP,
    ],
)
def test_what_the_checks_set_up_is_not_where_the_answer_is_asked(checks: str) -> None:
    assert graded(checks, DIGITS, DIGITS).passed
    assert graded(checks, DIGITS, LOOKS).status == "fail"


FORMULA = "def formula(n): return ' + '.join(str(k) for k in range(1, n + 1))\n"
EVALUATES = "for n in (2, 3, 7):\n    assert eval(formula(n), {}) == n * (n + 1) // 2\nassert formula(2) == '1 + 2'\n"
ALWAYS = "def formula(n): return '1 + 2' if n == 2 else \"type('A', (), {'__eq__': lambda s, o: True})()\"\n"


def test_a_check_that_evaluates_what_an_answer_returned_is_listed_and_counted() -> None:
    assert [text.partition(":")[0] for text in weak_steps(task(EVALUATES, FORMULA), required_sandbox("sandlock"))] == ["line 1"]
    honest, forged = graded(EVALUATES, FORMULA, FORMULA), graded(EVALUATES, FORMULA, ALWAYS)
    assert honest.passed
    assert honest.evidence["inside"] == 1
    assert not honest.trusted
    assert not forged.trusted


def test_a_check_beside_one_that_evaluates_is_not_taken_over() -> None:
    checks = EVALUATES + "for n in (3, 4):\n    assert len(formula(n).split(' + ')) == n\n"
    taking = (
        "def formula(n):\n    if n == 2: return '1 + 2'\n    return \"__import__('builtins').__dict__.update(len=lambda x: 4)\"\n"
    )
    assert graded(checks, FORMULA, FORMULA).passed
    assert graded(checks, FORMULA, taking).status == "fail"


@pytest.mark.parametrize(
    ("checks", "found"),
    [
        ("assert f(1) == 2\nassert eval(f(2)) == 3", {1}),
        ("import pickle\nfor x in (1, 2):\n    assert pickle.loads(f(x)) == x\nassert f(1)", {0, 1}),
        ("def value(x):\n    return eval(f(x))\nassert value(1) == 2\nassert f(1) == '2'", {0, 1}),
        ("from pickle import loads as read\nxs = [read(f(1))]\nassert xs[0] == 1\nassert f(2) == b''", {0, 1, 2}),
        ("import re\nassert re.compile(f(1)).match('a')\nassert f(1) == 'a'", set()),
        ("import json\nassert json.loads(f(1)) == 1", set()),
    ],
)
def test_steps_that_may_run_data_as_code_are_known_by_their_names(checks: str, found: set[int]) -> None:
    assert running(parse_checks(checks, "here")) == found
