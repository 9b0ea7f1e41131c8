"""Inputs from what people wrote: calls, keywords, results beside them; drawn ones keep kinds and signs, the same for a key."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.graders.behaviour import behaviour, entries, same
from evals.records import Task
from evals.sandboxes.base import Sandbox
from goldens.production.drawing import drawn_like, fuzz_source
from goldens.production.inputs import SeenCall, parameters_of, seen_calls


@pytest.mark.parametrize(
    ("text", "arguments", "expected"),
    [
        ("I called f([1, 2], 'a') and it broke", ([1, 2], "a"), None),
        ("f(1, x=2) should return 5.", (1, 2), 5),
        ("`f({'a': 1}, 2) == {'b': 2}` must hold", ({"a": 1}, 2), {"b": 2}),
        (">>> f(1, 2)\n3\n", (1, 2), 3),
        ("f(3, 3)  # -> 6", (3, 3), 6),
        ("f(-1, \"a)b\") returns 'c, d'", (-1, "a)b"), "c, d"),
        ("f(1, 2) → [1, 2]; then more", (1, 2), [1, 2]),
        ("f([true, null], 1) gives 2", ([True, None], 1), 2),
        ("f(1, 2) is slow", (1, 2), None),
    ],
)
def test_a_call_is_found_with_its_result(text: str, arguments: tuple[Any, ...], expected: Any) -> None:
    assert seen_calls("f", [text], ["a", "x"]) == [
        SeenCall(arguments=arguments, has_result=expected is not None, expected=expected)
    ]


NO_CALLS = [
    *("def f(a, x):", "f(a, b) of two names", "function f(1, 2)", "self.f(1, 2)"),
    *("f(1, y=2)", "f(1, 2", "f(g(1), 2)", "off(1, 2)"),
]


@pytest.mark.parametrize("text", NO_CALLS)
def test_what_is_no_call_with_literals_is_left(text: str) -> None:
    assert seen_calls("f", [text], ["a", "x"]) == []


def test_a_call_counts_once_with_the_result_that_some_text_has() -> None:
    assert seen_calls("f", ["f(1)", "f(1) == 2", "f(1)"]) == [SeenCall(arguments=(1,), has_result=True, expected=2)]


@settings(max_examples=80, deadline=None)
@given(st.text("f(){}[]'\"\\, 1=", max_size=60))
def test_any_text_can_be_searched(text: str) -> None:
    for call in seen_calls("f", [text]):
        assert isinstance(call.arguments, tuple)


_PLAIN = st.recursive(
    st.booleans() | st.integers(-50, 50) | st.floats(-50, 50) | st.text("abc", max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("xy", max_size=2), inner, max_size=2),
    max_leaves=6,
)


def shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return "list"  # lengths vary
    return type(value)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(_PLAIN, _PLAIN), min_size=1, max_size=4), st.text("ab", max_size=3))
def test_drawn_inputs_keep_kinds_and_keys_and_depend_on_the_key_alone(seen: list[tuple[Any, ...]], key: str) -> None:
    drawn = drawn_like(seen, key, 20)
    assert drawn == drawn_like(seen, key, 20)
    shapes = [tuple(map(shape, given)) for given in seen]
    assert all(tuple(map(shape, given)) in shapes for given in drawn)


def test_numbers_that_were_never_negative_stay_so() -> None:
    assert all(given[0] >= 0 for given in drawn_like([(3,), (0,)], "k", 40))


def test_the_source_of_hidden_inputs_draws_them() -> None:
    space: dict[str, Any] = {}
    exec(fuzz_source([(1, "a"), (2, "b")], draws=30), space)
    drawn = list(space["inputs"](Random(1)))
    assert drawn[:2] == [(1, "a"), (2, "b")] and len(drawn) == 32


@pytest.mark.parametrize(
    ("language", "code", "expected"),
    [
        ("python", "def f(a, b: int, c=3):\n    pass", [("a", ""), ("b", "int")]),
        ("javascript", "function f(a, b = 2) { return a }", [("a", ""), ("b", "")]),
        ("javascript", "const f = (a, b) => a", [("a", ""), ("b", "")]),
        ("python", "def f(:", []),
    ],
)
def test_parameters_are_read(language: str, code: str, expected: list[tuple[str, str]]) -> None:
    assert parameters_of(language, "f", code) == expected


def task(language: str = "python") -> Task:
    return Task(id="x", suite="s", split="train", group="x", language=language, prompt="p", golden="")


def test_behaviour_is_values_exceptions_and_what_does_not_end(sandbox: Sandbox) -> None:
    code = "def f(n):\n    while n == 2:\n        pass\n    return [1][n] if n else object()\n"
    limited = task().model_copy(update={"limits": task().limits.model_copy(update={"wall_seconds": 1.0})})
    said = behaviour(limited, code, "f", [(0,), (1,), (2,), (-1,)], sandbox)
    assert said is not None
    assert [answer.plain for answer in said] == [False, False, False, True]
    assert [answer.said for answer in said][1:3] == ["raised IndexError", "no end"]
    assert said[3].value == 1


def test_code_that_lacks_the_function_or_does_not_load_has_no_behaviour(sandbox: Sandbox) -> None:
    lacking = behaviour(task(), "def g():\n    pass\n", "f", [(1,)], sandbox)
    assert lacking is None or [answer.said for answer in lacking] == ["raised NameError"]
    assert behaviour(task(), "import nothing_like_this\n", "f", [(1,)], sandbox) is None


def test_floats_that_differ_in_the_last_bits_are_the_same(sandbox: Sandbox) -> None:
    one, other = (behaviour(task(), f"def f(x):\n    return {text}\n", "f", [(0.1,)], sandbox) for text in ("x + 0.2", "0.3"))
    assert one is not None and other is not None and same(one[0], other[0])


def test_functions_at_the_top_are_named_in_order() -> None:
    assert entries("python", "def a():\n    def b():\n        pass\n\ndef c():\n    pass\n") == ["a", "c"]
    assert entries("sql", "SELECT 1") == []
