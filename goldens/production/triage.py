"""The way of a log's failures to tasks: clustered, reproduced, drafted, reviewed, active; each step once, whole, and said.

``DIR/decisions.jsonl`` is the journal of what was decided, ``DIR/problems/*.json`` what was run for each problem, ``DIR/suite``
the tasks: drafts, which nothing counts, and active ones. Everything else follows from these and from the log. A run that was
killed goes on where it was. Does not read logs (see ``evals.logs``) or ask people (see ``goldens.review``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from evals.errors import ToolchainMissing
from evals.files import Journal, digest
from evals.logs.project import JudgedAnswer, Log, read_log
from evals.models.base import Backend, Prompt, Sampling
from evals.progress import Progress, Silent
from evals.records import Message, Record, Split, Task
from evals.run import Grade, evaluate, fitting_workers
from evals.sandboxes.base import Sandbox
from goldens.production.activation import Activation, Leaks, activation, is_approved
from goldens.production.clusters import assign, assign_splits
from goldens.production.comparing import DraftBench
from goldens.production.drafts import NO_GOLDEN, code_of, language_of_problem, propose, split_of
from goldens.production.folders import Workbook, write_suite
from goldens.production.journal import Decisions
from goldens.production.records import ProductionProblem, Proposal, Reproduction, Standing, State
from goldens.verify import Effort

LEAST_RATE = 0.6
SAMPLES = 5
SATURATED_AFTER = 3
"""Models in a row that pass an active task before it is called saturated; it stays in the suite all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What triage works with. ``open_model`` None: problems wait for a model. ``suite`` is the suite's name.

    ``samples`` answers are asked of the model at ``temperature``; a failure counts as reproduced from ``LEAST_RATE`` of them on.
    ``open_stronger`` is a model, named ``stronger``, that writes goldens where the log has none; each is marked as its until a
    person approves. ``passes`` has, by task id, whether the models that were evaluated so far passed it, the newest last.
    """

    sandbox: Sandbox
    grade: Grade
    suite: str
    leaks: Leaks
    model: str = ""
    open_model: Callable[[], Backend] | None = None
    stronger: str = ""
    open_stronger: Callable[[], Backend] | None = None
    passes: Mapping[str, Sequence[bool]] = field(default_factory=dict)
    samples: int = SAMPLES
    temperature: float = 0.7
    max_new_tokens: int = 512
    seed: int = 0
    effort: Effort = field(default_factory=Effort)
    workers: int = 0
    progress: Progress = field(default_factory=Silent)


class Funnel(Record):
    """How many of the log's answers came how far. ``entries == failing + passing + unknown``, ``problems == sum(states)``.

    ``reproduced``, ``drafted`` and ``active`` count problems that came at least so far; ``waiting`` counts those that wait, by
    whom they wait for; ``said`` counts answers by signal.
    """

    entries: int
    failing: int
    passing: int
    unknown: int
    said: Mapping[str, int]
    unruled: Mapping[str, int]
    waiting_feedback: int
    problems: int
    states: Mapping[str, int]
    reproduced: int
    drafted: int
    active: int
    waiting: Mapping[str, int]
    mistaken: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Triaged:
    """Where all problems of a project stand, the most frequent first."""

    standings: tuple[Standing, ...]
    funnel: Funnel


def triage(folder: Path, tools: Tools) -> Triaged:
    """Take every problem of a project as far as it can go.

    Raises:
        BadInput: nothing was ingested, or a file of the project was damaged.
        SandboxFault, BackendFault: infrastructure failed; run it again, and it goes on.
    """
    log = read_log(folder)
    decisions = Decisions(folder)
    _cluster(log, decisions)
    problems = problems_of(log, decisions)
    book = Workbook(folder)
    proposals = _proposals(problems, log, decisions, book, tools)
    if _ask_stronger([p for p in problems if proposals[p.id].waiting == NO_GOLDEN], log, decisions, tools):
        proposals = _proposals(problems, log, decisions, book, tools)
    reproductions = _reproductions(folder, proposals, book, tools)
    for problem in problems:
        _advance(problem, proposals[problem.id], reproductions.get(problem.id), decisions, book, tools)
    standings = [_standing(p, decisions, proposals[p.id], reproductions.get(p.id), book) for p in problems]
    result = Triaged(standings=tuple(standings), funnel=_funnel(log, standings))
    write_suite(folder, tools.suite, standings, result.funnel.model_dump(mode="json"))
    return result


def look(folder: Path) -> Triaged:
    """Where all problems stand, without running anything.

    Raises:
        BadInput: nothing was ingested.
    """
    log = read_log(folder)
    decisions = Decisions(folder)
    book = Workbook(folder)
    standings = [_standing(p, decisions, book.proposal(p.id), book.reproduction(p.id), book) for p in problems_of(log, decisions)]
    return Triaged(standings=tuple(standings), funnel=_funnel(log, standings))


def _cluster(log: Log, decisions: Decisions) -> None:
    """Give every answer its problem, and every problem its split, for good."""
    new = assign(log.judged, decisions.assigned())
    if new:
        decisions.add("assign", values=new)
    assigned = decisions.assigned()
    first: dict[str, str] = {}
    closed: set[str] = set()
    for answer in log.judged:
        problem = assigned.get(answer.id)
        if problem is not None and answer.fails:
            first.setdefault(problem, answer.time)
            closed |= {problem} if not answer.train_ok else set()
    splits = assign_splits(first, decisions.splits(), closed=closed)
    if splits:
        decisions.add("split", values=splits)


def problems_of(log: Log, decisions: Decisions) -> list[ProductionProblem]:
    """The problems of a log, the most frequent first."""
    assigned, splits = decisions.assigned(), decisions.splits()
    members: dict[str, list[JudgedAnswer]] = {}
    for answer in log.judged:
        if (name := assigned.get(answer.id)) is not None and name in splits:
            members.setdefault(name, []).append(answer)
    problems = [_problem(name, answers, splits[name]) for name, answers in members.items()]
    return sorted(problems, key=lambda problem: (-problem.failures, problem.first, problem.id))


def _problem(name: str, answers: Sequence[JudgedAnswer], split: Split) -> ProductionProblem:
    failing = [answer for answer in answers if answer.fails]
    times = [answer.time for answer in failing if answer.time]
    return ProductionProblem(
        id=name,
        split=split,
        title=" ".join((failing or answers)[0].question.split())[:100],
        members=tuple(answer.id for answer in answers),
        failures=len(failing),
        users=len({answer.user for answer in failing if answer.user}),
        first=min(times, default=""),
        last=max(times, default=""),
    )


def _proposals(
    problems: Sequence[ProductionProblem], log: Log, decisions: Decisions, book: Workbook, tools: Tools
) -> dict[str, Proposal]:
    """What each problem's task would be: made anew only where the log or a decision changed."""
    by_id = {answer.id: answer for answer in log.judged}
    bench = DraftBench(sandbox=tools.sandbox, grade=tools.grade, suite=tools.suite)
    bar = tools.progress
    bar.start("draft", len(problems), "problems")

    def made(problem: ProductionProblem) -> Proposal:
        members = [by_id[name] for name in problem.members]
        said = {what: d for what in ("golden", "checks", "prompt") if (d := decisions.last(what, problem.id)) is not None}
        basis = digest([problem.split, members, {what: [d.value, d.who] for what, d in said.items()}, tools.suite])
        proposal = book.proposal(problem.id, basis)
        if proposal is None:
            train_ok = all(answer.train_ok for answer in members)
            try:
                proposal = propose(problem, members, said, bench, train_ok=train_ok)
            except ToolchainMissing as missing:  # what other languages' problems need is there
                proposal, basis = Proposal(problem=problem.id, waiting=f"goldloop: {missing}"), ""
            if proposal.task is not None and proposal.task.split != split_of(problem, train_ok):
                task = proposal.task.model_copy(update={"split": split_of(problem, train_ok)})
                proposal = proposal.model_copy(update={"task": task})
            book.keep_proposal(proposal, basis)
        bar.advance()
        return proposal

    with ThreadPoolExecutor(fitting_workers(tools.workers, []), thread_name_prefix="draft") as pool:
        found = {problem.id: proposal for problem, proposal in zip(problems, pool.map(made, problems), strict=True)}
    bar.finish()
    return found


def _ask_stronger(problems: Sequence[ProductionProblem], log: Log, decisions: Decisions, tools: Tools) -> bool:
    """Ask the stronger model for the goldens that nobody gave; whether it gave any."""
    if tools.open_stronger is None or not problems:
        return False
    by_id = {answer.id: answer for answer in log.judged}
    asked = [next(by_id[name] for name in problem.members if by_id[name].fails) for problem in problems]
    prompts = [Prompt(messages=tuple(_conversation(answer)), seed=0) for answer in asked]
    sampling = Sampling(temperature=0, max_new_tokens=tools.max_new_tokens, seed=tools.seed)
    backend = tools.open_stronger()
    given = False
    try:
        for chunk in backend.plan(prompts):
            for place, said in zip(chunk, backend.generate([prompts[place] for place in chunk], sampling), strict=True):
                code = code_of(said.text, language_of_problem([asked[place]]))
                if code is not None:
                    decisions.add("golden", problems[place].id, code, why=f"from {tools.stronger}")
                    given = True
    finally:
        backend.close()
    return given


def _conversation(answer: JudgedAnswer) -> list[Message]:
    system: list[Message] = [{"role": "system", "content": answer.system}] if answer.system else []
    return [*system, {"role": "user", "content": answer.conversation}]


def _reproductions(folder: Path, proposals: Mapping[str, Proposal], book: Workbook, tools: Tools) -> dict[str, Reproduction]:
    """How often the model fails each draft when it is asked again; only what is not known for this model is asked."""
    known: dict[str, Reproduction] = {}
    asked: list[Task] = []
    ready = {name: proposal.task for name, proposal in proposals.items() if proposal.task is not None and not proposal.waiting}
    for name, task in ready.items():
        before = book.reproduction(name)
        if before is not None and (not tools.model or before.model == tools.model):
            known[name] = before
        elif tools.open_model is not None:
            asked.append(task)
    if not asked or tools.open_model is None:
        return known
    sampling = Sampling(temperature=tools.temperature, max_new_tokens=tools.max_new_tokens, seed=tools.seed)
    # Of all drafts, not of those that are asked: a run that was killed while it kept the outcomes finds its answers again.
    what = digest([tools.model, list(ready.values()), sampling.model_dump(mode="json"), tools.samples])
    journal = Journal(folder / "asked" / f"{what.removeprefix('b2:')[:16]}.jsonl")
    backend = tools.open_model()
    try:
        results = evaluate(
            asked,
            backend,
            tools.grade,
            journal,
            sampling=sampling,
            samples=tools.samples,
            workers=tools.workers,
            progress=tools.progress,
            label="reproduce",
        )
    finally:
        backend.close()
    for task in asked:
        verdicts = [result.verdict for result in results if result.key == task.key and result.verdict.settled]
        failed = sum(verdict.status == "fail" for verdict in verdicts)
        known[task.group] = Reproduction(model=tools.model, asked=len(verdicts), failed=failed)
        book.keep_reproduction(task.group, known[task.group])
    return known


def _advance(
    problem: ProductionProblem,
    proposal: Proposal,
    reproduction: Reproduction | None,
    decisions: Decisions,
    book: Workbook,
    tools: Tools,
) -> None:
    """Move a problem as far as what is known takes it."""
    now = decisions.state(problem.id)
    if now is not None and now.value in ("active", "saturated", "retired"):
        there = book.in_suite(problem.id)
        if now.value != "retired" and there is not None and not is_approved(there, decisions):
            decisions.move(problem.id, "drafted", why="it was edited in the suite after it was approved")
            return
        _watch(problem.id, now.value, tools.passes.get(proposal.task.id, ()) if proposal.task is not None else (), decisions)
        return  # an active task stays in the suite for ever; only a person retires it
    if proposal.task is None or proposal.waiting or reproduction is None or not reproduction.asked:
        return
    said = f"{reproduction.failed} of {reproduction.asked} answers of {reproduction.model} fail"
    if reproduction.rate < LEAST_RATE:
        decisions.move(problem.id, "clustered", why=said)
        return
    if now is None or now.value == "clustered":
        if not decisions.move(problem.id, "reproduced", why=said):
            return
        now = decisions.state(problem.id)
    if now is not None and now.value == "reproduced":
        decisions.move(problem.id, "drafted", why=f"golden from {proposal.golden_source}, {proposal.support} agree")
    task = book.task(proposal)
    if is_approved(task, decisions):
        activate(problem.id, task, proposal, decisions, book, tools)


def _watch(name: str, state: str, passes: Sequence[bool], decisions: Decisions) -> None:
    """Call a task saturated that the last models all pass, and active again when a newer one fails it."""
    if state == "active" and len(passes) >= SATURATED_AFTER and all(passes[-SATURATED_AFTER:]):
        decisions.move(name, "saturated", why=f"the last {SATURATED_AFTER} models pass it; it stays as a guard")
    elif state == "saturated" and passes and not passes[-1]:
        decisions.move(name, "active", why="the newest model fails it again")


def activate(name: str, task: Task, proposal: Proposal, decisions: Decisions, book: Workbook, tools: Tools) -> Activation:
    """Run what an approved draft must show, and make it active if it does."""
    shown = activation(task, proposal, decisions, tools.grade, tools.leaks, tools.effort)
    book.keep_activation(name, shown)
    if not shown.missing:
        decisions.move(name, "active", why="fails before, passes after, stubs and mutants fail, approved")
    return shown


def _standing(
    problem: ProductionProblem, decisions: Decisions, proposal: Proposal | None, reproduction: Reproduction | None, book: Workbook
) -> Standing:
    moved = decisions.state(problem.id)
    state: State = moved.value if moved is not None else "clustered"  # type: ignore[assignment]
    return Standing(
        problem=problem,
        state=state,
        waiting=_waiting(state, problem, decisions, proposal, reproduction, book),
        by=moved.who if moved is not None else "goldloop",
        why=moved.why if moved is not None else "",
        proposal=proposal,
        reproduction=reproduction,
    )


def _waiting(
    state: str,
    problem: ProductionProblem,
    decisions: Decisions,
    proposal: Proposal | None,
    reproduction: Reproduction | None,
    book: Workbook,
) -> str:
    """What a problem waits for, and from whom."""
    moved = decisions.state(problem.id)
    if state in ("active", "saturated") and proposal is not None and book.is_other_golden(proposal):
        return (
            "a person: newer answers speak for another golden than the approved one, which stays: compare them "
            f"(problems/{problem.id}.json), then edit or retire it"
        )
    if state in ("active", "saturated", "retired"):
        return ""
    if moved is not None and moved.by_person and state == "clustered":
        return f"nobody: rejected by {moved.who}: {moved.why}"
    if proposal is None:
        return "goldloop: goldloop triage"
    if proposal.waiting:
        return proposal.waiting
    if reproduction is None:
        return "a model: goldloop triage --model NAME asks it again"
    if reproduction.rate < LEAST_RATE:
        return (
            f"nobody: {reproduction.failed} of {reproduction.asked} new answers of {reproduction.model} fail, under "
            f"{LEAST_RATE:.0%}: evidence of the cluster only"
        )
    shown = book.activation(problem.id)
    if shown is not None and proposal.task is not None and is_approved(book.task(proposal), decisions):
        return f"a person: {'; '.join(shown.missing)}"
    return "a person: review (goldloop review)"


def _funnel(log: Log, standings: Sequence[Standing]) -> Funnel:
    states: Counter[str] = Counter(standing.state for standing in standings)
    later = ("reproduced", "drafted", "reviewed", "active", "saturated", "retired")
    return Funnel(
        entries=log.entries,
        failing=len(log.failing),
        passing=len(log.judged) - len(log.failing),
        unknown=log.unknown,
        said=log.signals,
        unruled=log.unruled,
        waiting_feedback=log.waiting,
        problems=len(standings),
        states=dict(states),
        reproduced=sum(states[state] for state in later),
        drafted=sum(states[state] for state in later[1:]),
        active=states["active"] + states["saturated"],
        waiting=dict(Counter(standing.waiting.partition(":")[0] for standing in standings if standing.waiting)),
        mistaken=sum(len(s.proposal.passing) + len(s.proposal.mistaken) for s in standings if s.proposal is not None),
    )
