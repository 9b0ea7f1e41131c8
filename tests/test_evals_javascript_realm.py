"""Honest answers in JavaScript, in many styles (``tests/honest/javascript``), under checks in a realm of their own.

Each answer passes its checks, and each passes for a reason: the same checks fail what is wrong (the last tests).
"""

from __future__ import annotations

import pytest
from javascript_tasks import judged, scripts

HONEST = scripts("honest/javascript")


@pytest.mark.parametrize("style", HONEST)
def test_an_honest_answer_passes(style: str) -> None:
    found = judged(HONEST[style]["code"], HONEST[style]["checks"])
    assert found.passed, found


@pytest.mark.parametrize(
    ("code", "check"),
    [
        ("const f = (xs) => { xs.sort(); return xs; }", "const xs = [2, 1]; f(xs); assert.deepStrictEqual(xs, [2, 1]);"),
        ("const f = (xs) => xs.slice().sort()", "const xs = [2, 1]; f(xs); console.assert(xs[0] === 1 || xs.length > 2);"),
        ("const f = (xs) => [...xs]", "const xs = [1]; console.assert(f(xs) === xs || f(xs) === 1);"),
        ("const f = () => [1, 2, -3]", "console.assert(f().every((x) => x > 0));"),
        ("const f = () => new Map([['a', 1]])", "console.assert(f().get('b') === 1);"),
        ("class A { get n() { return 1; } }", "console.assert(new A().n > 1 || new A().n === 'x');"),
        ("const f = async () => [1]", "console.assert((await f()).length > 1);"),
        ("const f = (o) => { delete o.a; }", "const o = { a: 1 }; f(o); console.assert('a' in o || false);"),
        ("const f = (cb) => cb(1)", "let got = 0; f((x) => { got = x; }); console.assert(got === 2);"),
    ],
)
def test_a_wrong_answer_fails_the_same_kinds_of_checks(code: str, check: str) -> None:
    assert judged(code, check, "const f = 1").reason == "wrong_value"


def test_what_the_checks_throw_themselves_is_what_it_was() -> None:
    found = judged("const f = () => ({ length: 2 })", "console.assert(f().every((x) => x));")
    assert (found.status, found.reason) == ("fail", "exception:TypeError")
