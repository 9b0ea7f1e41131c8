"""Code of an item that was written in another way, and its tests for another framework, are leaks; code like it is none."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from decontam.kernels import code as codekernel
from decontam.matching.forms import forms
from decontam.matching.grams import without_prose
from decontam.matching.index import HoldoutIndex, build_index
from decontam.matching.judging import needed_share
from decontam.matching.match import match_text
from decontam.records import Item
from decontam.rule import Rule

BUDGET = """def split_budget(costs, limit):
    total = sum(cost for cost in costs if cost > 0)
    share = (limit * 3 + total) // 7
    rest = [cost - share for cost in costs]
    largest = (max(rest, key=abs))
    if (largest > 45) or (not costs):
        return (sorted(rest), share)
    return (rest[::-1], largest % 17)
"""
ANGLE = """const turnAngle = (first, second, wrap) => {
  const gap = Math.abs(first - second) % 360;
  const near = gap > 180 ? 360 - gap : gap;
  if (wrap === true && near > 90) {
    return near * 2.5;
  }
  return Math.round(near / 15) * 15;
}
"""
CHECKS = """def check(candidate):
    assert candidate([3, 8, -2], 40) == ([-9, 3, 8], 18), "first case, from the handbook"
    assert candidate([], 75) == ([], 32), "nothing to split, page 12"
    assert candidate([51, 6], 9) == ([-6, 39], 12), "one is too large"
    assert candidate([7, 7, 7], 28) == ([-8, -8, -8], 15)
"""
OTHER = """def sort_words(words):
    kept = [word.lower() for word in words if word.isalpha()]
    while kept and kept[-1].startswith("x"):
        kept.pop()
    return ",".join(kept)
"""


@cache
def index() -> HoldoutIndex:
    items = [
        Item(
            key="budget",
            prompt="def split_budget(costs, limit):\n    pass\n\nSplit a budget over costs.",
            answer=BUDGET,
            tests=CHECKS,
        ),
        Item(key="angle", prompt="The angle between two courses, in steps.", answer=ANGLE),
        Item(key="words", prompt="Words of letters only, joined.", answer=OTHER),
    ]
    return build_index(items)


def found(text: str) -> set[tuple[str, str]]:
    return {(match.item, match.part) for match in match_text(text, index(), ("code",))}


def test_a_temporary_that_is_put_in_its_place_hides_nothing() -> None:
    text = BUDGET.replace("    share = (limit * 3 + total) // 7\n", "").replace("- share for", "- (limit * 3 + total) // 7 for")
    text = text.replace("    total = sum(cost for cost in costs if cost > 0)\n", "").replace(
        "+ total", "+ sum(c for c in costs if c > 0)"
    )
    assert ("budget", "answer") in found(text)


def test_statements_in_another_order_hide_nothing() -> None:
    lines = BUDGET.splitlines(keepends=True)
    lines[1:3] = [lines[2].replace("total", "sum(costs)"), lines[1]]
    assert ("budget", "answer") in found("".join(lines))


def test_methods_of_a_class_are_the_functions_that_they_were() -> None:
    body = "".join(f"    {line}" for line in BUDGET.replace("(costs, limit)", "(self, costs, limit)").splitlines(keepends=True))
    assert ("budget", "answer") in found(f"class Solution:\n{body}")


def test_minified_javascript_is_found() -> None:
    text = "let t=(a,b,c)=>{let d=Math.abs(a-b)%360;let e=d>180?360-d:d;if(c===!0&&e>90){return e*2.5}return Math.round(e/15)*15}"
    assert ("angle", "answer") in found(text)


@pytest.mark.parametrize(
    "form",
    [
        "        self.assertEqual(split_budget({args}), {value})\n",
        "expect(split_budget({args})).toEqual({value});\n",
        ">>> split_budget({args})\n{value}\n",
        "    (({args}), {value}),  # a row of a table\n",
    ],
    ids=["unittest", "jest", "doctest", "table"],
)
def test_cases_written_for_another_framework_are_found(form: str) -> None:
    cases = [("[3, 8, -2], 40", "([-9, 3, 8], 18)"), ("[], 75", "([], 32)"), ("[51, 6], 9", "([-6, 39], 12)")]
    text = "".join(form.format(args=args, value=value) for args, value in [*cases, ("[7, 7, 7], 28", "([-8, -8, -8], 15)")])
    assert ("budget", "tests") in found(text)


def test_calls_of_the_same_function_with_other_arguments_are_no_leak() -> None:
    text = "".join(f"assert split_budget([{n}, {n * 3}], {n + 5}) == ([{n}], {n - 1})\n" for n in range(60, 70))
    assert ("budget", "tests") not in found(text)


def test_the_same_arguments_of_another_function_are_no_calls_of_it() -> None:
    text = "\n\n".join(f"step_{n}(plan, {args})" for n, args in enumerate(["[3, 8, -2], 40", "[51, 6], 9"]))
    assert not found(text)


@pytest.mark.parametrize("word", ["let", "const", "var", "true", "false", "self", "cls"])
def test_codes_of_words_are_those_that_the_kernel_gives(word: str) -> None:
    data = np.frombuffer(word.encode(), np.uint8)
    assert codekernel._word(word.encode()) == codekernel._lower_hash(data, 0, len(data))


def test_prose_of_a_prompt_goes_and_places_stay() -> None:
    prompt = "def f(a, b):\n    return a or b\n\nThe function above has a mistake somewhere.\nelse:\n"
    bare = without_prose(prompt)
    assert len(bare) == len(prompt)
    assert bare.split() == ["def", "f(a,", "b):", "return", "a", "or", "b", "else:"]
    assert bare.index("else") == prompt.index("else")


def test_forms_of_an_answer_mean_the_same() -> None:
    plain, inlined = forms(BUDGET)
    costs = [3, 60, -5]
    scope: list[dict[str, Any]] = [{}, {}, {}]
    for code, names in zip((BUDGET, plain, inlined), scope, strict=True):
        exec(code, names)
    results = [names["split_budget"](costs, 40) for names in scope]
    assert results[0] == results[1] == results[2]
    assert "(max" not in plain and "share =" not in plain.replace("share = ", "", 1)
    assert "total" not in inlined


def test_a_body_without_its_head_has_forms_and_no_head() -> None:
    assert list(forms("    x = (a + 1)\n    return (x * 2)\n")) == [
        "    x = a + 1\n    return x * 2\n",
        "    return (a + 1) * 2\n",
    ]
    assert not list(forms("SELECT name FROM parts WHERE price > 3;"))


def test_longer_code_needs_a_smaller_share_and_very_short_code_can_not_do() -> None:
    rule = Rule()
    shares = [needed_share(rule, tokens) for tokens in (10, 25, 35, 50, 100)]
    assert shares[0] > 1
    assert shares == sorted(shares, reverse=True)
