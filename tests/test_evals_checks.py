"""Checks taken apart, the values that cross the sandbox's wall, and what may count as equal."""

from __future__ import annotations

import json
import math
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sandbox_requirements import required_sandbox

from evals.checks import Step, parse_checks
from evals.errors import TaskFault
from evals.graders import grade, problems_of
from evals.graders.codec import Opaque, decode, equal
from evals.graders.python import DRIVER
from evals.records import Task, Verdict
from evals.sandboxes import make_sandbox


def load_encode() -> Callable[[object], str]:
    names: dict[str, Any] = {"__name__": "driver"}
    exec(compile(DRIVER, "driver.py", "exec"), names)
    found: Callable[[object], str] = names["encode"]
    return found


encode = load_encode()


def through_the_wall(value: object) -> Any:
    return decode(json.loads(encode(value).encode("utf-8", "surrogatepass")))


def only(source: str) -> Step:
    (step,) = parse_checks(source)
    return step


def judge(code: str, checks: str) -> Verdict:
    task = Task(id="t", suite="s", split="dev", group="t", prompt="p", golden="", checks=checks)
    return grade(task, code, make_sandbox("local"))


@pytest.mark.parametrize(
    ("source", "expression", "expected"),
    [
        ("assert f(1) == 2", "f(1)", 2),
        ("assert 2 == f(1)", "f(1)", 2),
        ("assert f(1) == -2.5", "f(1)", -2.5),
        ("assert f(1) == (1, [2], {'a': {3}})", "f(1)", (1, [2], {"a": {3}})),
        ("assert set(f(1)) == set([1, 2])", "set(f(1))", {1, 2}),
        ("assert f(1) == frozenset()", "f(1)", frozenset()),
        ("assert f(1) == [Decimal('1.10')]", "f(1)", [Decimal("1.10")]),
        ("assert f(1) == {Fraction(1, 3)}", "f(1)", {Fraction(1, 3)}),
        ("assert f(1) == float('inf')", "f(1)", math.inf),
        ("assert f(1) == -math.inf", "f(1)", -math.inf),
        ("assert f(1) == 2 ** 31 - 1", "f(1)", 2**31 - 1),
        ("assert f(1) == 1 / 4", "f(1)", 0.25),
        ("assert f(1) == 'a' 'b'", "f(1)", "ab"),
        ("assert f(1) == 2, 'a message'", "f(1)", 2),
        ("assert f(1) is None", "f(1)", None),
        ("assert f(1) is True", "f(1)", True),
        ("assert f(1)", "f(1)", True),
        ("assert not f(1)", "f(1)", False),
        ("assert not not f(1)", "f(1)", True),
    ],
)
def test_the_expected_value_stays_outside(source: str, expression: str, expected: object) -> None:
    step = only(source)
    assert (step.kind, step.source, step.expected, step.tolerance) == ("value", expression, expected, None)


@pytest.mark.parametrize(
    ("source", "tolerance"),
    [
        ("assert math.isclose(f(1), 1.5)", (1e-9, 0.0)),
        ("assert isclose(1.5, f(1), rel_tol=0.1)", (0.1, 0.0)),
        ("assert math.isclose(f(1), 1.5, abs_tol=1e-3)", (1e-9, 1e-3)),
        ("assert f(1) == approx(1.5)", (1e-6, 0.0)),
        ("assert pytest.approx(1.5, rel=0.1, abs=1) == f(1)", (0.1, 1.0)),
        ("assert f(1) == approx(1.5, rtol=0.1, atol=1)", (0.1, 1.0)),
        ("assert abs(f(1) - 1.5) < 1e-6", (0.0, 1e-6)),
        ("assert abs(1.5 - f(1)) <= 1e-6", (0.0, 1e-6)),
        ("assert 1e-6 > abs(f(1) - 1.5)", (0.0, 1e-6)),
        ("assert math.fabs(f(1) - 1.5) < 10 ** -6", (0.0, 1e-6)),
    ],
)
def test_closeness_becomes_a_tolerance(source: str, tolerance: tuple[float, float]) -> None:
    step = only(source)
    assert (step.kind, step.source, step.expected, step.tolerance) == ("value", "f(1)", 1.5, tolerance)


@pytest.mark.parametrize(
    "source",
    [
        "assert f(1) != 2",
        "assert f(1) < 2",
        "assert f(1) in (1, 2)",
        "assert f(1) is not None",
        "assert f(1) == g(1)",
        "assert f(1) is 'text'",
        "assert f(1) == 2 or f(1) == 3",
        "assert all(f(x) == x for x in range(3))",
        "assert math.isclose(f(1), g(1))",
        "assert abs(f(1) - g(1)) < 1e-6",
        "assert f(1) == 10 ** 10 ** 10",
        "for x in range(3):\n    assert f(x) == x",
    ],
)
def test_what_takes_code_to_tell_is_marked(source: str) -> None:
    assert only(source).kind == "inside"


def test_a_call_of_a_function_that_asserts_is_judged_inside() -> None:
    kinds = [step.kind for step in parse_checks("def check(c):\n    assert c(1) == 2\nx = 1\nprint(x)\ncheck(f)")]
    assert kinds == ["run", "run", "run", "inside"]


def test_a_conjunction_becomes_its_parts() -> None:
    steps = parse_checks("assert f(1) == 2 and f(2) and 3 == f(3)")
    assert [(step.source, step.expected) for step in steps] == [("f(1)", 2), ("f(2)", True), ("f(3)", 3)]


def test_set_up_runs_in_order_and_is_no_check() -> None:
    steps = parse_checks("import math\nx = math.pi\nassert f(x) == 1")
    assert [(step.kind, step.line) for step in steps] == [("run", 1), ("run", 2), ("value", 3)]


@pytest.mark.parametrize(
    ("header", "names", "match"),
    [
        ("raises(ValueError)", ("ValueError",), ""),
        ("pytest.raises(json.JSONDecodeError)", ("JSONDecodeError",), ""),
        ("raises((KeyError, ValueError))", ("KeyError", "ValueError"), ""),
        ("raises(ValueError, match='neg.*')", ("ValueError",), "neg.*"),
    ],
)
def test_raises_names_its_exceptions(header: str, names: tuple[str, ...], match: str) -> None:
    step = only(f"with {header}:\n    f(-1)")
    assert (step.kind, step.source, step.expected, step.match) == ("raises", "f(-1)", names, match)


@pytest.mark.parametrize("header", ["raises(ValueError, match='(')", "raises(ValueError, check=g)"])
def test_raises_that_is_not_understood_is_the_tasks_fault(header: str) -> None:
    with pytest.raises(TaskFault, match=r"mine:2: "):
        parse_checks(f"x = 1\nwith {header}:\n    f(-1)", "mine")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("assert f(1) == approx(1.5, rtol=-1)", "mine:1: .*rtol must be a number >= 0, found -1"),
        ("assert f(1) == approx(1.5, rtol=x)", "mine:1: .*found x"),
        ("assert f(1) == approx(1.5, places=3)", "mine:1: .*expected rtol= and atol=, found places="),
        ("assert f(1) == unordered([1], key=len)", "mine:1: .*takes the expected items, nothing else"),
    ],
)
def test_a_comparator_that_is_not_understood_is_refused_with_its_place(source: str, message: str) -> None:
    with pytest.raises(TaskFault, match=message):
        parse_checks(source, "mine")


def test_unordered_is_a_comparator_of_one_check() -> None:
    step = only("assert f(1) == unordered([1, 2])")
    assert (step.kind, step.source, step.expected, step.compare) == ("value", "f(1)", [1, 2], "unordered")


@pytest.mark.parametrize("source", ["", "x = 1", "def check(c):\n    assert c(1)"])
def test_checks_that_check_nothing_are_refused(source: str) -> None:
    with pytest.raises(TaskFault, match="nothing is checked"):
        parse_checks(source)


@pytest.mark.parametrize("source", ["assert f(", "assert f(1) == 1\x00"])
def test_checks_that_are_no_python_are_refused_with_their_place(source: str) -> None:
    with pytest.raises(TaskFault, match=r"here.*not Python"):
        parse_checks(source, "here")


hashable = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.complex_numbers(allow_nan=False)
    | st.text(st.characters())
    | st.binary()
    | st.decimals(allow_nan=False)
    | st.fractions(),
    lambda inner: st.lists(inner, max_size=4).map(tuple) | st.frozensets(inner, max_size=4),
    max_leaves=10,
)
plain = st.recursive(
    hashable | st.sets(hashable, max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(hashable, inner, max_size=4),
    max_leaves=20,
)


@given(plain)
def test_plain_values_cross_the_wall_unchanged(value: object) -> None:
    back = through_the_wall(value)
    assert back == value
    assert type(back) is type(value)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda i: st.lists(i), max_leaves=10))
def test_forged_answers_never_crash_the_judge(value: object) -> None:
    for tag in ("i", "f", "s", "b", "c", "l", "t", "d", "S", "F", "Decimal", "Fraction", "datetime.date", "object"):
        equal(decode([tag, value]), 1, None)
        equal(decode([tag, value, value]), 1, (0.0, 1.0))


@pytest.mark.parametrize("digits", [16, 5000])
def test_integers_of_any_length_cross_the_wall(digits: int) -> None:
    assert through_the_wall(-(10**digits)) == -(10**digits)


@pytest.mark.parametrize(
    "value",
    ["\ud800", '"\\\n\x00\x7f', date(2026, 1, 2), OrderedDict(a=1), Counter("aa"), bytearray(b"x"), range(1, 9, 2), deque([1])],
)
def test_unusual_values_cross_the_wall_equal(value: object) -> None:
    assert equal(through_the_wall(value), value, None)


def test_dictionary_views_equal_sets() -> None:
    assert through_the_wall({1: 2}.keys()) == {1}


@pytest.mark.parametrize(
    ("got", "expected"), [(1, 1.0), (True, 1), (Decimal("1.0"), 1), (frozenset({1}), {1}), (b"a", b"a"), ([], [])]
)
def test_equality_is_pythons(got: object, expected: object) -> None:
    assert equal(through_the_wall(got), expected, None)


@pytest.mark.parametrize(
    ("got", "expected"),
    [((1,), [1]), ("1", 1), ([1, 2], [2, 1]), (math.nan, math.nan), ([math.nan], [math.nan]), (None, False), ({}, [])],
)
def test_different_values_are_not_equal(got: object, expected: object) -> None:
    assert not equal(through_the_wall(got), expected, None)


@pytest.mark.parametrize("got", [10**400, Decimal("sNaN"), "1.5", None, [1.5], math.nan])
def test_what_is_no_near_number_is_not_close(got: object) -> None:
    assert not equal(through_the_wall(got), 1.5, (1e-9, 0.0))


def test_complex_numbers_can_be_close() -> None:
    assert equal(1 + 1e-12j, 1 + 0j, (0.0, 1e-9))


class AlwaysEqual:
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = object.__hash__


@pytest.mark.parametrize("got", [AlwaysEqual(), [AlwaysEqual()], {AlwaysEqual(): 1}, len, iter([1])])
def test_opaque_objects_equal_nothing(got: object) -> None:
    assert not equal(through_the_wall(got), got, None)


def test_an_opaque_value_does_not_equal_itself() -> None:
    opaque = Opaque("x")
    assert not equal(opaque, opaque, None)


def test_a_class_that_equals_everything_fails() -> None:
    cheat = "class Any:\n    def __eq__(self, other): return True\n    __hash__ = None\ndef f(x): return Any()"
    assert judge(cheat, "assert f(1) == 2").reason == "wrong_value"


def test_a_subclass_of_int_counts_by_its_value() -> None:
    cheat = "class Any(int):\n    def __eq__(self, other): return True\n    __hash__ = None\ndef f(x): return Any(7)"
    assert judge(cheat, "assert f(1) == 2").reason == "wrong_value"


def test_a_redefined_bool_does_not_pass_a_truth_check() -> None:
    assert judge("bool = lambda x: True\ndef f(x): return 0", "assert f(1)").reason == "wrong_value"


def test_one_is_not_true() -> None:
    assert judge("def f(x): return 1", "assert f(1) is True").reason == "wrong_value"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("raise ValueError('negative')", "pass"),
        ("raise ValueError('no')", "wrong_exception"),
        ("raise TypeError('negative')", "wrong_exception"),
        ("return", "wrong_exception"),
    ],
)
def test_raises_wants_the_exception_with_its_message(body: str, reason: str) -> None:
    assert judge(f"def f(x): {body}", "with raises((KeyError, ValueError), match='neg'):\n    f(-1)").reason == reason


def test_an_inside_check_that_does_not_hold_is_a_wrong_value() -> None:
    checks = "def check(c):\n    for x in range(3):\n        assert c(x) == x\ncheck(f)"
    assert judge("def f(x): return 0", checks).reason == "wrong_value"
    assert judge("def f(x): return x", checks).passed


def test_the_candidate_is_a_module_that_dataclasses_can_find() -> None:
    code = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "@dataclass\nclass P:\n    x: int\ndef f(x): return P(x).x"
    )
    assert judge(code, "assert f(3) == 3").passed


def test_the_checks_run_after_the_code_and_see_its_names() -> None:
    assert judge("class Node:\n    pass\ndef f(n): return n.value", "n = Node()\nn.value = 4\nassert f(n) == 4").passed


AGE = """
def parse_age(text):
    age = int(text)
    if age < 0:
        raise ValueError(f"negative age {age}")
    return age
"""
FORMS = {
    "named": "import pytest\nwith pytest.raises(ValueError) as e:\n    parse_age('-4')\nassert 'negative' in str(e.value)",
    "matched": "with raises(ValueError) as e:\n    parse_age('-4')\ne.match('negative')\nassert parse_age('4') == 4",
    "loop": "import pytest\nfor t in ('-1', '-2'):\n    with pytest.raises(ValueError, match='negative'):\n        parse_age(t)",
    "function": "from pytest import approx, raises\ndef test_it():\n    assert parse_age('3') == approx(3)\n"
    "    with raises(ValueError) as e:\n        parse_age('-3')\n    assert 'negative' in e.value.args[0]",
    "class": "class TestAge:\n    def test_it(self):\n        with raises(ValueError, match='negative'):\n"
    "            parse_age('-3')",
    "unittest": "import unittest\nclass Age(unittest.TestCase):\n    def setUp(self): self.text = '-3'\n    def test_it(self):\n"
    "        self.assertRaisesRegex(ValueError, 'negative', parse_age, self.text)\n"
    "if __name__ == '__main__':\n    unittest.main()",
}


@pytest.mark.parametrize("form", FORMS)
def test_checks_in_the_forms_of_test_frameworks_run_and_decide(form: str) -> None:
    task = Task(id="t", suite="s", split="dev", group="t", prompt="p", golden=AGE, checks=FORMS[form])
    sandbox = required_sandbox("sandlock")
    assert problems_of(task) == []
    assert grade(task, AGE, sandbox).passed
    wrong = grade(task, AGE.replace("negative", "a bad"), sandbox)
    assert (wrong.status, wrong.evidence["raised"] if wrong.reason == "wrong_value" else wrong.reason) in {
        ("fail", "AssertionError"),
        ("fail", "exception:AssertionError"),
    }


@pytest.mark.parametrize(
    ("checks", "line", "said"),
    [
        ("assert f(1)\nimport pytest as pt", 2, "import pytest"),
        ("from pytest import fixture\nassert f(1)", 1, "raises and approx"),
        ("import pytest\npytest.fail('x')\nassert f(1)", 2, "pytest.fail"),
        ("import pytest\n@pytest.mark.skip\ndef test_a():\n    assert f(1)\n", 2, "no marks"),
        ("def test_a(tmp_path):\n    assert f(tmp_path)\n", 1, "no fixtures"),
        ("class TestA:\n    def setup_method(self): pass\n    def test_a(self): assert f(1)\n", 2, "setup_method"),
    ],
)
def test_a_form_that_cannot_be_run_is_refused_with_its_line(checks: str, line: int, said: str) -> None:
    with pytest.raises(TaskFault, match=rf"^checks:{line}: .*{said}"):
        parse_checks(checks)


def test_a_function_of_the_answer_may_be_called_approx() -> None:
    steps = parse_checks("assert approx(3) == 9\nfor x in (1, 2):\n    assert approx(x) == x * x")
    assert "goldloop" not in "".join(step.source for step in steps)
