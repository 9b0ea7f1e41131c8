"""Why answers fail: a kind by rule, then clusters of failures that say the same, each with a representative.

Covers what verdicts carry: reason, exception, message, check. Does not read the model's mind: two failures are alike when
their kind and their message agree once names of values, numbers and places are taken out.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from evals.records import Failure

KINDS: Mapping[str, str] = {
    "no code": "the answer has no code",
    "truncated": "the token limit ended the answer before its code was whole",
    "syntax": "the code does not compile",
    "missing import": "a module or a name that an import would have brought is not there",
    "wrong name": "the function, class or export that is asked for is not there",
    "wrong signature": "it is called with other arguments than it takes",
    "exception": "something else was raised",
    "wrong value": "it runs and returns something else",
    "wrong exception": "it should have raised and did not, or raised something else",
    "hidden": "the visible checks pass, hidden ones do not",
    "test": "a test of the project fails",
    "format": "a patch that does not apply, a report that is none",
    "time": "it did not end in time",
    "memory": "it used too much memory, or was killed",
    "output": "it printed too much",
    "ended early": "the program ended before its checks",
    "gaming": "it tried to pass without solving the task",
    "metric": "a required metric is below its least",
    "other": "a reason that only its own grader knows",
}
"""Every kind, with what it means."""

_BY_REASON: Mapping[str, str] = {
    "no_code": "no code",
    "truncated": "truncated",
    "syntax_error": "syntax",
    "wrong_value": "wrong value",
    "wrong_output": "wrong value",
    "wrong_rows": "wrong value",
    "wrong_order": "wrong value",
    "wrong_columns": "wrong value",
    "unsettled": "wrong value",
    "wrong_exception": "wrong exception",
    "hidden_fail": "hidden",
    "tests_failed": "test",
    "tests_missing": "test",
    "tests_unexpected": "test",
    "load_error": "exception",
    "metric": "metric",
    "patch_does_not_apply": "format",
    "time": "time",
    "memory": "memory",
    "output_flood": "output",
    "exited_early": "ended early",
    "forged_report": "gaming",
    "flagged": "gaming",
}
_IMPORTABLE = re.compile(r"name '(\w+)' is not defined")
_ARGUMENTS = re.compile(r"(positional|keyword|required) argument|takes \d+ .*argument|missing \d+ required")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Failures that say the same. ``slices`` counts them by slice; the representative has the shortest code."""

    kind: str
    signature: str
    representative: Failure
    tasks: tuple[str, ...]
    slices: Mapping[str, int]

    @property
    def size(self) -> int:
        """Failures in it."""
        return len(self.tasks)


def kind_of(failure: Failure) -> str:
    """The kind of a failure, one of ``KINDS``."""
    reason, _, name = failure.verdict.reason.partition(":")
    if reason != "exception":
        return _BY_REASON.get(reason, "other")
    message = str(failure.verdict.evidence.get("message", ""))
    if name in ("ImportError", "ModuleNotFoundError"):
        return "missing import"
    if name in ("NameError", "ReferenceError"):
        missing = _IMPORTABLE.search(message)
        return "wrong name" if missing and _is_asked_for(missing[1], failure) else "missing import"
    if name == "TypeError" and _ARGUMENTS.search(message):
        return "wrong signature"
    return "exception"


def _is_asked_for(name: str, failure: Failure) -> bool:
    """Whether the check itself names what is missing: then the answer did not define it."""
    return re.search(rf"\b{re.escape(name)}\b", str(failure.verdict.evidence.get("check", ""))) is not None


def signature_of(failure: Failure) -> str:
    """What a failure says, without the values, numbers and names that differ between failures of one cause."""
    evidence = failure.verdict.evidence
    kind = kind_of(failure)
    if kind in ("wrong value", "hidden"):
        return f"{failure.verdict.reason}: expected {_shape(evidence.get('expected'))}, got {_shape(evidence.get('got'))}"
    return f"{failure.verdict.reason}: {_general(str(evidence.get('message', '')))}".rstrip(": ")


def _shape(value: object) -> str:
    """The type of a shown value, and of what it holds: ``list``, ``dict``, ``str``, ``None``, ..."""
    text = str(value if value is not None else "").strip()
    if text in ("", "None", "True", "False", "null", "undefined", "NaN", "nan"):
        return text or "nothing"
    if re.fullmatch(r"[-+]?[\d_]+", text):
        return "int"
    if re.fullmatch(r"[-+]?[\d_]*\.?[\d_]*(?:e[-+]?\d+)?", text):
        return "float"
    for opening, name in (("{}", "empty dict"), ("[]", "empty list"), ("[", "list"), ("(", "tuple"), ("'", "str"), ('"', "str")):
        if text.startswith(opening):
            return name
    if text.startswith("{"):
        return "dict" if ":" in text else "set"
    return text.split("(")[0].split(" ")[0][:40]


def _general(message: str) -> str:
    text = re.sub(r"'[^']*'|\"[^\"]*\"|`[^`]*`", "'…'", message.strip().splitlines()[0] if message.strip() else "")
    return re.sub(r"\d+(?:\.\d+)?", "n", text)[:120]


def clusters_of(failures: Sequence[Failure], slices: Mapping[str, str]) -> list[Cluster]:
    """Clusters, largest first. ``slices`` maps a task's key to its slice."""
    parts: defaultdict[tuple[str, str], list[Failure]] = defaultdict(list)
    for failure in failures:
        parts[kind_of(failure), signature_of(failure)].append(failure)
    found = [_cluster(kind, signature, part, slices) for (kind, signature), part in parts.items()]
    return sorted(found, key=lambda cluster: (-cluster.size, cluster.kind, cluster.signature))


def _cluster(kind: str, signature: str, failures: Sequence[Failure], slices: Mapping[str, str]) -> Cluster:
    shortest = min(failures, key=lambda failure: (len(failure.attempt.code or failure.attempt.completion), failure.task))
    counts = Counter(slices.get(failure.task, "-") for failure in failures)
    return Cluster(
        kind=kind,
        signature=signature,
        representative=shortest,
        tasks=tuple(failure.task for failure in failures),
        slices=dict(counts.most_common()),
    )


def count_kinds(failures: Iterable[Failure]) -> dict[str, int]:
    """Failures by kind, most frequent first."""
    return dict(Counter(map(kind_of, failures)).most_common())
