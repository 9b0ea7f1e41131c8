"""All voices of one problem, run on the same inputs: which golden they agree on, what checks follow, and what fails them."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evals.errors import TaskFault
from evals.graders.behaviour import Behaved, behaviour, entries, has_floats, same
from evals.graders.codec import EXACT
from evals.logs.project import JudgedAnswer
from evals.records import Task, Verdict
from evals.run import Grade
from evals.sandboxes.base import Sandbox
from evals.source import read_tree
from goldens.production.asserts import LEAST_CHECKS, asserts_of
from goldens.production.drawing import MOST_SEEN, drawn_like, fuzz_source, has_form, keeps_of, kept_of, texts_in
from goldens.production.inputs import SeenCall, guessed_inputs, main_function, parameters_of, seen_calls
from goldens.production.records import Decision, GoldenCandidate, ProductionProblem, Proposal

_COMPARED = 40  # inputs on which answers are compared
GIVE_CHECKS = "give checks (goldloop review FOLDER --checks ID=FILE)"
_CLOCK = re.compile(
    r"\b(?:datetime|date)\.(?:now|today|utcnow)\b|\btime\.(?:time|time_ns|localtime|gmtime|ctime|strftime)\b|\bDate\.now\b"
    r"|\bnew Date\(\)|\btime\(\)|\b(?:now|today|utcnow)\(\)"
)
_ALSO_ASKED = 4
_GRADED = 8  # recorded failures that are graded with the finished checks


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftBench:
    """What a draft is made with: where code runs, and how answers are graded there."""

    sandbox: Sandbox
    grade: Grade
    suite: str


@dataclass(slots=True, kw_only=True)
class Voices:
    """All code of a problem: candidates for the golden, what was called good, what was called a failure."""

    candidates: list[tuple[str, str, str]] = field(default_factory=list)  # code, source, id of the answer
    good: list[tuple[str, str]] = field(default_factory=list)
    bad: list[tuple[str | None, JudgedAnswer]] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Comparing:
    """All voices of one problem, run on the same inputs."""

    problem: ProductionProblem
    members: Sequence[JudgedAnswer]
    voices: Voices
    draft: Task
    entry: str
    bench: DraftBench
    _known: dict[str, list[Behaved] | None] = field(default_factory=dict)
    _inputs: list[tuple[Any, ...]] = field(default_factory=list)
    _keeps: tuple[str, ...] = ()
    _guesses: bool = False

    def proposal(self, said: Mapping[str, Decision]) -> Proposal:
        """Compare, choose, make checks, and grade what was recorded with them."""
        if "checks" in said:
            return self._by_checks(said["checks"].value)
        calls = self._calls()
        self._inputs = self._chosen_inputs(calls)
        if not self._inputs:
            return self._waits(
                "a person: no call of the function with literal arguments is in the log, and no kind of arguments that was "
                f"suggested gives plain values with the golden: {GIVE_CHECKS}"
            )
        examples = self._examples(calls)
        groups, broken = self._groups(examples)
        if not groups:
            return self._waits(f"a person: no correction works: {broken}", **{"broken": broken})
        winner, rest = groups[0], groups[1:]
        support, against = len(winner.votes), max((len(group.votes) for group in rest), default=0)
        if rest and support <= against and not self._by_person(winner):
            return self._waits(
                f"a person: {len(groups)} corrections differ in what they do, {support} voices for one and {against} for another "
                "(goldloop review)",
                support=support,
                against=against,
            )
        if not self._by_person(winner) and (dissent := self._dissent(winner, examples)) >= support + (not self._guesses):
            many = "answers that were called good do" if dissent > 1 else "answer that was called good does"
            return self._waits(
                f"a person: {dissent} {many} something else than the golden, for which there are {support} voices: say which is "
                f"right (goldloop review FOLDER --golden ID=FILE)",
                support=support,
                against=dissent,
            )
        finished = self._finished(winner)
        if isinstance(finished, str):
            return self._waits(finished, support=support, against=against)
        return self._against_recorded(finished, winner, support, against, len(examples))

    def _dissent(self, winner: GoldenCandidate, examples: Sequence[SeenCall]) -> int:
        """How many answers that were called good agree on something else than a golden, the question's examples met."""
        golden = self._behaves(winner.code)
        parts: list[tuple[list[Behaved], int]] = []
        for code, _ in self.voices.good:
            behaved = self._behaves(code)
            if behaved is None or _agrees(behaved, golden) or not any(answer.plain for answer in behaved):
                continue
            if len(self._met(code, examples)) < len(examples):
                continue
            place = next((place for place, (part, _) in enumerate(parts) if _alike(part, behaved)), None)
            if place is None:
                parts.append((behaved, 1))
            else:
                parts[place] = (parts[place][0], parts[place][1] + 1)
        return max((count for _, count in parts), default=0)

    def _by_checks(self, checks: str) -> Proposal:
        """With checks of a person's: the golden is a candidate that passes them, the person's own first."""
        ordered = sorted(self.voices.candidates, key=lambda voice: (voice[1] != "person", len(voice[0]), voice[0]))
        passing: list[tuple[str, str, str]] = []
        verdicts: dict[str, Verdict] = {}
        for code, source, name in ordered:
            task = self.draft.model_copy(update={"checks": checks, "golden": code.strip() + "\n", "entry": self.entry})
            key = _normal(code, task.language)
            if key not in verdicts:
                verdicts[key] = self.bench.grade(task, code)
            if verdicts[key].passed:
                passing.append((code, source, name))
        if not passing:
            why = ", ".join(dict.fromkeys(verdict.reason for verdict in verdicts.values()))
            return self._waits(
                f"a person: no correction passes the checks that were given ({why}): give a golden (--golden ID=FILE)"
            )
        votes = tuple(dict.fromkeys(name for _, _, name in passing))
        winner = GoldenCandidate(code=passing[0][0], source=passing[0][1], votes=votes)
        task = self.draft.model_copy(update={"checks": checks, "golden": winner.code.strip() + "\n", "entry": self.entry})
        return self._against_recorded(task, winner, len(votes), len(ordered) - len(passing), 0)

    def _recorded(self, code: str | None, answer: JudgedAnswer) -> str:
        """A recorded failure as it is run again: its text, or its code under the name that checks call."""
        called = None if code is None else self._called(code)
        return answer.answer if called == code else str(called)

    @staticmethod
    def _by_person(candidate: GoldenCandidate) -> bool:
        return candidate.source == "person"

    def _waits(self, waiting: str, **figures: Any) -> Proposal:
        known = {name: figures[name] for name in ("support", "against") if name in figures}
        rest = {name: value for name, value in figures.items() if name not in known}
        return Proposal(problem=self.problem.id, waiting=waiting, evidence=rest, **known)

    def _calls(self) -> list[SeenCall]:
        code = self.voices.candidates[0][0]
        names = [name for name, _ in parameters_of(self.draft.language, self.entry, code)]
        texts = [
            text for answer in self.members for text in (answer.question, *answer.comments, *answer.corrections, answer.answer)
        ]
        return seen_calls(self.entry, texts, names)

    def _chosen_inputs(self, calls: Sequence[SeenCall]) -> list[tuple[Any, ...]]:
        """The log's calls that some candidate answers, and ones drawn like them; guessed ones where the log has none."""
        seen = [call.arguments for call in calls][: 2 * MOST_SEEN]
        for code in dict.fromkeys(code for code, _, _ in self.voices.candidates):
            answers = self._run(code, seen) if seen else None
            works = [given for given, answer in zip(seen, answers or (), strict=False) if answer.plain]
            self._keeps = keeps_of(self._said_by_people(), [call.arguments for call in calls])
            few = not works or len(drawn_like(works, self.draft.key, LEAST_CHECKS, self._keeps)) < LEAST_CHECKS
            if few and not any(map(has_form, texts_in([call.arguments for call in calls]))):  # a guess has none of its form
                self._guesses = True
                works += kept_of(self._guessed(code), self._keeps)
            if works:
                return drawn_like(works, self.draft.key, _COMPARED, self._keeps)
        return []

    def _said_by_people(self) -> str:
        return "\n".join(text for answer in self.members for text in (answer.system, answer.question, *answer.comments))

    def _guessed(self, code: str) -> list[tuple[Any, ...]]:
        """Inputs of the kinds on which a candidate works, for a function of which the log shows too little."""
        parameters = parameters_of(self.draft.language, self.entry, code)
        return guessed_inputs(parameters, self.draft.prompt, lambda inputs: self._run(code, inputs))

    def _run(self, code: str, inputs: Sequence[tuple[Any, ...]]) -> list[Behaved] | None:
        return behaviour(self.draft, self._called(code), self.entry, inputs, self.bench.sandbox)

    def _called(self, code: str) -> str:
        """The code with the function under its name: where no question named it, everybody chose a name of their own."""
        if any(names_function(answer.question, self.entry) for answer in self.members):
            return code
        defined = entries(self.draft.language, code)
        own = main_function(self.draft.language, defined, code)
        if not own or not self.entry or self.entry in defined:
            return code
        alias = f"{self.entry} = {own}" if self.draft.language == "python" else f"const {self.entry} = {own};"
        return f"{code.rstrip()}\n\n{alias}\n"

    def _behaves(self, code: str) -> list[Behaved] | None:
        key = _normal(code, self.draft.language)
        if key not in self._known:
            self._known[key] = self._run(code, self._inputs)
        return self._known[key]

    def _examples(self, calls: Sequence[SeenCall]) -> list[SeenCall]:
        """Calls with results that a question states; one that no candidate meets was misread, and is left out."""
        asked = {repr(call.arguments) for call in seen_calls(self.entry, [answer.question for answer in self.members])}
        stated = [call for call in calls if call.has_result and repr(call.arguments) in asked]
        met: set[int] = set()
        for code in dict.fromkeys(code for code, _, _ in self.voices.candidates):
            met |= self._met(code, stated)
        return [call for number, call in enumerate(stated) if number in met]

    def _met(self, code: str, stated: Sequence[SeenCall]) -> set[int]:
        answers = self._run(code, [call.arguments for call in stated]) if stated else None
        if answers is None:
            return set()
        return {number for number, (call, answer) in enumerate(zip(stated, answers, strict=True)) if _is(answer, call.expected)}

    def _groups(self, examples: Sequence[SeenCall]) -> tuple[list[GoldenCandidate], str]:
        """Candidates that behave alike, with everybody who agrees, largest first; and why others were left out, counted."""
        left_out: Counter[str] = Counter()
        parts: list[tuple[list[Behaved], list[tuple[str, str, str]]]] = []
        for voice in self.voices.candidates:
            behaved = self._behaves(voice[0])
            if behaved is None:
                left_out["could not be run, or does not define the function"] += 1
            elif not any(answer.plain for answer in behaved):
                left_out["gives nothing on any input"] += 1
            elif len(self._met(voice[0], examples)) < len(examples):
                left_out["misses an example of the question"] += 1
            else:
                part = next((part for part in parts if _alike(part[0], behaved)), None)
                if part is None:
                    parts.append((behaved, [voice]))
                else:
                    part[1].append(voice)
        groups = [self._group(behaved, voices) for behaved, voices in parts]
        said = ", ".join(f"{count} {why}" for why, count in left_out.most_common())
        return sorted(
            groups, key=lambda group: (not self._by_person(group), -len(group.votes), len(group.code), group.code)
        ), said

    def _group(self, behaved: list[Behaved], voices: Sequence[tuple[str, str, str]]) -> GoldenCandidate:
        agreeing = [name for code, name in self.voices.good if (own := self._behaves(code)) is not None and _alike(own, behaved)]
        code, source, _ = min(voices, key=lambda voice: (voice[1] != "person", len(voice[0]), voice[0]))
        return GoldenCandidate(code=code, source=source, votes=tuple(dict.fromkeys([*(voice[2] for voice in voices), *agreeing])))

    def _finished(self, winner: GoldenCandidate) -> Task | str:
        """The task with golden, checks and hidden inputs, or why none can be made."""
        if found := _CLOCK.search(winner.code):
            return (
                f"a person: the golden reads the clock ({found[0]}), so what it returns today is no check tomorrow: {GIVE_CHECKS}"
            )
        first, again = self._behaves(winner.code), self._run(winner.code, self._inputs)
        if first is None or again is None:
            return "a person: the golden does not load every time"
        steady = [
            (given, one)
            for given, one, other in zip(self._inputs, first, again, strict=True)
            if one.plain and _is_again(one, other)
        ]
        if moved := sum(one.plain and not _is_again(one, other) for one, other in zip(first, again, strict=True)):
            return (
                f"a person: the golden returns something else when it is run again, on {moved} of {len(first)} inputs, by "
                f"chance or by the time: {GIVE_CHECKS}"
            )
        if len(steady) < LEAST_CHECKS:
            return (
                f"a person: the golden gives plain values on {len(steady)} of {len(first)} inputs, fewer than the "
                f"{LEAST_CHECKS} that checks need: {GIVE_CHECKS}"
            )
        if all(answer.value is None for _, answer in steady):
            return (
                "a person: the golden returns nothing on any input, so what it does (printing, changing its arguments) is not in "
                f"what it returns: {GIVE_CHECKS}"
            )
        golden = {"golden": self._called(winner.code).strip() + "\n", "entry": self.entry}
        try:
            checks = asserts_of(self.draft.language, [answer for _, answer in steady])
        except TaskFault as fault:
            return f"a person: {fault}"
        floats = any(has_floats(answer.value) for _, answer in steady)
        more = {
            "fuzz": fuzz_source([given for given, _ in steady], keeps=self._keeps),
            "compare": "approx(rtol=1e-6, atol=1e-9)" if floats else "exact",
        }
        return self.draft.model_copy(update={**golden, "checks": checks, **more})

    def _against_recorded(self, task: Task, winner: GoldenCandidate, support: int, against: int, examples: int) -> Proposal:
        """Grade what the log has with the finished checks: what was called a failure must fail."""
        failing: list[str] = []
        passing: list[str] = []
        recorded = ""
        graded: dict[str, bool] = {}
        for code, answer in self.voices.bad:
            if len(failing) >= _GRADED:
                break
            key = _normal(code or "", task.language)
            if key not in graded:
                verdict = self.bench.grade(task, None if code is None else self._called(code))
                if not verdict.settled:
                    continue
                graded[key] = verdict.passed
            (passing if graded[key] else failing).append(answer.id)
            recorded = recorded or ("" if graded[key] else self._recorded(code, answer))
        golden = self._behaves(winner.code) if self._inputs else None
        mistaken = [name for code, name in self.voices.good if not self._is_right(code, task, golden)]
        proposal = Proposal(
            problem=self.problem.id,
            task=task,
            golden_source=winner.source,
            support=support,
            against=against,
            examples=examples,
            failing=tuple(failing),
            passing=tuple(passing),
            mistaken=tuple(mistaken),
            recorded=recorded,
            also_asked=self._also_asked(task),
        )
        if failing:
            return proposal
        many = "answer that was called a failure passes" if len(passing) == 1 else "answers that were called failures pass"
        why = f"nobody: {len(passing)} recorded {many} the checks, and none fails them"
        return proposal.model_copy(update={"waiting": why})

    def _also_asked(self, task: Task) -> tuple[str, ...]:
        """Other questions of one turn that name the function, each once; what names another thing may mean another thing."""
        asked = {" ".join(task.prompt.split()): ""}
        for answer in self.members:
            alone = sum(turn["role"] == "user" for turn in answer.turns) == 1
            if alone and answer.system == task.system and names_function(answer.question, self.entry):
                asked.setdefault(" ".join(answer.question.split()), answer.question)
        return tuple(question for question in asked.values() if question)[:_ALSO_ASKED]

    def _is_right(self, code: str, task: Task, golden: list[Behaved] | None) -> bool:
        """Whether an answer that was called good behaves like the golden; passes the checks where these are a person's."""
        if golden is None:
            return self.bench.grade(task, self._called(code)).status != "fail"
        return _agrees(self._behaves(code), golden)


def names_function(question: str, entry: str) -> bool:
    """Whether a question says what the function is called: a usual word does so only where it stands as code or as a name."""
    name = re.escape(entry)
    if not re.search(r"_|\d|[a-z][A-Z]", entry):
        name = rf"(?:{name}(?=\s?\()|(?<=`){name}(?=`)|(?<=function ){name}|(?<=called ){name}|(?<=named ){name}|(?<=def ){name})"
    return re.search(rf"(?<!\w){name}(?!\w)", question) is not None


def _agrees(one: list[Behaved] | None, other: list[Behaved] | None) -> bool:
    return one is not None and other is not None and _alike(one, other)


def _alike(one: Sequence[Behaved], other: Sequence[Behaved]) -> bool:
    """Whether two answers behave alike wherever either gives a plain value."""
    return all(same(a, b) for a, b in zip(one, other, strict=True) if a.plain or b.plain)


def _is_again(one: Behaved, other: Behaved) -> bool:
    """Whether a second run gave exactly the same; a set may be written in another order."""
    return one.said == other.said or (one.plain and other.plain and EXACT.matches(one.value, other.value))


def _is(answer: Behaved, expected: Any) -> bool:
    return answer.plain and same(answer, Behaved(call=answer.call, said=repr(expected), plain=True, value=expected))


def _normal(code: str, language: str) -> str:
    """Code without what does not matter, to run each only once."""
    if language == "python":
        try:
            return ast.dump(read_tree(code))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return code
    return re.sub(r"\s+", " ", code)
