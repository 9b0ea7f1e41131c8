"""What says that an answer failed: declared signals, never guessed ones. Silence says nothing.

Some signals state their direction themselves: an exception, a correction, a thumb, a revert, a red build. A score does not: 1 can
be the best or the worst, so numbers and other labels count only under a rule of the user's (``correctness<0.5``,
``review=wrong``). What has no rule is counted apart, by name.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from evals.errors import BadInput
from evals.logs.base import Feedback, LogEntry
from evals.records import Record

Says = Literal["fails", "passes", "unknown"]
_RULE = re.compile(r"\s*(?P<name>[^<>=!]*[^<>=!\s])\s*(?P<sign><=|>=|!=|=|<|>)\s*(?P<value>.*\S)\s*")
_DRESS = re.compile(r"[\s_:\-\ufe0f\U0001f3fb-\U0001f3ff]+")
_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "!=": operator.ne,
}
_DOWN = frozenset({"thumbsdown", "thumbdown", "down", "downvote", "downvoted", "dislike", "disliked", "negative", "notok", "👎"})
_UP = frozenset({"thumbsup", "thumbup", "up", "upvote", "upvoted", "like", "liked", "positive", "ok", "👍"})
_ACCEPTED = frozenset({"accepted", "merged", "keptasis"})
_STATED: Mapping[str, tuple[Says, str]] = {
    **dict.fromkeys(_DOWN, ("fails", "thumbs-down")),
    **dict.fromkeys(_UP, ("passes", "thumbs-up")),
    **dict.fromkeys(_ACCEPTED, ("passes", "accepted")),
    "reverted": ("fails", "reverted"),
    "rejected": ("fails", "rejected"),
    "edited": ("fails", "edited before accepting"),
    "red": ("fails", "red build"),
    "green": ("passes", "green build"),
}
_NAMED = frozenset(
    {"thumbsdown", "thumbdown", "downvote", "dislike", "thumbsup", "thumbup", "upvote", "like", "reverted", "rejected"}
)


class SignalRule(Record):
    """``name`` compared with ``value``: a number for scores, else a label, whose case does not matter."""

    says: Literal["fails", "passes"]
    name: str
    sign: str
    value: str

    def __str__(self) -> str:
        return f"{self.name}{self.sign}{self.value}"

    def holds(self, feedback: Feedback) -> bool:
        """Whether a feedback is of this name and meets the condition."""
        if feedback.name != self.name:
            return False
        number = _number(self.value)
        if number is not None and feedback.score is not None:
            return _COMPARE[self.sign](feedback.score, number)
        if self.sign not in ("=", "!=") or not feedback.label:
            return False
        return (feedback.label.strip().casefold() == self.value.casefold()) == (self.sign == "=")


class Reading(Record):
    """What one feedback says: ``signal`` is its name for people; ``ruled`` is False for a score or label without a rule."""

    says: Says
    signal: str
    ruled: bool = True


def parse_rule(text: str, says: Literal["fails", "passes"]) -> SignalRule:
    """A rule as it is written: ``correctness<0.5``, ``review=wrong``.

    Raises:
        BadInput: it is no comparison of a name with a value, or compares by size with what is no number.
    """
    found = _RULE.fullmatch(text)
    example = f"--{says} 'correctness<0.5' or --{says} 'review=wrong'"
    if found is None:
        raise BadInput(f"--{says} {text!r}: expected NAME, one of < <= > >= = !=, and a value, such as {example}")
    rule = SignalRule(says=says, name=found["name"].strip(), sign=found["sign"], value=found["value"])
    if rule.sign not in ("=", "!=") and _number(rule.value) is None:
        raise BadInput(f"--{says} {text!r}: {rule.value!r} is no number, which {rule.sign} needs; such as {example}")
    return rule


def read_feedback(feedback: Feedback, rules: Iterable[SignalRule]) -> Reading:
    """What a feedback says: by the first rule that holds, else by a direction that it states itself, else unknown."""
    named = False
    for rule in rules:
        if rule.holds(feedback):
            return Reading(says=rule.says, signal=str(rule))
        named = named or rule.name == feedback.name
    if named:
        return Reading(says="unknown", signal=feedback.name)
    if feedback.correction:
        return Reading(says="fails", signal="corrected")
    label, name = _plain(feedback.label), _plain(feedback.name)
    stated = _STATED.get(label) or (_STATED.get(name) if name in _NAMED and _is_set(feedback) else None)
    if stated is not None:
        return Reading(says=stated[0], signal=stated[1])
    return Reading(says="unknown", signal=feedback.name or "feedback", ruled=feedback.score is None and not feedback.label)


def read_entry(entry: LogEntry) -> list[Reading]:
    """What an entry says of itself: an exception, or a correction beside the answer."""
    found = []
    if entry.error:
        found.append(Reading(says="fails", signal="exception"))
    if entry.corrected and entry.corrected.strip() != entry.answer.strip():
        found.append(Reading(says="fails", signal="corrected"))
    return found


def _is_set(feedback: Feedback) -> bool:
    """A feedback that is named for its direction says it where it has no number, or one that is not 0."""
    return feedback.score is None or feedback.score > 0


def _plain(text: str) -> str:
    """A word or a hand in its plain form: no case, no separators, no skin tone, no sign that asks for a picture."""
    return _DRESS.sub("", text).casefold()


def _number(text: str) -> float | None:
    if text.casefold() in ("true", "false"):
        return float(text.casefold() == "true")
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
