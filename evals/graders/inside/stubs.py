"""Runs inside the sandbox in place of an answer, so that checks can be evaluated without the candidate.

To learn which calls the checks make, it wraps the golden's functions. To replay the checks, it stands in for them: a call
gets the answer that the candidate gave to it in another process, and a call without an answer is noted and ends its step.
Standard library only; ``goldloop_functions``, ``goldloop_answers`` (None to learn) and ``goldloop_seed`` are given.
"""

import builtins
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

goldloop_encode = sys._getframe(1).f_globals["encode"]
goldloop_seen: "list[list[str]]" = []
goldloop_state = {"depth": 0, "missing": 0}

if globals()["goldloop_seed"]:
    __import__("random").seed(globals()["goldloop_seed"])


class GoldloopUnknown(BaseException):
    """A call that no answer is known for."""


class GoldloopOpaque:
    """Something that the candidate returned and that is not a plain value: it equals nothing and can do nothing."""

    def __init__(self, text: str, truth: bool) -> None:
        self.text, self.truth = text, truth

    def __bool__(self) -> bool:
        return self.truth

    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return self.text


def goldloop_learning(name: str, function: "Callable[..., Any]") -> "Callable[..., Any]":
    def learning(*args: "Any", **kwargs: "Any") -> "Any":
        if goldloop_state["depth"]:
            return function(*args, **kwargs)
        goldloop_seen.append([name, goldloop_encode((args, kwargs))])
        random = sys.modules.get("random")
        state = random.getstate() if random else None
        goldloop_state["depth"] += 1
        try:
            return function(*args, **kwargs)
        finally:
            goldloop_state["depth"] -= 1
            if random:  # random numbers drawn by the golden must not change those that the checks draw
                random.setstate(state)

    return learning


def goldloop_replaying(name: str, answers: "dict[tuple[str, str], list[Any]]") -> "Callable[..., Any]":
    queues: dict[str, Iterator[Any]] = {key: iter(queue) for (owner, key), queue in answers.items() if owner == name}

    def replaying(*args: "Any", **kwargs: "Any") -> "Any":
        key = goldloop_encode((args, kwargs))
        goldloop_seen.append([name, key])
        answer = next(queues.get(key, iter(())), None)
        if answer is None:
            goldloop_state["missing"] += 1
            raise GoldloopUnknown(name)
        kind, given, changed = answer
        scope = {"Opaque": GoldloopOpaque}
        if changed:
            goldloop_change((args, kwargs), eval(changed, scope))
        if kind == "raised":
            raise goldloop_error(*given)
        return eval(given, scope)

    return replaying


def goldloop_change(before: "Any", after: "Any") -> None:
    """Do to the arguments what the candidate did to its own."""
    pairs = [*zip(before[0], after[0], strict=True), *((before[1][key], after[1][key]) for key in before[1])]
    for old, new in pairs:
        if isinstance(old, list):
            old[:] = new
        elif isinstance(old, (dict, set)):
            old.clear()
            old.update(new)


def goldloop_error(names: "list[str]", message: str) -> BaseException:
    base = next((getattr(builtins, name[9:]) for name in names if name.startswith("builtins.")), Exception)
    kind = base if names[0].startswith("builtins.") else type(names[0].rpartition(".")[2], (base,), {})
    try:
        error: BaseException = kind(message)
    except Exception:  # UnicodeDecodeError and the like need more than a message
        error = Exception(message)
    return error


for goldloop_name in globals()["goldloop_functions"]:
    if globals()["goldloop_answers"] is None:
        globals()[goldloop_name] = goldloop_learning(goldloop_name, globals()[goldloop_name])
    else:
        globals()[goldloop_name] = goldloop_replaying(goldloop_name, globals()["goldloop_answers"])
