"""Canaries: tests added to a test file whose outcome is known, so that a run which reports otherwise is not an honest one.

For each matcher in use one must fail and one must pass by ``not``: a matcher that always holds, or that holds by its
polarity, is detected. They look like the file's own tests: its suites, the words of its titles.
"""

from __future__ import annotations

import json
import random

from evals.graders.runners.vitest_source import other_title

CANARIES = {
    "toBe": ("'{a}'", "'{b}'", "'{a}'"),
    "toEqual": ("{{ k: ['{a}'] }}", "{{ k: ['{b}'] }}", "{{ k: ['{a}'] }}"),
    "toStrictEqual": ("{{ k: ['{a}'] }}", "{{ k: ['{b}'] }}", "{{ k: ['{a}'] }}"),
    "toHaveLength": ("'{a}'", "'{a}{b}'", "{n}"),
    "toContain": ("['{a}']", "['{b}']", "'{a}'"),
    "toMatch": ("'{a}'", "'{b}'", "/{a}/"),
    "toBeNull": ("null", "'{a}'", ""),
    "toBeUndefined": ("undefined", "'{a}'", ""),
    "toBeDefined": ("'{a}'", "undefined", ""),
    "toBeTruthy": ("'{a}'", "''", ""),
    "toBeFalsy": ("''", "'{a}'", ""),
    "toBeGreaterThan": ("9", "2", "5"),
    "toBeLessThan": ("2", "9", "5"),
    "toThrow": ("() => {{ throw new Error('{a}'); }}", "() => '{a}'", ""),
    "toHaveBeenCalled": ("called('{a}')", "called()", ""),
    "toHaveBeenCalledTimes": ("called('{a}')", "called()", "1"),
    "toHaveBeenCalledWith": ("called('{a}')", "called('{b}')", "'{a}'"),
    "toBeInTheDocument": ("shown('{a}')", "document.createElement('p')", ""),
    "toBeVisible": ("shown('{a}')", "document.createElement('p')", ""),
    "toHaveTextContent": ("shown('{a}')", "shown('{b}')", "'{a}'"),
    "toHaveAttribute": ("shown('{a}')", "shown('{b}')", "'id', '{a}'"),
    "toBeDisabled": ("pressed('{a}', true)", "pressed('{a}', false)", ""),
    "toBeEnabled": ("pressed('{a}', false)", "pressed('{a}', true)", ""),
    "toHaveValue": ("filled('{a}')", "filled('{b}')", "'{a}'"),
}
"""By matcher: a subject for which it holds, one for which it does not, its arguments."""

_HELPERS = """
const called = (...given) => { const spy = canaryVi.fn(); if (given.length) spy(...given); return spy; };
const made = (tag, values) => { const node = Object.assign(document.createElement(tag), values);
  document.body.append(node); canaryMade.push(node); return node; };
const shown = (text) => made('p', { id: text, textContent: text });
const pressed = (text, disabled) => made('button', { textContent: text, disabled });
const filled = (value) => made('input', { value });
"""


def canaries(text: str, titles: list[str], luck: random.Random, *, dom: bool) -> tuple[str, dict[str, bool]]:
    """Source of tests to append to a file, and for each title whether it must pass."""
    used = [m for m in CANARIES if f".{m}(" in text and (dom or not _needs_dom(m))]
    words = [w for title in titles for w in title.split(" > ")[-1].split() if w.isalnum()] or ["works", "shows", "value"]
    scopes = [title.split(" > ")[:-1] for title in titles] or [[]]
    expected: dict[str, bool] = {}
    taken = {*titles}
    lines = []
    for matcher in dict.fromkeys(["toBe", *used]):
        holds, misses, arguments = CANARIES[matcher]
        forms = [(misses, "", False), (misses, "not.", True)]
        forms += [(holds, "", True), (holds, "not.", False)] if matcher == "toBe" else []
        for subject, negation, passes in forms:
            scope = luck.choice(scopes)
            above = "".join(f"{part} > " for part in scope)
            own = other_title(words, taken, above, luck)
            expected[above + own] = passes
            a, b = (f"{luck.choice('bcdfgh')}{luck.getrandbits(40):x}" for _ in range(2))
            values = {"a": a, "b": b, "n": str(len(a))}
            call = f"canaryExpect({subject.format(**values)}).{negation}{matcher}({arguments.format(**values)})"
            line = f"canaryTest({json.dumps(own)}, () => {{ {call}; }});"
            for part in reversed(scope):
                line = f"canarySuite({json.dumps(part)}, () => {{ {line} }});"
            lines.append(line)
    luck.shuffle(lines)
    names = "test as canaryTest, describe as canarySuite, expect as canaryExpect, vi as canaryVi, afterEach as canaryAfter"
    head = f"\n;import {{ {names} }} from 'vitest';\n{{\nconst canaryMade = [];\n"  # a block: the file may use our names
    clean = "canaryAfter(() => canaryMade.splice(0).forEach((node) => node.remove()));\n}\n"
    source = head + _HELPERS + "\n".join(lines) + "\n" + clean
    return source.replace("canary", f"{luck.choice('kqvxz')}{luck.getrandbits(32):08x}"), expected


def _needs_dom(matcher: str) -> bool:
    return any(word in CANARIES[matcher][0] for word in ("shown", "pressed", "filled"))
