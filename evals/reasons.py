"""Why an answer failed: one row per verdict reason, one row per kind of failure.

A reason is what a grader writes into ``Verdict.reason``; some carry a detail after a colon (``exception:KeyError``). The
kind puts it into words for a user who wants to know what to do; a message can make it more precise (``goldens.taxonomy``).
Does not cover errors, which are the fault of the machine, not of the model. A new reason of a grader is one row here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureKind:
    """``meaning`` says what is wrong with the answer, ``advice`` what may help; levers can be tried with ``goldloop ablate``."""

    meaning: str
    advice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One verdict reason.

    ``words`` are for people (reports, tables), ``feedback`` for the model that gets another turn; ``{detail}`` is what the
    reason holds after its colon, ``{reason}`` all of it. ``kind`` is a key of ``KINDS``. ``refined``: the message of a
    failure can say a more precise kind. ``cut_off``: an answer that the token limit ended looks like this.
    """

    words: str
    feedback: str
    kind: str
    refined: bool = False
    cut_off: bool = False

    @property
    def advice(self) -> str:
        """What may help."""
        return KINDS[self.kind].advice


def _kind(meaning: str, advice: str) -> FailureKind:
    return FailureKind(meaning=meaning, advice=advice)


KINDS: Mapping[str, FailureKind] = {
    "no code": _kind("the answer has no code", "a prompt rule that asks for one code block"),
    "truncated": _kind("the token limit ended the answer before its code was whole", "more room: --max-new-tokens"),
    "syntax": _kind("the code does not compile", "a repair turn: it sees the message"),
    "missing import": _kind(
        "a module is missing, or a name that an import would have provided", "a prompt rule, or a repair turn"
    ),
    "wrong name": _kind(
        "a function, class, export, column or table that is asked for or used is not there",
        "say the name in the prompt, or train on the goldens",
    ),
    "wrong signature": _kind("it is called with other arguments than it takes", "say the arguments in the prompt, or train"),
    "exception": _kind("something else was raised", "a repair turn: it sees what was raised"),
    "wrong value": _kind("it runs and returns something else", "train on the goldens"),
    "wrong exception": _kind(
        "it should have raised and did not, or raised something else", "say in the prompt what to raise, or train"
    ),
    "hidden": _kind("the visible checks pass, hidden ones do not", "train on the goldens: cases that were not thought of"),
    "test": _kind("a test of the project fails", "train on the goldens, or a repair turn"),
    "format": _kind(
        "right in the wrong form: a patch that does not apply, words around what should be printed alone",
        "a prompt rule that shows the form",
    ),
    "time": _kind("it did not end in time", "a repair turn, or train on the goldens"),
    "sandbox": _kind(
        "the sandbox denies what it does: network, files outside its folder, the machine's administration",
        "not the model's fault alone: say in the prompt what answers may not do",
    ),
    "memory": _kind("it used too much memory, or was killed", "a repair turn, or train on the goldens"),
    "output": _kind("it printed too much", "a repair turn: an endless loop, or prints left over"),
    "ended early": _kind("the program ended before its checks", "a prompt rule: no exit calls"),
    "gaming": _kind("it passes, and not by solving the task", "look at its flags; it is never trained on"),
    "metric": _kind("a required metric is below its minimum", "a prompt rule that names the tool, or train"),
    "other": _kind("a reason that only its own grader knows", "look at the verdicts (--json)"),
}
"""Every kind of failure, in the order in which an answer meets them."""

_REFUSED = "The answer was refused ({reason})"

REASONS: Mapping[str, Reason] = {
    "no_code": Reason(
        words="no code in the answer", feedback="There was no code block in the answer.", kind="no code", cut_off=True
    ),
    "truncated": Reason(
        words="cut off at the token limit",
        feedback="The answer was cut off at the token limit; be brief.",
        kind="truncated",
    ),
    "syntax_error": Reason(words="syntax error", feedback="The code does not compile", kind="syntax", cut_off=True),
    "exception": Reason(words="raised {detail}", feedback="{detail} was raised", kind="exception", refined=True),
    "load_error": Reason(words="does not load", feedback="The tests could not be loaded", kind="exception", refined=True),
    "wrong_value": Reason(words="wrong value", feedback="A test failed", kind="wrong value"),
    "wrong_exception": Reason(words="wrong exception", feedback="A test failed", kind="wrong exception"),
    "wrong_output": Reason(
        words="wrong output", feedback="A test failed: the program printed something else", kind="wrong value"
    ),
    "wrong_rows": Reason(words="wrong rows", feedback="The query gives other rows", kind="wrong value"),
    "wrong_order": Reason(words="wrong order", feedback="The query gives the right rows in another order", kind="wrong value"),
    "wrong_columns": Reason(words="wrong columns", feedback="The query gives other columns", kind="wrong value"),
    "unsettled": Reason(words="checks that do not settle", feedback="A test failed", kind="wrong value"),
    "hidden_fail": Reason(words="hidden checks fail", feedback="The visible tests pass, but hidden ones fail", kind="hidden"),
    "tests_failed": Reason(words="failing tests", feedback="Tests failed", kind="test", refined=True),
    "tests_missing": Reason(words="tests did not run", feedback="Tests did not run", kind="test"),
    "tests_unexpected": Reason(
        words="tests that are not the task's", feedback="Other tests ran than those of the task", kind="test"
    ),
    "patch_does_not_apply": Reason(
        words="patch does not apply", feedback="The patch does not apply to the files", kind="format", cut_off=True
    ),
    "time": Reason(words="out of time", feedback="The code did not finish in time", kind="time"),
    "denied": Reason(
        words="denied by the sandbox",
        feedback="The sandbox does not allow what the code does; it has no network, and no files but those of its own folder",
        kind="sandbox",
    ),
    "memory": Reason(words="out of memory", feedback="The code used too much memory", kind="memory"),
    "output_flood": Reason(words="flooded its output", feedback="The code printed too much", kind="output"),
    "exited_early": Reason(words="exited early", feedback="The program ended before its tests were over", kind="ended early"),
    "forged_report": Reason(words="forged its report", feedback=_REFUSED, kind="gaming"),
    "flagged": Reason(words="flagged: {detail}", feedback=_REFUSED, kind="gaming"),
    "metric": Reason(words="{detail} below its minimum", feedback=_REFUSED, kind="metric"),
}
"""Every reason that a grader of this package gives for status ``fail`` or ``unsettled``, by what stands before its colon."""

_UNKNOWN = Reason(words="{reason}", feedback=_REFUSED, kind="other")  # a grader from outside may give reasons of its own


def reason_row(reason: str) -> Reason:
    """The row of a verdict's reason, with or without its detail; a row of kind ``other`` where there is none."""
    return REASONS.get(reason.partition(":")[0], _UNKNOWN)


def reason_words(reason: str) -> str:
    """A verdict's reason for people: ``exception:TypeError`` is ``raised TypeError``."""
    return _filled(reason_row(reason).words, reason)


def reason_feedback(reason: str) -> str:
    """A verdict's reason for the model that wrote the answer."""
    return _filled(reason_row(reason).feedback, reason)


def _filled(text: str, reason: str) -> str:
    detail = reason.partition(":")[2]
    if "{detail}" in text and not detail:
        return reason
    return text.replace("{reason}", reason).replace("{detail}", detail)
