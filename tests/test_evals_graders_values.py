"""The value judge: a report taken strictly, comparators, and checks that are decided where no candidate is."""

from __future__ import annotations

import datetime
import json
import math
import types
from array import array
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sandbox_requirements import required_sandbox

from evals.checks import parse_checks
from evals.errors import SandboxFault, TaskFault
from evals.graders.base import inside
from evals.graders.codec import Comparator, Opaque, comparator, decode, parse_comparator
from evals.graders.python import PythonRuntime, source_of
from evals.graders.referee import weak_steps
from evals.graders.reports import is_raised, judge, read_report
from evals.graders.values import ValueGrader
from evals.records import Task, Verdict
from evals.sandboxes.base import Job, Outcome
from evals.suites import load_suite

driver = types.ModuleType("driver")
exec(inside("driver.py"), driver.__dict__)
LOAD, END = {"load": None}, {"end": True}
EXACT = parse_comparator("exact", "")


def task(checks: str, golden: str = "", **more: Any) -> Task:
    return Task(id="t", suite="s", split="dev", group="t", prompt="p", golden=golden, checks=checks, **more)


def graded(code: str, checks: str, golden: str = "", **more: Any) -> Verdict:
    return ValueGrader().grade(task(checks, golden, **more), code, required_sandbox("sandlock"))


def outcome(*records: object, tail: str = "", **more: Any) -> Outcome:
    text = "".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in records) + tail
    values = {"exit_code": 0, "stderr": b"", "timed_out": False, "killed": False, "truncated": False, "wall_seconds": 0.1, **more}
    return Outcome(stdout=text.encode(), **values)


def step(number: int, value: object = 2) -> dict[str, object]:
    return {"step": number, "value": value}


TWO_STEPS = parse_checks("assert f(1) == 2\nassert f(3) == 2")


@pytest.mark.parametrize(
    "found",
    [
        outcome(LOAD, step(1), step(0), END),
        outcome(LOAD, step(0), step(0), step(1), END),
        outcome(LOAD, step(0), step(1), step(2), END),
        outcome(LOAD, step(0), END),
        outcome(LOAD, step(0), step(1), END, END),
        outcome(LOAD, step(0), step(1), END, "hello"),
        outcome(LOAD, step(0), step(1), END, tail="x"),
        outcome(LOAD, LOAD, step(0), step(1), END),
        outcome(step(0), LOAD, step(1), END),
        outcome("hello", LOAD, step(0), step(1), END),
        outcome(LOAD, step(0), {**step(1), "raised": ["builtins.ValueError"]}, END),
        outcome(LOAD, step(0), {"step": 1}, END),
        outcome(LOAD, {"step": False, "value": 2}, step(1), END),
        outcome(LOAD, {"step": 0.0, "value": 2}, step(1), END),
        outcome(LOAD, step(0), step(1), {"end": True, "more": 1}),
        outcome({"load": {"raised": ["builtins.ValueError"]}}, step(0), step(1), END),
        outcome({"load": True}, step(0), step(1), END),
    ],
)
def test_a_report_that_no_driver_writes_is_forged(found: Outcome) -> None:
    status, reason, _ = judge(TWO_STEPS, read_report(found, 2), EXACT)
    assert (status, reason) == ("fail", "forged_report")


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (outcome(LOAD, step(0), step(1), END, exit_code=1), "exited_early"),
        (outcome(LOAD, step(0), step(1)), "exited_early"),
        (outcome(LOAD, step(0), exit_code=3), "exited_early"),
        (outcome(), "exited_early"),
        (outcome(LOAD, step(0), timed_out=True, tail='{"step'), "time"),
        (outcome(LOAD, step(0), step(1), END, timed_out=True), "time"),
        (outcome(LOAD, step(0), killed=True, exit_code=137), "memory"),
        (outcome(LOAD, step(0), truncated=True, tail='{"step":1,"val'), "output_flood"),
        (outcome(LOAD, step(0, 5), timed_out=True), "wrong_value"),
    ],
)
def test_a_report_cut_short_is_never_a_pass(found: Outcome, reason: str) -> None:
    assert judge(TWO_STEPS, read_report(found, 2), EXACT)[:2] == ("fail", reason)


@pytest.mark.parametrize("name", ["pass\n", "x" * 5000, "a b", "", "candidate."])
def test_a_forged_class_name_becomes_no_part_of_a_verdict(name: str) -> None:
    raised = {"raised": [name], "message": "m" * 5000, "check": "x" * 5000}
    for found in (outcome({"load": raised}), outcome(LOAD, {"step": 0, **raised}, step(1), END)):
        status, reason, evidence = judge(TWO_STEPS, read_report(found, 2), EXACT)
        assert (status, reason) == ("fail", "exception:Exception")
        assert len(str(evidence)) < 1000


def test_a_whole_report_is_a_pass() -> None:
    assert judge(TWO_STEPS, read_report(outcome(LOAD, step(0), step(1), END), 2), EXACT)[:2] == ("pass", "pass")


@given(st.lists(st.sampled_from([LOAD, END, step(0), step(1), step(0, 3), {"step": 0}, [], None, "{"]), max_size=7))
def test_only_one_sequence_of_records_passes(records: list[Any]) -> None:
    passed = judge(TWO_STEPS, read_report(outcome(*records), 2), EXACT)[0] == "pass"
    assert passed == (records == [LOAD, step(0), step(1), END])


@pytest.mark.parametrize(
    ("name", "raised", "accepted"),
    [
        ("ValueError", ["builtins.ValueError", "builtins.Exception"], True),
        ("ValueError", ["candidate.ValueError", "builtins.Exception"], False),
        ("Exception", ["candidate.Empty", "builtins.Exception"], True),
        ("IOError", ["builtins.FileNotFoundError", "builtins.OSError"], True),
        ("Empty", ["candidate.Empty", "builtins.Exception"], True),
        ("Empty", ["candidate.Stack.Empty", "builtins.Exception"], True),
        ("JSONDecodeError", ["json.decoder.JSONDecodeError", "builtins.ValueError"], True),
        ("Empty", ["builtins.Exception"], False),
        ("TypeError", ["TypeError", "Error"], True),
        ("RangeError", ["RangeError", "Error"], True),
    ],
)
def test_a_check_names_the_class_that_it_means(name: str, raised: list[str], accepted: bool) -> None:
    assert is_raised(name, raised) is accepted


def test_a_class_of_the_candidate_that_the_check_names_counts() -> None:
    code = "class Empty(Exception): pass\ndef f(x): raise Empty('none')"
    assert graded(code, "with raises(Empty):\n    f(1)").passed


def test_an_exception_made_to_suit_every_check_suits_none() -> None:
    code = "class Any(ValueError, TypeError, KeyError): pass\ndef f(x): raise Any('none')"
    assert graded(code, "with raises(ValueError):\n    f(1)").reason == "wrong_exception"
    honest = "class Missing(KeyError, AttributeError): pass\ndef f(x): raise Missing('none')"
    assert graded(honest, "with raises(KeyError):\n    f(1)").passed


def test_the_driver_is_not_told_what_a_step_is_a_check_of() -> None:
    runtime = PythonRuntime()
    sources = ["assert f(1) == 2", "assert f(1)", "with raises(ValueError):\n    f(1)", "assert f(1) == approx(2)"]
    jobs = {runtime.job(task(one), "x", parse_checks(one)).files["job.bin"] for one in sources}
    assert len(jobs) == 1


def test_the_driver_is_the_same_file_for_every_task() -> None:
    runtime = PythonRuntime()
    drivers = {runtime.job(task(one), one, parse_checks(one)).files["driver.py"] for one in ("assert f(1)", "assert g(2) == 3")}
    assert len(drivers) == 1


def test_no_expected_value_is_in_the_job() -> None:
    checks = "assert f(1) == 'sesame'\nassert f(2) == approx(271828)"
    job = PythonRuntime().job(task(checks), "def f(x): pass", parse_checks(checks))
    assert not any(word in data for data in job.files.values() for word in (b"sesame", b"271828"))


FUNCTION = "def f(x):\n    return x + 1\n"


@pytest.mark.parametrize(
    "checks",
    [
        "assert f(1) != 1",
        "assert 1 < f(1) <= 2",
        "assert f(1) in (1, 2)",
        "assert f(1) is not None",
        "assert isinstance(f(1), int)",
        "assert f(1) == 2 or f(1) == 3",
        "assert all(f(x) > x for x in range(5))",
        "for x in range(3):\n    assert f(x) == x + 1",
        "def near(x):\n    assert abs(f(x) - x) <= 1\nnear(4)",
        "try:\n    f('a')\nexcept TypeError:\n    pass\nelse:\n    assert False",
        "import random\nx = random.random()\nassert f(x) - x > 0.5",
        "x = 0\nfor _ in range(20):\n    x = f(x)\nassert x == 20 and f(x) > x",
    ],
)
def test_checks_that_need_code_are_decided_without_the_candidate(checks: str) -> None:
    assert weak_steps(task(checks, FUNCTION), required_sandbox("sandlock")) == []
    assert graded(FUNCTION, checks, FUNCTION).passed
    cheat = (
        "import builtins\nbuiltins.isinstance = builtins.all = builtins.abs = lambda *a: 1\n"
        "class Any:\n    def __eq__(s, o): return True\n"
        "    def __lt__(s, o): return True\n    __le__ = __gt__ = __ge__ = __lt__\n"
        "    def __sub__(s, o): return s\n    def __rsub__(s, o): return s\n    __hash__ = None\ndef f(x): return Any()\n"
    )
    if checks not in {"assert f(1) != 1", "assert f(1) is not None"}:  # these hold
        assert graded(cheat, checks, FUNCTION).status == "fail"


def test_an_answer_that_differs_from_the_goldens_is_asked_further() -> None:
    golden = "def step(x):\n    return x + 1\n"
    checks = "x = 0\nwhile x < 5:\n    y = step(x)\n    assert y > x\n    x = y"
    assert graded("def step(x):\n    return x + 2\n", checks, golden).passed
    assert graded("def step(x):\n    return x - (x == 4)\n", checks, golden).reason == "wrong_value"


def test_an_answer_that_leads_on_for_ever_is_a_fail() -> None:
    golden = "def step(x):\n    return 100\n"
    checks = "x = 0\nwhile x < 100:\n    y = step(x)\n    assert y > x\n    x = y"
    assert graded("def step(x):\n    return x + 1\n", checks, golden).status == "unsettled"


def test_arguments_changed_in_place_are_seen() -> None:
    golden = "def tidy(items, seen):\n    items.sort()\n    seen['n'] = len(items)\n"
    checks = "a = [3, 1]\nb = {}\ntidy(a, seen=b)\nassert all(x <= y for x, y in zip(a, a[1:]))\nassert b == dict(n=len(a))"
    assert graded(golden, checks, golden).passed
    assert graded("def tidy(items, seen):\n    items.sort()\n", checks, golden).reason == "wrong_value"


def test_iterators_cross_as_what_they_yield() -> None:
    golden = "def f(n):\n    return [x for x in range(n)]\n"
    checks = "assert all(a == b for a, b in zip(f(3), range(3)))\nassert len(list(f(4))) == 4"
    assert graded("def f(n):\n    yield from range(n)\n", checks, golden).passed
    assert graded("def f(n):\n    yield from range(1, n)\n", checks, golden).reason == "wrong_value"


def test_equal_calls_get_their_own_answers() -> None:
    golden = "count = 0\ndef tick():\n    global count\n    count += 1\n    return count\n"
    checks = "assert [tick() for _ in range(3)] == list(range(1, 4))"
    assert graded(golden, checks, golden).passed
    assert not graded("def tick():\n    return 1\n", checks, golden).passed


def test_exceptions_cross_with_their_class_and_message() -> None:
    golden = "def f(x):\n    raise LookupError('no ' + x)\n"
    checks = "try:\n    f('bread')\nexcept LookupError as error:\n    assert 'bread' in str(error)\nelse:\n    assert False"
    assert graded(golden, checks, golden).passed
    assert graded("class Gone(KeyError): pass\ndef f(x):\n    raise Gone(x)\n", checks, golden).passed
    assert not graded("def f(x):\n    raise ValueError(x)\n", checks, golden).passed


CLASS = "class Stack:\n    def __init__(self):\n        self.items = []\n    def push(self, x):\n        self.items.append(x)\n"


def test_checks_of_instances_stay_inside_and_are_counted() -> None:
    checks = "s = Stack()\nfor x in range(3):\n    s.push(x)\n    assert len(s.items) == x + 1"
    assert weak_steps(task(checks, CLASS), required_sandbox("sandlock")) == [f"line 2: {checks.split(chr(10), 1)[1]}"]
    assert graded(CLASS, checks, CLASS).evidence["inside"] == 1


def test_values_of_instances_are_compared_outside() -> None:
    checks = "s = Stack()\ns.push(4)\nassert s.items == [4]\nassert s.items[0] == 4"
    assert weak_steps(task(checks, CLASS), required_sandbox("sandlock")) == []
    assert "inside" not in graded(CLASS, checks, CLASS).evidence


def test_only_what_needs_the_candidate_stays_with_it() -> None:
    golden = CLASS + FUNCTION
    checks = "s = Stack()\ns.push(f(1))\nassert s.items == [2]\nfor x in range(3):\n    assert f(x) > x"
    assert weak_steps(task(checks, golden), required_sandbox("sandlock")) == []
    assert graded(golden, checks, golden).passed
    lying = (
        golden + "class Any(int):\n    def __gt__(self, other): return True\ng = f\ndef f(x): return 2 if x == 1 else Any(0)\n"
    )
    assert graded(lying, checks, golden).reason == "wrong_value"


class Broken:
    name = tier = "broken"

    def run(self, job: Job) -> Outcome:
        raise SandboxFault("no machine")

    def close(self) -> None:
        pass


@pytest.mark.parametrize("checks", ["assert f(1) == 2", "assert f(1) != 1"])
def test_a_fault_of_the_sandbox_is_an_error_and_not_a_fail(checks: str) -> None:
    found = ValueGrader().grade(task(checks, FUNCTION), FUNCTION, Broken())
    assert (found.status, found.reason) == ("error", "sandbox")


def ready(text: str) -> Comparator:
    return parse_comparator(text, "here")


@pytest.mark.parametrize(
    ("compare", "got", "expected", "same"),
    [
        ("exact", True, 1, True),
        ("exact", 1, 1.0, True),
        ("exact", -0.0, 0.0, True),
        ("exact", math.nan, math.nan, False),
        ("exact", (1,), [1], False),
        ("approx", 1.0000001, 1.0, True),
        ("approx", [1.0, {"a": 2.0000001}], [1, {"a": 2}], True),
        ("approx", [1.0, 2.0], (1.0, 2.0), False),
        ("approx", [1.0], [1.0, 1.0], False),
        ("approx", math.nan, math.nan, True),
        ("approx", math.inf, math.inf, True),
        ("approx", math.inf, -math.inf, False),
        ("approx", math.inf, 1.0, False),
        ("approx", "1.0", 1.0, False),
        ("approx", True, 1.0, True),
        ("approx", True, 1.0000001, False),
        ("approx", Decimal("1.0"), 1.0, True),
        ("approx", Opaque("x"), 1.0, False),
        ("approx(rtol=0.1)", 1.09, 1.0, True),
        ("approx(rtol=0.1)", 1.2, 1.0, False),
        ("approx(atol=0.5, rtol=0)", 1.4, 1.0, True),
        ("unordered", [2, 1], [1, 2], True),
        ("unordered", [[2], [1]], [[1], [2]], True),
        ("unordered", [1, 1, 2], [1, 2, 2], False),
        ("unordered", (2, 1), [1, 2], False),
        ("unordered", "ba", "ab", False),
    ],
)
def test_comparators_are_what_they_are_documented_to_be(compare: str, got: object, expected: object, same: bool) -> None:
    assert ready(compare).matches(got, expected) is same


@pytest.mark.parametrize(
    ("compare", "message"),
    [
        ("close", None),
        ("approx(rtol=-1)", "here: approx: rtol must be a number >= 0, found -1"),
        ("approx(digits=3)", "here: approx: expected rtol= and atol=, found digits="),
        ("approx(1)", r"here: compare: expected exact, approx\(.*found 'approx\(1\)'"),
        ("a b", "here: compare: expected exact"),
        ("os:system", "here: compare: os:system is not a comparator: mark it"),
        ("no_such_module:x", "here: compare: function 'no_such_module:x' cannot be loaded: No module"),
        ("lambda: 1", "here: compare: expected exact"),
    ],
)
def test_an_unknown_comparator_is_refused_with_its_place(compare: str, message: str | None) -> None:
    if message is None:  # the name of a function in the checks
        assert ready(compare).kind == "checks"
        return
    with pytest.raises(TaskFault, match=message):
        ready(compare)


def test_a_task_chooses_the_comparator_of_its_checks() -> None:
    assert graded("def f(): return [2, 1]", "assert f() == [1, 2]", compare="unordered").passed
    assert not graded("def f(): return [2, 1]", "assert f() == [1, 2]").passed


def test_a_check_chooses_its_own_comparator() -> None:
    checks = "assert f() == unordered([1, 2.00000001])\nassert f() == approx([2, 1])"
    found = graded("def f(): return [2, 1]", checks)
    assert (found.reason, found.evidence["check"]) == ("wrong_value", "assert f() == unordered([1, 2.00000001])")


CUSTOM = "def same_letters(got, expected):\n    return sorted(got) == sorted(expected)\nassert f() == 'abc'"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("return 'cab'", "pass"),
        ("return 'cabb'", "wrong_value"),
        ("return 7", "wrong_value"),
        ("return object()", "wrong_value"),
        ("global same_letters, sorted\n    same_letters = lambda *a: True\n    sorted = lambda x: 1", "wrong_value"),
    ],
)
def test_a_comparator_of_the_checks_runs_without_the_candidate(body: str, reason: str) -> None:
    assert graded(f"def f():\n    {body}", CUSTOM, compare="same_letters").reason == reason


@comparator
def shorter(got: Any, expected: Any) -> bool:
    return len(got) < len(expected)


def test_a_comparator_of_this_machine_is_called_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys
    from types import ModuleType

    module = ModuleType("house_comparators")
    module.shorter = shorter  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "house_comparators", module)
    checks = "assert f() == 'abc'"
    assert graded("def f(): return 'ab'", checks, compare="house_comparators:shorter").passed
    assert not graded("def f(): return 5", checks, compare="house_comparators:shorter").passed


def test_a_task_with_an_unknown_comparator_has_a_problem() -> None:
    (problem,) = ValueGrader().problems(task("assert f() == 1", compare="approx(x=1)", source="here.jsonl:3"))
    assert problem.startswith("here.jsonl:3: approx: ")


atoms = [
    *(st.none(), st.booleans(), st.integers(), st.text(), st.binary(), st.fractions(), st.dates(), st.datetimes(), st.times()),
    *(st.floats(allow_nan=False), st.decimals(allow_nan=False), st.complex_numbers(allow_nan=False), st.timedeltas()),
    st.builds(range, st.integers(-9, 9)),
]
plain = st.recursive(
    st.one_of(atoms),
    lambda inner: st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(plain)
def test_source_of_a_plain_value_gives_it_back(value: object) -> None:
    back = eval(source_of(value), {})
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize("text", ["1e999999999", "1/0", "1/" + "9" * 5000, "x", "1_0/3"])
def test_a_forged_fraction_costs_nothing(text: str) -> None:
    assert isinstance(decode(["Fraction", text]), Opaque)
    assert decode(["Fraction", "-1/3"]) == Fraction(-1, 3)


def test_keys_made_to_have_one_hash_are_not_decoded() -> None:
    colliding = [["i", format(n * (2**61 - 1), "x")] for n in range(1, 30_000)]
    assert isinstance(decode(["S", colliding]), Opaque)
    assert isinstance(decode(["d", [[key, 1] for key in colliding]]), Opaque)
    assert decode(["S", list(range(30_000))]) == set(range(30_000))


@pytest.mark.parametrize("suite", ["house", "basics"])
def test_no_check_of_a_shipped_suite_is_decided_by_the_candidates_process(suite: str) -> None:
    sandbox = required_sandbox("sandlock")
    found = {task.id: weak for task in load_suite(suite).tasks if (weak := weak_steps(task, sandbox))}
    assert found == {}


def test_what_the_checks_and_the_golden_import_is_no_function_of_the_candidate() -> None:
    golden = "from math import isclose\n" + FUNCTION
    lying = "def isclose(*a): return True\ndef f(x): return 0\n"
    assert not graded(lying, "assert isclose(f(1), f(1) + 0.0) and isclose(f(1), f(0) + 1)", golden).passed


def test_evidence_names_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    found: Mapping[str, Any] = graded("def f(x): return 0", "assert f(1) == 0\nassert f(2) == 2").evidence
    assert found == {"check": "assert f(2) == 2", "line": 2, "expected": "2", "got": "0"}


@pytest.mark.parametrize(
    "value",
    [
        "types.MappingProxyType({'a': [1]})",
        "collections.ChainMap({'a': [1]}, {'a': 2})",
        "collections.UserDict({'a': [1]})",
        "type('Mine', (collections.UserDict,), {})(a=[1])",
        "collections.OrderedDict(a=collections.UserList([1]))",
        "{collections.UserString('a').data: collections.UserList([1])}",
        "collections.defaultdict(list, a=[1])",
    ],
)
def test_what_equals_a_plain_value_in_python_passes_as_one(value: str) -> None:
    code = f"import collections, types\ndef f(x): return {value}\ndef g(x): return memoryview(b'abc')[:x]"
    checks = "assert f(1) == {'a': [1]}\nassert g(2) == b'ab'\nfor n in (1, 2):\n    assert dict(f(n)) == {'a': [1]}"
    assert graded(code, checks, "def f(x): return {'a': [1]}\ndef g(x): return b'abc'[:x]").passed


@pytest.mark.parametrize(
    "value",
    [
        "types.MappingProxyType({'a': [2]})",
        "collections.ChainMap({}, {'a': 1})",
        "collections.UserDict(b=[1])",
        "type('ChainMap', (), {'__eq__': lambda *_: True, '__hash__': None})()",
        "type('UserDict', (), {'__module__': 'collections', 'data': {}, '__eq__': lambda *_: True})()",
        "memoryview(b'a')",
        "array.array('i', [1])",
    ],
)
def test_what_only_looks_like_it_does_not(value: str) -> None:
    code = f"import array, collections, types\ndef f(x): return {value}"
    assert graded(code, "assert f(1) == {'a': [1]}", "def f(x): return {'a': [1]}").reason == "wrong_value"


def test_numbers_and_arrays_of_numpy_come_back_as_plain_values() -> None:
    numpy = pytest.importorskip("numpy")
    values = [(numpy.int64(3), 3), (numpy.bool_(False), False), (numpy.float32(0.5), 0.5), (numpy.eye(2), [[1, 0], [0, 1]])]
    for value, plain in values:
        assert decode(json.loads(driver.encode([value]))) == [plain]


@pytest.mark.parametrize(
    "value",
    [
        array("d", [1.5, -0.0]),
        array("b"),
        datetime.datetime(2026, 1, 2, 3, tzinfo=datetime.UTC),
        datetime.time(1, 2, 3, 4, fold=1, tzinfo=datetime.timezone(-datetime.timedelta(hours=3))),
        datetime.timedelta(-1, 5),
    ],
)
def test_rarer_values_cross_the_boundary_both_ways(value: Any) -> None:
    decoded = decode(json.loads(driver.encode(value)))
    assert (type(decoded), decoded) == (type(value), value)
    assert eval(source_of(decoded)) == value
