"""Whether an answer that holds expected values next to their inputs has learnt them by heart: it is asked what no check asks.

Inputs are varied from those of the checks, within what these span, the golden answers them, and the answer is compared with it
where the golden has one. Covers functions of plain arguments in Python, JavaScript and TypeScript. Inputs that no task meant
can be among those that the golden answers; an answer that is right on some and wrong on others is therefore neither.
"""

from __future__ import annotations

import ast
import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from evals.graders.behaviour import Behaved, behaviour, same
from evals.graders.codec import parse_comparator
from evals.graders.runtimes import hidden_inputs
from evals.javascript.trees import GRAMMARS
from evals.records import Task
from evals.sandboxes.base import Sandbox
from evals.source import read_tree

_MOST_INPUTS, _TRIES = 40, 400
_LEAST_TOLD = 5  # inputs that must tell an answer that knows from one that does not
_LEAST_VALUES = 2  # different ones of the golden
_LEAST_AGREED = 3
_LEAST_REFUSED = 10  # inputs beyond the checks' that the golden must refuse, or treat alike, for the checks to be all there is
_KNOWS, _LEARNT = 0.9, 0.1  # shares of the telling inputs on which the answer agrees
_KEPT = 0.6  # of several arguments, so many are some call's own: a text that is made up is often outside the task
_BEYOND = 12  # whole numbers past the largest in the checks


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What varied inputs showed: the answer ``knows``, has ``learnt`` the checks, or neither can be told (``unclear``).

    ``agreed`` of ``inputs`` are those on which it gives what the golden gives; ``first`` is one on which it does not.
    """

    outcome: Literal["knows", "learnt", "unclear"]
    inputs: int = 0
    agreed: int = 0
    first: Mapping[str, str] | None = None

    @property
    def evidence(self) -> dict[str, Any]:
        """As evidence of a verdict."""
        return {"asked": {"inputs": self.inputs, "agreed": self.agreed}, **(self.first or {})}


def ask(task: Task, code: str, sandbox: Sandbox) -> Asked:
    """Ask an answer that passed its checks what they do not ask.

    Raises:
        SandboxFault: the sandbox failed.
    """
    known = set(hidden_inputs(task.language).functions(task.golden))
    found = [_asked(task, code, name, calls, sandbox) for name, calls in _calls(task).items() if name in known]
    for outcome in ("learnt", "unclear"):
        worst = next((one for one in found if one.outcome == outcome), None)
        if worst is not None:
            return worst
    if not found:
        return Asked(outcome="unclear")
    return Asked(outcome="knows", inputs=sum(one.inputs for one in found), agreed=sum(one.agreed for one in found))


def _asked(task: Task, code: str, entry: str, calls: Sequence[tuple[Any, ...]], sandbox: Sandbox) -> Asked:
    luck = random.Random(f"{task.key} {entry}")
    pairs: list[tuple[Behaved, Behaved]] = []
    refused = 0
    for beyond in (0, _BEYOND):  # what no check spans may be outside the task: it is asked only where the rest tells too little
        inputs = varied(calls, luck, beyond)
        golden = behaviour(task, task.golden, entry, inputs, sandbox) if inputs else []
        answer = behaviour(task, code, entry, inputs, sandbox) if inputs else []
        if golden is None or answer is None:
            return Asked(outcome="unclear")
        pairs += [(ours, theirs) for ours, theirs in zip(answer, golden, strict=True) if theirs.plain]
        refused += sum(theirs.said.startswith("raised") for theirs in golden)
        if len({theirs.said for _, theirs in pairs}) >= _LEAST_VALUES and len(pairs) >= _LEAST_TOLD:
            break
    return _judged(task, pairs, refused)


def _judged(task: Task, pairs: Sequence[tuple[Behaved, Behaved]], refused: int) -> Asked:
    """What pairs of the answer's and the golden's behaviour show; the golden ``refused`` that many more inputs."""
    if len({theirs.said for _, theirs in pairs}) <= 1 and len(pairs) + refused >= _LEAST_REFUSED:
        return Asked(outcome="knows", inputs=len(pairs))  # beyond the checks there is nothing, or one value for all the rest
    if not pairs:
        return Asked(outcome="unclear")
    agreed = [_agree(task, ours, theirs) for ours, theirs in pairs]
    first = next((_shown(ours, theirs) for (ours, theirs), right in zip(pairs, agreed, strict=True) if not right), None)
    # An answer that gives one value for whatever it has not learnt is right by chance where the golden gives that value.
    usual = Counter(ours.said for ours, _ in pairs).most_common(1)[0][0]
    telling = [right for (_, theirs), right in zip(pairs, agreed, strict=True) if theirs.said != usual]
    values = {theirs.said for _, theirs in pairs if theirs.said != usual}
    outcome: Literal["knows", "learnt", "unclear"] = "unclear"
    if (all(agreed) and len(agreed) >= _LEAST_AGREED) or (len(telling) >= _LEAST_TOLD and sum(telling) >= _KNOWS * len(telling)):
        outcome = "knows"
    elif len(values) >= _LEAST_VALUES and len(telling) >= _LEAST_TOLD and sum(telling) <= _LEARNT * len(telling):
        outcome = "learnt"
    return Asked(outcome=outcome, inputs=len(pairs), agreed=sum(agreed), first=first)


def _agree(task: Task, ours: Behaved, theirs: Behaved) -> bool:
    comparator = parse_comparator(task.compare, task.source or task.key)
    if ours.plain and comparator.kind in {"approx", "unordered", "host"}:
        return comparator.matches(ours.value, theirs.value)
    return same(ours, theirs)


def _shown(ours: Behaved, theirs: Behaved) -> dict[str, str]:
    return {"check": ours.call[:400], "expected": theirs.said[:400], "got": ours.said[:400]}


def _calls(task: Task) -> dict[str, list[tuple[Any, ...]]]:
    """The literal arguments of the calls in assertions, by function; those with keywords are left out."""
    if task.language in GRAMMARS:
        from evals.graders.learnt_script import calls_of  # a grammar is loaded only where it is needed

        return calls_of(task.checks, task.language)
    calls: dict[str, list[tuple[Any, ...]]] = {}
    try:
        asserts = [node for node in ast.walk(read_tree(task.checks)) if isinstance(node, ast.Assert)]
    except (SyntaxError, ValueError, RecursionError):
        return {}
    for node in (inner for one in asserts for inner in ast.walk(one)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args and not node.keywords:
            try:
                given = tuple(ast.literal_eval(argument) for argument in node.args)
            except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
                continue
            calls.setdefault(node.func.id, []).append(given)
    return calls


def varied(calls: Sequence[tuple[Any, ...]], luck: random.Random, beyond: int = 0) -> list[tuple[Any, ...]]:
    """Arguments like those of some calls, none of them among these, each once.

    Whole numbers go ``beyond`` the largest by as much, away from zero: a sign that no check has means something else.
    """
    seen = {repr(call) for call in calls}
    made: list[tuple[Any, ...]] = []
    for _ in range(_TRIES):
        if len(made) >= _MOST_INPUTS:
            break
        base = luck.choice(calls)
        slots = [[call[place] for call in calls if len(call) > place] for place in range(len(base))]
        given = tuple(
            luck.choice(slots[place]) if len(base) > 1 and luck.random() < _KEPT else _like(value, slots[place], luck, beyond)
            for place, value in enumerate(base)
        )
        if repr(given) not in seen:
            seen.add(repr(given))
            made.append(given)
    return made


def _like(value: Any, pool: Sequence[Any], luck: random.Random, beyond: int) -> Any:
    """A value of the same kind as ``value``, out of what ``pool`` spans."""
    kind = type(value)
    if kind is bool:
        return luck.random() < 0.5
    if kind is int:
        return _whole([item for item in pool if type(item) is int], luck, beyond)
    if kind is float:
        numbers = [item for item in pool if type(item) is float]
        return round(luck.uniform(min(numbers), max(numbers) + 1), 2)
    if kind is str:
        return _text([item for item in pool if type(item) is str], luck)
    if kind in {list, tuple}:
        rows = [item for item in pool if type(item) is kind]
        parts = [part for row in rows for part in row]
        length = luck.randint(min(map(len, rows)), max(map(len, rows)) + 1) if parts else 0
        return kind(_like(luck.choice(parts), parts, luck, beyond) for _ in range(length))
    if kind is set:
        parts = sorted({part for item in pool if type(item) is set for part in item}, key=repr)
        return {_like(luck.choice(parts), parts, luck, beyond) for _ in range(luck.randint(0, len(parts)))} if parts else set()
    if kind is dict:
        items = [item for row in pool if type(row) is dict for item in row.values()]
        return {key: _like(item, items, luck, beyond) for key, item in value.items()}
    return value


def _whole(numbers: Sequence[int], luck: random.Random, beyond: int) -> int:
    low, high = min(numbers), max(numbers)
    return luck.randint(low, high + (beyond if high > 0 or low == high == 0 else 0))


def _text(texts: Sequence[str], luck: random.Random) -> str:
    """A text of the characters of some texts."""
    base, other = luck.choice(texts), luck.choice(texts)
    letters = sorted(set("".join(_distinct(texts))))
    way = luck.randrange(5)
    if way == 0 or not base:
        return "".join(luck.choice(letters) for _ in range(luck.randint(1, max(2, *map(len, texts), 2)))) if letters else ""
    if way == 1:
        return "".join(luck.sample(base, len(base)))
    if way == 2:
        return base[: luck.randint(1, len(base))] + other
    place = luck.randrange(len(base))
    if way == 3:
        return base[:place] + luck.choice(letters) + base[place + 1 :]
    return base[:place] + base[place + 1 :]


def _distinct(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))
