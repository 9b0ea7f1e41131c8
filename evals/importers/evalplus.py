"""EvalPlus (Liu et al. 2023, arXiv:2305.01210): HumanEval+ and MBPP+, JSONL with ``base_input`` and ``plus_input``.

The inputs are the task's hidden ones (``Task.fuzz``), all base inputs first; a reference run of the golden answers them. The
grader asks at most 200 inputs a task, so larger sets are thinned evenly, and inputs of more than 20,000 characters are left
out; both are noted. An empty set of inputs may be written ``{}``; a task with fewer than ten has just those. ``atol`` becomes
the comparator. Splits are those of the original benchmarks. Where several answers are right (roots, sets as lists, a match
object for True) the comparison is the benchmark's own. Not covered: ``contract``, since all inputs meet it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from evals.checks import parse_checks
from evals.errors import BadInput, TaskFault
from evals.graders.fuzz import LEAST_INPUTS, MOST_INPUTS
from evals.importers import Imported, find_file, missing, of_row, unix
from evals.importers.humaneval import given
from evals.importers.mbpp import official_split
from evals.importers.partial import build_partial, python_literal
from evals.records import Limits
from evals.tables import TableRow, read_rows
from evals.validation import SuiteHeader

FILES = (
    *("HumanEvalPlus.jsonl", "HumanEvalPlus.jsonl.gz", "HumanEvalPlus-Mini.jsonl", "HumanEvalPlus-Mini.jsonl.gz"),
    *("MbppPlus.jsonl", "MbppPlus.jsonl.gz", "MBPPPlus.jsonl", "MBPPPlus.jsonl.gz"),
)
_WANTED = {
    **{"task_id": str, "prompt": str, "entry_point": str, "canonical_solution": str},
}
_LONGEST_INPUT = 20_000
_PROMPT = "{lead}\n\n```python\n{stub}\n```"
_LEADS = {
    "humanevalplus": "Complete this Python code. Answer with the complete code in one code block.",
    "mbppplus": "Write the Python function that this text describes. Answer with the complete code in one code block.",
}
_SAME_ITEMS = {
    *("similar_elements", "find_char_long", "common_in_nested_lists", "extract_singly", "larg_nnum", "intersection_array"),
    *("find_dissimilar", "Diff"),
}
"""MBPP+ functions whose list stands for a set."""
_TRUTHS = {"check_str", "text_match_three", "text_starta_endb"}
"""MBPP+ functions for which a match object stands for True."""
_COMPARATORS = {
    "same_items": "def same_items(got, expected):\n    return set(got) == set(expected)\n",
    "same_truth": (
        "def same_truth(got, expected):\n"
        "    said, wanted = (one if isinstance(one, bool) else one is not None for one in (got, expected))\n"
        "    return said == wanted\n"
    ),
}


def import_evalplus(path: Path) -> Imported:
    """Read HumanEval+ or MBPP+.

    Raises:
        BadInput: the file is not EvalPlus'.
    """
    file = find_file(path, FILES)
    problems: list[str] = []
    rows = read_rows(file, problems)
    first = str(rows[0].values.get("task_id", ""))
    names = {"HumanEval/": "humanevalplus", "Mbpp/": "mbppplus"}
    name = next((known for prefix, known in names.items() if first.startswith(prefix)), None)
    if name is None:
        raise BadInput(f"{rows[0].place}: task_id: expected HumanEval/NUMBER or Mbpp/NUMBER, found {first!r:.60}")
    notes: list[str] = []
    tasks = []
    for row in rows:
        row_problems = _problems(row, name)
        if not row_problems:
            try:
                tasks.append(_task(row, name, notes))
            except TaskFault as error:
                row_problems = [f"{row.place}: {error}"]
        problems += of_row(row, row_problems)
    return build_partial(_header(name), tasks, problems, file, notes)


def _header(name: str) -> SuiteHeader:
    human = name == "humanevalplus"
    return SuiteHeader(
        name=name,
        description=f"{'HumanEval+' if human else 'MBPP+'}: hidden inputs, the golden as the oracle (Liu et al. 2023).",
        licence="Apache-2.0 AND MIT" if human else "Apache-2.0 AND CC-BY-4.0",
        train_ok=not human,
        system="You write Python. Answer with one code block.",
        limits=Limits(wall_seconds=20.0),
    )


def _problems(row: TableRow, name: str) -> list[str]:
    problems = missing(row, _WANTED)
    if problems:
        return problems
    values = row.values
    prefix = "HumanEval/" if name == "humanevalplus" else "Mbpp/"
    number = values["task_id"].removeprefix(prefix)
    if not (values["task_id"].startswith(prefix) and number.isdecimal()):
        problems.append(f"{row.place}: task_id: expected {prefix}NUMBER, found {values['task_id']!r:.60}")
    elif name == "mbppplus" and official_split(int(number)) is None:
        problems.append(f"{row.place}: task_id: expected Mbpp/1 to Mbpp/974, found {values['task_id']!r}")
    if not values["entry_point"].isidentifier():
        problems.append(f"{row.place}: entry_point: expected a function's name, found {values['entry_point']!r:.60}")
    for key in ("base_input", "plus_input"):
        found = values.get(key) or []  # no input at all is written in several ways: [], {}, null, or nothing
        if not isinstance(found, list):
            problems.append(f"{row.place}: {key}: expected a list of inputs, found {found!r:.60}")
            continue
        for place, arguments in enumerate(found):
            if not isinstance(arguments, list):
                problems.append(f"{row.place}: {key}[{place}]: expected a list of arguments, found {arguments!r:.60}")
    atol = values.get("atol", 0)
    if not isinstance(atol, (int, float)) or isinstance(atol, bool) or not 0 <= atol < 1e9:
        problems.append(f"{row.place}: atol: expected a number >= 0, found {atol!r:.60}")
    return problems


def _task(row: TableRow, name: str, notes: list[str]) -> Mapping[str, Any]:
    values = row.values
    prompt, entry = unix(values["prompt"]), values["entry_point"]
    number = values["task_id"].rpartition("/")[2]
    human = name == "humanevalplus"
    solution = unix(values["canonical_solution"])
    inputs = _inputs(row, name, int(number), notes)
    task: dict[str, Any] = {
        "id": number,
        "group": number,
        "split": "holdout" if human else official_split(int(number)),
        "prompt": _PROMPT.format(lead=_LEADS[name], stub=prompt.strip("\n")),
        "golden": ((prompt + solution) if human else solution).strip("\n") + "\n",
        "entry": entry,
        "source": row.place,
    }
    if entry == "find_zero" and human:
        # Any root is right: only a check with the polynomial of the prompt can tell, not a comparison with one root.
        tolerance = values.get("atol") or 1e-4
        lines = [f"assert abs(poly({arguments[0]!r}, {entry}({arguments[0]!r}))) <= {tolerance!r}\n" for arguments in inputs]
        return {**task, "checks": given(prompt, entry) + "".join(lines)}
    if not inputs:
        raise TaskFault("base_input and plus_input: expected inputs, found none")
    compare = _comparator(entry, name, float(values.get("atol") or 0))
    base = values.get("base_input") or []
    written = [python_literal(tuple(arguments)) for arguments in inputs]
    yields = "".join(f"    yield {arguments}\n" for arguments in written)
    # Of a few the golden may not answer all with a value that can be recorded; the benchmark's own first ones it does.
    least = f"LEAST = {len(set(written[: len(base)])) or 1}\n\n\n" if len(set(written)) < LEAST_INPUTS else ""
    asserted = _asserted(unix(values.get("assertion") or ""), entry)
    return {
        **task,
        "checks": _COMPARATORS.get(compare, "") + asserted,
        "fuzz": f"{least}def inputs(random):\n{yields}",
        "compare": compare,
    }


def _comparator(entry: str, name: str, atol: float) -> str:
    if name == "mbppplus" and entry in _SAME_ITEMS:
        return "same_items"
    if name == "mbppplus" and entry in _TRUTHS:
        return "same_truth"
    return f"approx(rtol=1e-7, atol={atol!r})" if atol else "exact"


def _asserted(assertion: str, entry: str) -> str:
    """The benchmark's own assertions where it has any; hidden inputs decide, but a task needs a check beside them."""
    if assertion.strip():
        parse_checks(assertion, "assertion")
        return assertion.strip() + "\n"
    return f"assert callable({entry})\n"


def _inputs(row: TableRow, name: str, number: int, notes: list[str]) -> list[list[Any]]:
    """The base inputs and evenly spread ones of the others, within what the grader asks."""
    kept = []
    for key in ("base_input", "plus_input"):
        raw = row.values.get(key) or []
        try:
            read = [_typed(number, arguments) for arguments in raw] if name == "mbppplus" else raw
        except (TypeError, ValueError, LookupError, AttributeError) as error:
            raise TaskFault(f"{key}: not the arguments of this task: {error}") from None
        short = [arguments for arguments in read if len(repr(arguments)) <= _LONGEST_INPUT]
        if len(short) < len(read):
            long = len(read) - len(short)
            notes.append(f"{row.place}: {key}: {long} of {len(read)} inputs are longer than {_LONGEST_INPUT:,} characters")
        kept.append(short)
    base, plus = kept
    room = max(0, MOST_INPUTS - len(base))
    if len(plus) > room:
        notes.append(f"{row.place}: plus_input: {room} of {len(plus)} inputs kept, evenly spread")
        plus = [plus[place * len(plus) // room] for place in range(room)]
    return [*base[:MOST_INPUTS], *plus]


Change = Callable[[list[Any]], list[Any]]


def _typed(number: int, arguments: list[Any]) -> list[Any]:
    """Arguments of an MBPP+ task with the types that JSON cannot write: tuples, sets, complex numbers."""
    change = next((change for numbers, change in _TYPES if number in numbers), None)
    return arguments if change is None else change(arguments)


def _deep(value: Any) -> Any:
    return tuple(_deep(item) for item in value) if isinstance(value, list) else value


def _all(values: Any) -> list[Any]:
    return [tuple(value) for value in values]


_TYPES: tuple[tuple[frozenset[int], Change], ...] = (
    (
        frozenset((2, 116, 132, 143, 222, 261, 273, 394, 399, 421, 424, 429, 470, 560, 579, 596, 616, 630, 726, 740, 744, 809)),
        _all,
    ),
    (
        frozenset((63, 64, 70, 94, 120, 237, 272, 299, 400, 409, 417, 438, 473, 614, 780)),
        lambda given: [_all(item) for item in given],
    ),
    (frozenset((75, 413, 444, 753)), lambda given: [_all(given[0]), given[1]]),
    (frozenset((106, 750)), lambda given: [given[0], tuple(given[1])]),
    (frozenset((115,)), lambda given: [[set(item) if isinstance(item, list) and item else {} for item in given[0]]]),
    (frozenset((124,)), lambda given: [float(given[0]), complex(given[1])]),
    (frozenset((250, 405, 446, 617, 720, 763, 808)), lambda given: [tuple(given[0]), given[1]]),
    (frozenset((259, 401, 445)), lambda given: [tuple(_all(item)) for item in given]),
    (frozenset((278,)), lambda given: [tuple(tuple(item) if isinstance(item, list) else item for item in given[0])]),
    (frozenset((307,)), lambda given: [tuple(given[0]), given[1], given[2]]),
    (frozenset((722,)), lambda given: [{key: tuple(value) for key, value in given[0].items()}, *given[1:]]),
    (frozenset((252,)), lambda given: [complex(given[0])]),
    (frozenset((580, 615, 791)), lambda given: [_deep(item) for item in given]),
)
"""By MBPP's task numbers, how the benchmark types the arguments."""
