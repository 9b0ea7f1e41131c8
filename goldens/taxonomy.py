"""Why answers fail: a kind by rule, then clusters of failures that say the same, each with a representative.

Covers what verdicts carry: reason, exception, message, check, and how the result differs from the expected one. Does not
guess at the model's reasons: two failures are alike if their kind and message agree once names of values, numbers and places
are removed.
"""

from __future__ import annotations

import builtins
import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import itertools
import math
import pathlib
import re
import sys
import typing
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from evals.clusters import holm
from evals.reasons import reason_row
from evals.records import Failure
from goldens.differences import is_in_other_words
from goldens.signatures import failed_tests, said_by, signature_of

_UNDEFINED = re.compile(r"name '(\w+)' is not defined|(?:^|\s)([\w$]+) is not defined|variable '(\w+)' where")
_NO_FUNCTION = re.compile(r"([\w$.]+) is not a (?:function|constructor)")
_NO_MODULE = re.compile(r"No module named|Cannot find (?:module|package)|Failed to resolve import|cannot import name")
_OWN_FILE = re.compile(r"cannot import name '\w+' from .*/box/")
_NOT_EXPORTED = re.compile(r"does not provide an export named|forgot to export|is not exported|has no exported member")
_NO_ATTRIBUTE = re.compile(r"(?:object|module) .*has no attribute '(\w+)'")
_NO_RELATION = re.compile(
    r"(?:column|table|view|function|macro)\b.*\b(?:not found|does not exist)|Referenced table", re.IGNORECASE
)
_ARGUMENTS = re.compile(r"(positional|keyword|required) argument|takes \d+ .*argument|missing \d+ required")
_KILLED = re.compile(r"ended early or twice \(exit code (-?\d+)\)")
_COMMON_IMPORTS = frozenset(
    {"np", "pd", "plt", "tf", "torch", "numpy", "pandas", "scipy", "sp", "sns", "requests", "pytest"}
    | {"React", "ReactDOM", "PropTypes", "screen", "render", "fireEvent", "userEvent", "vi", "axios", "lodash", "moment"}
    | {"fs", "util", "assert", "crypto"}
)
_LEVEL = 0.05  # chance of any mark in a table in which slices fail alike


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Failures that say the same. ``slices`` counts them by slice; the representative has the shortest code.

    ``unusual`` are the slices that it hits more often than failures at large do: one-sided p below 5% after Holm's correction
    over all clusters and slices, so that at most one table in twenty marks anything where slices fail alike.
    """

    kind: str
    signature: str
    representative: Failure
    tasks: tuple[str, ...]
    slices: Mapping[str, int]
    unusual: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Failures in it."""
        return len(self.tasks)


def kind_of(failure: Failure) -> str:
    """The kind of a failure, one of ``evals.reasons.KINDS``."""
    reason, _, name = failure.verdict.reason.partition(":")
    if reason == "wrong_output" and is_in_other_words(failure):
        return "format"
    row = reason_row(reason)
    if not row.refined:
        return row.kind
    message = said_by(failure)
    if killed := _KILLED.search(message):
        return "memory" if killed[1] in ("-9", "137") else "ended early"
    if name == "SystemExit":
        return "ended early"
    return _kind_of_message(name, message, failure) or row.kind


def _kind_of_message(name: str, message: str, failure: Failure) -> str:
    """The kind that an error's message gives; empty if it gives none."""
    if _OWN_FILE.search(message) or _NOT_EXPORTED.search(message):
        return "wrong name"
    if name in ("ImportError", "ModuleNotFoundError") or _NO_MODULE.search(message):
        return "missing import"
    if undefined := _UNDEFINED.search(message):
        missing = undefined[1] or undefined[2] or undefined[3]
        return "missing import" if _is_importable(missing) and not _is_asked_for(missing, failure) else "wrong name"
    if absent := _NO_ATTRIBUTE.search(message) or _NO_FUNCTION.search(message):
        return "wrong name" if _is_asked_for(absent[1].rpartition(".")[2], failure) else ""
    if _NO_RELATION.search(message):
        return "wrong name"
    return "wrong signature" if _ARGUMENTS.search(message) else ""


@functools.cache
def _importable() -> frozenset[str]:
    """Names that Python code gets by an import: modules, and what is usually imported from them."""
    modules = (typing, collections, functools, math, datetime, dataclasses, enum, decimal, fractions, pathlib)
    names = {name for module in modules for name in vars(module) if not name.startswith("_")}
    names |= {"accumulate", "chain", "combinations", "groupby", "permutations", "product", "zip_longest"} & set(dir(itertools))
    return frozenset((names | sys.stdlib_module_names | _COMMON_IMPORTS) - set(dir(builtins)))


def _is_importable(name: str) -> bool:
    return name in _importable() or re.fullmatch(r"use[A-Z]\w+", name) is not None  # hooks of React


def _is_asked_for(name: str, failure: Failure) -> bool:
    """Whether the check itself names what is missing, so that the answer did not define it."""
    evidence = failure.verdict.evidence
    asked = [str(evidence.get("check", "")), *(str(test.get("test", "")) for test in failed_tests(failure))]
    return any(re.search(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])", text) for text in asked)


def clusters_of(failures: Sequence[Failure], slices: Mapping[str, str]) -> list[Cluster]:
    """Clusters, largest first. ``slices`` maps a task's key to its slice."""
    parts: defaultdict[tuple[str, str], list[Failure]] = defaultdict(list)
    for failure in failures:
        parts[kind_of(failure), signature_of(failure)].append(failure)
    unusual = _unusual({name: _by_slice(part, slices) for name, part in parts.items()})
    clusters = [_cluster(kind, signature, part, slices, unusual[kind, signature]) for (kind, signature), part in parts.items()]
    return sorted(clusters, key=lambda cluster: (-cluster.size, cluster.kind, cluster.signature))


def _by_slice(failures: Sequence[Failure], slices: Mapping[str, str]) -> Counter[str]:
    return Counter(slices.get(failure.key, "-") for failure in failures)


def _cluster(
    kind: str, signature: str, failures: Sequence[Failure], slices: Mapping[str, str], unusual: tuple[str, ...]
) -> Cluster:
    shortest = min(failures, key=lambda failure: (len(failure.attempt.code or failure.attempt.completion), failure.key))
    return Cluster(
        kind=kind,
        signature=signature,
        representative=shortest,
        tasks=tuple(failure.key for failure in failures),
        slices=dict(_by_slice(failures, slices).most_common()),
        unusual=unusual,
    )


def _unusual(clusters: Mapping[tuple[str, str], Counter[str]]) -> dict[tuple[str, str], tuple[str, ...]]:
    """Slices of each cluster of which a draw of its size from all failures would rarely hold as many (hypergeometric).

    Holm's correction counts every cluster with every slice that could be marked if it stood alone: those that even the most
    extreme draw leaves above 5%, such as clusters of one failure, are no comparisons (Tarone 1990). The sizes alone decide
    that, not where the failures are, so that the error stays below 5%.
    """
    at_large = sum(clusters.values(), Counter())
    total = at_large.total()
    places = [(cluster, name) for cluster in clusters for name in at_large]
    p_values: dict[int, float] = {}
    for place, (cluster, name) in enumerate(places):
        count, drawn, inside = clusters[cluster][name], clusters[cluster].total(), at_large[name]
        if _tail(min(inside, drawn), inside, drawn, total) < _LEVEL:
            p_values[place] = _tail(count, inside, drawn, total) if count else 1.0
    adjusted = holm({f"{place}": p for place, p in p_values.items()})
    marked = {places[int(place)] for place, p in adjusted.items() if p < _LEVEL}
    return {
        cluster: tuple(name for name, _ in counts.most_common() if (cluster, name) in marked)
        for cluster, counts in clusters.items()
    }


def _tail(least: int, inside: int, drawn: int, total: int) -> float:
    """Chance that ``drawn`` of ``total`` hold at least ``least`` of the ``inside`` ones."""
    ways = sum(math.comb(inside, k) * math.comb(total - inside, drawn - k) for k in range(least, min(inside, drawn) + 1))
    return ways / math.comb(total, drawn)


def count_kinds(failures: Iterable[Failure]) -> dict[str, int]:
    """Failures by kind, most frequent first."""
    return dict(Counter(map(kind_of, failures)).most_common())
