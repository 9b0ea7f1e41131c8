"""A user's own rows on their way into a trainset: screened, proved where they name a task, and counted in the funnel.

A row that names a task of a loaded suite is graded by that task's checks, in the sandbox; what fails them is not learnt. All
other rows are learnt as they are given, and the card says that nothing proved them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from decontam.screen import SplitIndex
from evals.asked import answer_language, asked_names
from evals.errors import BadInput, Inconclusive, joined
from evals.extract import extract_code
from evals.files import read_records, write_jsonl
from evals.graders import grade
from evals.progress import Progress, Silent
from evals.records import Task, Verdict
from evals.run import Grade, fitting_workers
from evals.sandboxes.base import Sandbox
from evals.suites import Suite
from loop.bench import sandbox_of
from loop.config import Config
from trainset.given import GivenLeak, GivenPair, read_given, screen_given
from trainset.records import Example

FAILED = "given, fails the checks of its task"


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenRows:
    """Rows to train on, and the rest by reason: ``len(examples) + sum(dropped.values())`` rows were given.

    ``proved`` of the rows passed the checks of a task.
    """

    examples: tuple[Example, ...] = ()
    dropped: Mapping[str, int]
    proved: int = 0

    @property
    def rows(self) -> int:
        """How many were given."""
        return len(self.examples) + sum(self.dropped.values())


def given_stage(
    files: Sequence[Path],
    columns: Mapping[str, str],
    index: SplitIndex,
    suites: Sequence[Suite],
    config: Config,
    folder: Path,
    count_tokens: Callable[[Example], int],
    *,
    unsafe_local: bool = False,
    progress: Progress | None = None,
) -> GivenRows:
    """The rows of a user's tables, see ``given_rows``; a sandbox is opened only where a row names a task.

    Raises:
        BadInput: a table cannot be read or a row is not understood, and as ``given_rows``.
        Inconclusive: as ``given_rows``.
    """
    pairs = [pair for file in files for pair in read_given(file, columns)]
    if twice := [key for key, count in Counter(pair.key for pair in pairs).items() if count > 1]:
        raise BadInput(
            f"--pairs: rows of different files have the same name ({', '.join(twice[:3])}); rename a file, or give ids"
        )
    opened: list[Sandbox] = []

    def open_grade() -> Grade:
        opened.append(sandbox_of(config, unsafe_local=unsafe_local))
        return lambda task, code: grade(task, code, opened[0])

    try:
        return given_rows(
            pairs,
            index,
            suites,
            folder,
            open_grade,
            count_tokens=count_tokens,
            max_length=config.finetune.max_length,
            workers=config.evals.workers,
            progress=progress,
        )
    finally:
        for sandbox in opened:
            sandbox.close()


def leaks_of(folder: Path) -> list[GivenLeak]:
    """The rows of a finished stage that leak the holdout, dev or final."""
    return read_records(folder / "contaminated.jsonl", GivenLeak)


def given_rows(
    pairs: Sequence[GivenPair],
    index: SplitIndex,
    suites: Sequence[Suite],
    folder: Path,
    open_grade: Callable[[], Grade],
    *,
    count_tokens: Callable[[Example], int],
    max_length: int,
    workers: int = 0,
    progress: Progress | None = None,
) -> GivenRows:
    """Screen and prove rows; evidence of leaks and failures is written to ``folder``.

    ``open_grade`` gives what grades an answer; it is called only where a row names a task.

    Raises:
        BadInput: a row names a task that no suite has, or is longer than ``max_length`` tokens (rows are never cut).
        Inconclusive: the sandbox failed on some.
    """
    tasks = {task.key: task for suite in suites for task in suite.tasks}
    unknown = [
        f"{pair.place}: task {pair.task!r} is in no suite given by --holdout"
        for pair in pairs
        if pair.task and pair.task not in tasks
    ]
    if unknown:
        raise BadInput(joined([*unknown, f"expected SUITE/ID, such as {next(iter(tasks), 'house/a_task')}"]))
    screening = screen_given(pairs, index)
    named = [pair for pair in screening.clean if pair.task]
    verdicts = _graded(named, tasks, open_grade(), workers, progress or Silent()) if named else {}
    failed = {key: verdict for key, verdict in verdicts.items() if not (verdict.trusted and not verdict.flags)}
    write_jsonl(folder / "contaminated.jsonl", screening.leaks)
    write_jsonl(folder / "failed.jsonl", [{"key": key, "verdict": verdict} for key, verdict in failed.items()])
    kept = [pair for pair in screening.clean if pair.key not in failed]
    examples = [pair.example(index.digest, verdicts[pair.key].sandbox if pair.key in verdicts else "") for pair in kept]
    _require_short(kept, examples, count_tokens, max_length)
    leaks = Counter(f"given, leaks {leak.matches[0].split} {leak.matches[0].part}" for leak in screening.leaks)
    dropped = {**leaks, "given twice": screening.repeated, FAILED: len(failed)}
    proved = len(verdicts) - len(failed)
    return GivenRows(examples=tuple(examples), dropped={why: count for why, count in dropped.items() if count}, proved=proved)


def _graded(
    pairs: Sequence[GivenPair], tasks: Mapping[str, Task], judge: Grade, workers: int, progress: Progress
) -> dict[str, Verdict]:
    """Verdicts by row; an answer that meets a fault is graded once more, alone."""
    progress.start("prove given answers", len(pairs), "answers")

    def run(pair: GivenPair) -> Verdict:
        task = tasks[pair.task]
        found = extract_code(pair.answer, answer_language(task), asked_names(task))
        return judge(task, found.code if found else None)

    verdicts = {}
    with ThreadPoolExecutor(fitting_workers(workers, [tasks[pair.task] for pair in pairs]), thread_name_prefix="given") as pool:
        for pair, verdict in zip(pairs, pool.map(run, pairs), strict=True):
            verdicts[pair.key] = verdict
            progress.advance()
    for pair in pairs:
        if verdicts[pair.key].status == "error":
            verdicts[pair.key] = run(pair)
    progress.finish()
    faults = [key for key, verdict in verdicts.items() if verdict.status == "error"]
    if faults:
        reason = verdicts[faults[0]].reason
        shown = ", ".join(faults[:3])
        raise Inconclusive(f"{len(faults)} given answers could not be graded, the sandbox failed ({reason}): {shown}")
    return verdicts


def _require_short(
    pairs: Sequence[GivenPair], examples: Sequence[Example], count_tokens: Callable[[Example], int], most: int
) -> None:
    lengths = [(pair.place, count_tokens(example)) for pair, example in zip(pairs, examples, strict=True)]
    if long := [f"{place}: {length} tokens, finetune.max_length is {most}" for place, length in lengths if length > most]:
        raise BadInput(joined([*long, "raise it with --set finetune.max_length=..., or shorten these rows (rows are never cut)"]))
