"""From a problem to the task that it would be: golden, checks and hidden inputs, by running everything that the log has.

Candidates for the golden are the corrections of the log (or a person's, a commit's, a stronger model's code). Each answer and
correction of the problem is run on the same inputs, and those that behave alike are counted together: the golden is of the
largest group that holds a candidate. Examples that the question states must hold. Recorded failures must then fail the checks
made from the golden's behaviour. Nothing here believes a thumb or a correction; what cannot be shown waits, saying for whom.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from pydantic import ValidationError

from evals.extract import extract_code
from evals.files import describe
from evals.graders.behaviour import entries
from evals.languages import LANGUAGES
from evals.logs.project import JudgedAnswer
from evals.records import Limits, Split, Task
from goldens.production.clusters import features_of
from goldens.production.comparing import GIVE_CHECKS, Comparing, DraftBench, Voices, names_function
from goldens.production.inputs import main_function, parameters_of
from goldens.production.records import Decision, ProductionProblem, Proposal

_FENCE = re.compile(r"^[ \t]*```[ \t]*([\w+#.-]+)", re.MULTILINE)
_OTHER_KINDS = (
    (re.compile(r"^(?:---|\+\+\+|@@) ", re.MULTILINE), "a diff, not a whole program"),
    (re.compile(r"^(?:export\s+)?(?:default\s+)?class\s+\w", re.MULTILINE), "a class"),
    (re.compile(r"^async\s+def\s+\w|^(?:export\s+)?async\s+function", re.MULTILINE), "an asynchronous function"),
    (re.compile(r"^\s*return\b", re.MULTILINE), "lines of a function without its head"),
)
NO_GOLDEN = "a person: no correction, commit or stronger model gives an answer (goldloop review)"


def propose(
    problem: ProductionProblem,
    members: Sequence[JudgedAnswer],
    said: Mapping[str, Decision],
    bench: DraftBench,
    *,
    train_ok: bool = True,
) -> Proposal:
    """The task that a problem would be, or what is missing.

    ``said`` are decisions by what they are about: ``golden``, ``checks``, ``prompt`` (a person's, or a model's golden).

    Raises:
        SandboxFault: the sandbox failed twice; nothing is known then.
    """
    stated = next((answer for answer in members if answer.task), None)
    if stated is not None:
        return _from_stated(problem, stated, said, bench, train_ok)
    language = language_of_problem(members)
    voices = _voices(members, said, language)
    if not voices.candidates:
        return Proposal(problem=problem.id, waiting=NO_GOLDEN)
    entry = _entry(members, voices, said, language)
    if not entry and "checks" not in said:
        return Proposal(problem=problem.id, waiting=_why_no_function(members, voices, language))
    draft = _blank(problem, members, said, bench, language, entry, voices, train_ok)
    return Comparing(problem=problem, members=members, voices=voices, draft=draft, entry=entry, bench=bench).proposal(said)


def _from_stated(
    problem: ProductionProblem, answer: JudgedAnswer, said: Mapping[str, Decision], bench: DraftBench, train_ok: bool
) -> Proposal:
    """A task that the log itself states, such as a red build and the commit that fixed it."""
    prompt = said["prompt"].value if "prompt" in said else answer.question
    golden = {"golden": said["golden"].value} if "golden" in said else {}
    own = {
        "id": problem.id,
        "suite": bench.suite,
        "split": problem.split,
        "group": problem.id,
        "prompt": prompt,
        "status": "draft",
    }
    try:
        task = Task.model_validate({**answer.task, **golden, **own, "licence": answer.licence, "train_ok": train_ok})
    except ValidationError as error:
        return Proposal(problem=problem.id, waiting=f"a person: the log's task is not whole: {describe(error, Task)}")
    source = "person" if "golden" in said and said["golden"].by_person else "fixing commit"
    return Proposal(problem=problem.id, task=task, golden_source=source, support=1, failing=(answer.id,))


def language_of_problem(members: Sequence[JudgedAnswer]) -> str:
    """The language that most fences of a problem name; Python where they name none."""
    tags = Counter(
        tag.lower() for answer in members for text in (*answer.corrections, answer.answer) for tag in _FENCE.findall(text)
    )
    for tag, _ in tags.most_common():
        row = next((row for row in LANGUAGES.values() if tag in row.fences and row.name != "diff"), None)
        if row is not None:
            return row.name
    return "python"


def _unknown_language(members: Sequence[JudgedAnswer]) -> str:
    """The language that all fences of a problem name, where nothing here runs it; empty otherwise."""
    texts = (text for answer in members for text in (*answer.corrections, answer.answer))
    tags = {tag.lower() for text in texts for tag in _FENCE.findall(text)}
    known = {tag for row in LANGUAGES.values() for tag in row.fences}
    return min(tags) if tags and not tags & known else ""


def code_of(text: str, language: str, asked: Collection[str] = ()) -> str | None:
    """The code of an answer, as evals take it; ``asked`` are the names that it must define, where a task says them."""
    found = extract_code(text, language, asked)
    return found.code if found is not None and found.code.strip() else None


def _voices(members: Sequence[JudgedAnswer], said: Mapping[str, Decision], language: str) -> Voices:
    voices = Voices()
    if "golden" in said:
        decision = said["golden"]
        source = "person" if decision.by_person else decision.why.removeprefix("from ") or "stronger model"
        voices.candidates.append((decision.value, source, f"{decision.what}:{decision.who}"))
    for answer in members:
        for text in answer.corrections:
            code = code_of(text, language)
            if code is not None:
                voices.candidates.append((code, "correction", answer.id))
        own = code_of(answer.answer, language)
        if answer.fails:
            voices.bad.append((own, answer))
        elif own is not None:
            voices.good.append((own, answer.id))
    return voices


def _why_no_function(members: Sequence[JudgedAnswer], voices: Voices, language: str) -> str:
    """Why no checks can be made of the candidates, and how a person gives them."""
    code = voices.candidates[0][0]
    if tag := _unknown_language(members):
        return f"a person: the answers are in {tag}, which no suite can run: nothing to do but reject it (goldloop review)"
    names = [name for name in entries(language, code) if name]
    if len(names) > 1:
        which = ", ".join(names[:6])
        return f"a person: the golden defines several functions ({which}), and no question says which is meant: {GIVE_CHECKS}"
    kind = next((kind for pattern, kind in _OTHER_KINDS if pattern.search(code)), "")
    found = f"the golden is {kind}" if kind else f"the golden holds no {language} function"
    return f"a person: checks are made from what a function returns for plain arguments, and {found}: {GIVE_CHECKS}"


def _entry(members: Sequence[JudgedAnswer], voices: Voices, said: Mapping[str, Decision], language: str) -> str:
    """The function that is asked for.

    That of a person's prompt or checks, else the one that most questions name and candidates define, else the one that the
    candidates' other functions serve.
    """
    asked = Counter(name for answer in members for name in features_of(answer).asked)
    defined = Counter(name for code, _, _ in voices.candidates for name in set(entries(language, code)))
    for part in ("prompt", "checks"):
        if part in said and (named := [name for name in defined if names_function(said[part].value, name)]):
            return min(named, key=lambda name: said[part].value.index(name))
    named = [name for name, _ in asked.most_common() if defined[name]]
    if named:
        return max(named, key=lambda name: (asked[name], defined[name], name))
    mains = [main_function(language, entries(language, code), code) for code, _, _ in voices.candidates]
    found = Counter(name for name in mains if name)
    return found.most_common(1)[0][0] if found else ""


def _blank(
    problem: ProductionProblem,
    members: Sequence[JudgedAnswer],
    said: Mapping[str, Decision],
    bench: DraftBench,
    language: str,
    entry: str,
    voices: Voices,
    train_ok: bool,
) -> Task:
    """The task without golden and checks. Its prompt is the first failing question that names the function."""
    failing = [answer for answer in members if answer.fails] or list(members)
    asked = next((answer for answer in failing if entry in answer.question), failing[0])
    question = asked.conversation if not entry else _naming(asked.conversation, entry, language, voices)
    prompt = said["prompt"].value if "prompt" in said else question
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", entry)[:40].strip("-") or "task"
    return Task(
        id=f"{name}-{problem.id.removeprefix('p-')}",
        suite=bench.suite,
        split=problem.split,
        group=problem.id,
        language=language,
        system=asked.system,
        prompt=prompt,
        golden="",
        licence=asked.licence,
        train_ok=train_ok,
        status="draft",
        limits=Limits(),
    )


def _naming(question: str, entry: str, language: str, voices: Voices) -> str:
    """The question; where it does not name the function, it says at its end how checks call it, or honest answers would fail."""
    if names_function(question, entry):
        return question
    code = next(code for code, _, _ in voices.candidates if entry in entries(language, code))
    parameters = ", ".join(name for name, _ in parameters_of(language, entry, code))
    return f"{question.rstrip()}\n\nDefine it as `{entry}({parameters})`."


def split_of(problem: ProductionProblem, train_ok: bool) -> Split:
    """The split of a task: what may not be trained on is only ever measured."""
    return problem.split if train_ok else "holdout"
