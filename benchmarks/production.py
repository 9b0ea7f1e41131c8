"""From a log to a better model, with noisy feedback: what proofs are worth beside naive fine-tuning on the same corrections.

    python benchmarks/production.py answers --work DIR          # the embedded model answers, as production would
    python benchmarks/production.py arm --work DIR --noise 0.2  # ingest, triage, one round; and the naive arm, on the same log
    python benchmarks/production.py naive --work DIR --noise 0.4  # the naive arm alone, on the problems of the arm at 0.2
    python benchmarks/production.py write --work DIR            # benchmarks/results/production.json

People ask for tasks of ``house`` and ``basics`` in other words than the suites' (``reworded``), each task several times; the
embedded model answers at temperature 0.7. What is right is decided by the suites' own checks, which nothing but this script
sees. Feedback comes later, in a file of its own: a thumb for every answer, a correction for most thumbs-down. At noise p each
thumb is turned with chance p, and each correction is with chance p one that does not work: a mutant of the golden that fails the
checks, the golden of another task, or text that is no code (the shape of AdaptFT-Bench, arXiv 2604.09791).

*goldloop*: ingest, triage (asked again five times), every draft that the machine lets through approved by a script, one
round.
*naive*: the corrections of the same training clusters as rows, without any proof, the same trainer and settings. Both are
measured on the same tasks: all problems of the holdout split, asked as the first user asked, graded by the suites' own checks.
"""

from __future__ import annotations

import argparse
import ast
import json
import random
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from evals.comparison import compare_outcomes
from evals.files import Journal, digest, iter_jsonl, read_json, read_records, write_json, write_jsonl
from evals.graders import grade
from evals.models import open_backend
from evals.models.base import Sampling
from evals.records import ModelRef, Result, Task
from evals.run import evaluate
from evals.sandboxes import open_sandbox
from evals.suites import load_suite
from goldens.mutants import mutants_of

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks/results/production.json"
MODEL = "smollm2-135m-instruct"
TOKENS = 128
ASKED = 3  # users a task
HOUSE, BASICS = 130, 20
CORRECTED = 0.8  # share of thumbs-down with a correction
SETTINGS = ("finetune.learning_rate=1e-3", "finetune.num_train_epochs=2", "finetune.batch_size=4")

_WORDS: Sequence[tuple[str, Sequence[str]]] = (
    (r"\bWrite a (?:Python )?function\b", ("I need a helper", "Give me a routine", "Please code a function")),
    (r"\bWrite\b", ("Please implement", "I need", "Code up")),
    (r"\bDefine\b", ("Set up", "I want", "Give me")),
    (r"\breturns\b", ("gives back", "hands back", "results in")),
    (r"\breturn\b", ("give back", "hand back")),
    (r"\blist\b", ("sequence", "array")),
    (r"\bstring\b", ("piece of text", "str value")),
    (r"\bnumbers\b", ("figures", "values")),
    (r"\bnumber\b", ("figure", "value")),
    (r"\bdictionary\b", ("mapping", "dict")),
    (r"\bcounts\b", ("works out the count of", "tells how many there are of")),
    (r"\bequal\b", ("the same",)),
    (r"\bwithout\b", ("minus", "leaving out")),
    (r"\ball\b", ("every one of the", "all of the")),
    (r"\bfirst\b", ("leading", "first")),
    (r"\bWhich\b", ("Whichever", "What")),
)
_FRAMES = (
    "Hi, quick one. {ask}",
    "We need this in the backend before Friday. {ask} Thanks!",
    "{ask} No explanation please, only the code.",
    "Working on the nightly job here: {ask}",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question of one user: the task behind it, the words, and when."""

    id: str
    task: Task
    text: str
    time: str
    user: str


def reworded(task: Task, rng: random.Random, style: int) -> str:
    """A task's prompt in other words, with what it asks for left as it is."""
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match[0].strip("`") if rng.random() < 0.5 else match[0])
        return f"\0{len(kept) - 1}\0"

    text = re.sub(r"`[^`\n]+`", keep, task.prompt)
    sentences = re.split(r"(?<=[.!?])\s+", text)
    if len(sentences) > 1 and rng.random() < 0.5:
        at = next((n for n, sentence in enumerate(sentences) if "\0" in sentence), 0)
        sentences.insert(0, sentences.pop(at))
    text = " ".join(sentences)
    for pattern, others in _WORDS:
        text = re.sub(pattern, lambda match, others=others: rng.choice(others) if rng.random() < 0.7 else match[0], text)  # type: ignore[misc]
    text = re.sub(r"\0(\d+)\0", lambda match: kept[int(match[1])], text)
    return _FRAMES[style % len(_FRAMES)].format(ask=text)


def questions() -> list[Asked]:
    """Who asks what, oldest first: the same in every run."""
    rng = random.Random(12)
    house = [task for task in load_suite("house").tasks if task.kind == "function"]
    basics = list(load_suite("basics").tasks)
    chosen = rng.sample(house, HOUSE) + rng.sample(basics, BASICS)
    rng.shuffle(chosen)  # so that time says nothing about the kind of task
    start = datetime(2026, 10, 1, 8, tzinfo=UTC)
    asked = []
    for number, task in enumerate(chosen):
        for turn in range(ASKED):
            when = start + timedelta(hours=4 * number, minutes=23 * turn + rng.randrange(20))
            name = f"{number:04d}{turn}{rng.randrange(16**8):08x}"
            text = reworded(task, rng, turn + number)
            asked.append(Asked(id=name, task=task, text=text, time=when.isoformat(), user=f"u{rng.randrange(60)}@corp.example"))
    return sorted(asked, key=lambda one: one.time)


def as_task(one: Asked) -> Task:
    """The task as this user asked it: its own checks, an id of its own."""
    return one.task.model_copy(update={"id": one.id, "suite": "asked", "group": one.id, "prompt": one.text, "source": ""})


def answers(work: Path) -> None:
    """Let the embedded model answer, grade with the suites' own checks, and write the log as OpenTelemetry spans."""
    asked = questions()
    tasks = [as_task(one) for one in asked]
    with _Tools() as (box, backend):
        results = evaluate(
            tasks,
            backend,
            lambda task, code: grade(task, code, box),
            Journal(work / "answers.journal"),
            sampling=Sampling(temperature=0.7, max_new_tokens=TOKENS, seed=1),
            label="production answers",
        )
    write_jsonl(work / "results.jsonl", results)
    write_jsonl(work / "log.jsonl", [span(one, result) for one, result in zip(asked, results, strict=True)])
    print(f"{len(results)} answers, {sum(r.verdict.passed for r in results)} right, {len({o.task.key for o in asked})} tasks")


class _Tools:
    """A sandbox and the embedded model, closed at the end."""

    def __init__(self, adapter: str = "") -> None:
        self._adapter = adapter

    def __enter__(self) -> tuple[Any, Any]:
        self._box = open_sandbox("auto")
        self._backend = open_backend("hf", ModelRef(base=MODEL, adapter=self._adapter), batch_size=32)
        return self._box, self._backend

    def __exit__(self, *_: object) -> None:
        self._backend.close()
        self._box.close()


def span(one: Asked, result: Result) -> dict[str, Any]:
    """An answer as a line of OTLP JSON, content captured."""
    system = [{"type": "text", "content": one.task.system}] if one.task.system else []
    asked = [{"role": "user", "parts": [{"type": "text", "content": one.text}]}]
    said = [{"role": "assistant", "parts": [{"type": "text", "content": result.attempt.completion}], "finish_reason": "stop"}]
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "self-hosted",
        "gen_ai.request.model": MODEL,
        "gen_ai.system_instructions": json.dumps(system),
        "gen_ai.input.messages": json.dumps(asked),
        "gen_ai.output.messages": json.dumps(said),
        "user.id": one.user,
    }
    start = int(datetime.fromisoformat(one.time).timestamp() * 1e9)
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "assistant"}}]},
                "scopeSpans": [
                    {
                        "spans": [
                            {
                                "traceId": digest(one.id).removeprefix("b2:"),
                                "spanId": digest([one.id]).removeprefix("b2:")[:16],
                                "name": f"chat {MODEL}",
                                "kind": 3,
                                "startTimeUnixNano": str(start),
                                "endTimeUnixNano": str(start + 10**9),
                                "attributes": [{"key": k, "value": {"stringValue": v}} for k, v in attributes.items()],
                                "status": {},
                            }
                        ]
                    }
                ],
            }
        ]
    }


def feedback(asked: Sequence[Asked], results: Sequence[Result], noise: float, box: Any) -> Iterator[dict[str, Any]]:
    """Scores in Langfuse's form, a week late: a thumb for each answer, a correction for most thumbs-down."""
    rng = random.Random(f"feedback {noise}")
    tasks = [one.task for one in asked]
    for one, result in zip(asked, results, strict=True):
        target = digest([one.id]).removeprefix("b2:")[:16]
        trace = digest(one.id).removeprefix("b2:")
        when = (datetime.fromisoformat(one.time) + timedelta(days=7)).isoformat()
        right = result.verdict.passed != (rng.random() < noise)
        head = {"traceId": trace, "observationId": target, "timestamp": when, "source": "API"}
        note = "" if right or rng.random() < 0.4 else f"tried {_call(one.task, rng)}, not what I wanted"
        yield {
            **head,
            "id": f"t-{one.id}",
            "name": "user-thumb",
            "dataType": "CATEGORICAL",
            "value": 1 if right else 0,
            "stringValue": "thumbs_up" if right else "thumbs_down",
            "comment": note,
        }
        if not right and rng.random() < CORRECTED:
            wrong = rng.random() < noise
            text = broken(one.task, tasks, rng, box) if wrong else variant(one.task, rng)
            yield {**head, "id": f"c-{one.id}", "name": "correction", "dataType": "CORRECTION", "value": text}


def _call(task: Task, rng: random.Random) -> str:
    """A call of the task's function as somebody would quote it; the arguments are those of one of its checks."""
    calls = re.findall(rf"\b{re.escape(_entry(task))}\(.*?\)(?= (?:==|is) )", task.checks)
    return f"`{rng.choice(calls)}`" if calls else "it"


def _entry(task: Task) -> str:
    return next(node.name for node in reversed(ast.parse(task.golden).body) if isinstance(node, ast.FunctionDef))


def variant(task: Task, rng: random.Random) -> str:
    """The golden as one of several people would write it: parameters renamed, a comment, with or without a fence."""
    tree = ast.parse(task.golden)
    function = next(node for node in reversed(tree.body) if isinstance(node, ast.FunctionDef))
    names = {argument.arg for argument in function.args.args}
    if rng.random() < 0.5:
        renamed = {name: f"{name}_{rng.choice(('in', 'arg', 'val'))}" for name in names}
        for node in ast.walk(function):
            if isinstance(node, ast.arg) and node.arg in renamed:
                node.arg = renamed[node.arg]
            elif isinstance(node, ast.Name) and node.id in renamed:
                node.id = renamed[node.id]
    code = ast.unparse(tree) if rng.random() < 0.7 else task.golden.strip()
    if rng.random() < 0.3:
        code = f"# corrected\n{code}"
    return f"```python\n{code}\n```" if rng.random() < 0.8 else code


def broken(task: Task, tasks: Sequence[Task], rng: random.Random, box: Any) -> str:
    """A correction that does not work: a mutant that fails the checks, another task's golden, or a cut-off text."""
    how = rng.random()
    if how < 0.6:
        mutants = list(mutants_of(task, 8).drawn)
        rng.shuffle(mutants)
        for mutant in mutants:
            if not grade(task, mutant.code, box).passed:
                return f"```python\n{mutant.code.strip()}\n```"
    if how < 0.8:
        other = rng.choice([other for other in tasks if other.key != task.key])
        return f"```python\n{other.golden.strip()}\n```"
    return f"```python\n{task.golden.strip()[: max(12, len(task.golden) // 2)]}\n```"


def goldloop(work: Path, *words: str) -> str:
    """Run a verb as a user would; its output is kept in the log of the arm."""
    start = time.monotonic()
    done = subprocess.run([sys.executable, "-m", "loop", *words], cwd=work, capture_output=True, text=True, check=False)
    with (work / "commands.log").open("a", encoding="utf-8") as log:
        log.write(f"$ goldloop {' '.join(words)}\n{done.stdout}{done.stderr}")
        log.write(f"[exit code {done.returncode}, {time.monotonic() - start:.0f} s]\n")
    if done.returncode not in (0, 2, 3):
        raise SystemExit(f"goldloop {' '.join(words)}: exit code {done.returncode}\n{done.stderr[-2000:]}")
    return done.stdout


def arm(work: Path, noise: float) -> None:
    """Both arms at one level of noise; everything that was measured goes into ``arm-NOISE.json``."""
    asked, results = questions(), read_records(work / "results.jsonl", Result)
    folder = work / f"noise-{noise:g}"
    folder.mkdir(exist_ok=True)
    cache = f"evals.cache={work / 'cache'}"
    with _Boxed() as box:
        write_jsonl(folder / "feedback.jsonl", feedback(asked, results, noise, box))
    goldloop(folder, "ingest", str(work / "log.jsonl"), "--into", "production")
    goldloop(folder, "ingest", "langfuse", "feedback.jsonl", "--into", "production")
    goldloop(
        folder,
        "triage",
        "production",
        "--model",
        MODEL,
        "--set",
        f"evals.max_new_tokens={TOKENS}",
        "--set",
        cache,
        "--set",
        "evals.batch_size=32",
    )
    goldloop(
        folder,
        "review",
        "production",
        "--approve",
        "all",
        "--who",
        "benchmark",
        "--why",
        "approved unseen, to measure the proofs alone",
    )
    sets = [
        word
        for setting in (*SETTINGS, f"evals.max_new_tokens={TOKENS}", "evals.batch_size=32", cache)
        for word in ("--set", setting)
    ]
    goldloop(folder, "run", "--target", "production", "--name", "round", "--anyway", *sets)
    figures = measured(folder, asked, results, noise)
    write_json(work / f"arm-{noise:g}.json", figures)
    print(json.dumps(figures, indent=1))


def naive(work: Path, noise: float) -> None:
    """The naive arm alone at another level of noise: the same problems, the same holdout, other feedback."""
    from goldens.production.journal import Decisions

    asked, results = questions(), read_records(work / "results.jsonl", Result)
    folder, first = work / f"naive-{noise:g}", work / "noise-0.2"
    folder.mkdir(exist_ok=True)
    with _Boxed() as box:
        write_jsonl(folder / "feedback.jsonl", feedback(asked, results, noise, box))
    decisions = Decisions(first / "production")
    assigned, splits = decisions.assigned(), decisions.splits()
    by_span = {digest([one.id]).removeprefix("b2:")[:16]: one for one in asked}
    rows = naive_rows(folder, by_span, splits, assigned)
    holdout = held_out(asked, by_span, assigned, splits)
    base = _passes(first, holdout, "", "base")
    passes = _passes(folder, holdout, str(train_naive(folder, rows)), "naive")
    figures = {"noise": noise, "naive_rows": len(rows), "holdout": len(holdout), "base": _share(base)}
    write_json(work / f"naive-{noise:g}.json", {**figures, "naive": {**_share(passes), **_against(base, passes)}})


def held_out(
    asked: Sequence[Asked], by_span: Mapping[str, Asked], assigned: Mapping[str, str], splits: Mapping[str, str]
) -> list[Task]:
    """The holdout problems as the first user asked each, with the suites' own checks."""
    tasks_of: dict[str, Counter[str]] = {}
    for name, problem in assigned.items():
        tasks_of.setdefault(problem, Counter())[by_span[name].task.key] += 1
    held = [problem for problem, split in sorted(splits.items()) if split == "holdout"]
    return [as_task(_first(asked, tasks_of[problem].most_common(1)[0][0])) for problem in held]


class _Boxed:
    """A sandbox as a context."""

    def __enter__(self) -> Any:
        self._box = open_sandbox("auto")
        return self._box

    def __exit__(self, *_: object) -> None:
        self._box.close()


def measured(folder: Path, asked: Sequence[Asked], results: Sequence[Result], noise: float) -> dict[str, Any]:
    """What the clusters hold, how right the goldens are, and how both adapters do on the holdout problems."""
    from goldens.production.journal import Decisions
    from goldens.production.triage import look

    by_span = {digest([one.id]).removeprefix("b2:")[:16]: one for one in asked}
    triaged = look(folder / "production")
    decisions = Decisions(folder / "production")
    tasks_of: dict[str, Counter[str]] = {}
    for name, problem in decisions.assigned().items():
        tasks_of.setdefault(problem, Counter())[by_span[name].task.key] += 1
    splits = decisions.splits()
    holdout = held_out(asked, by_span, decisions.assigned(), splits)
    with _Boxed() as box:
        wrong = [
            s.problem.id
            for s in triaged.standings
            if s.state == "active"
            and s.proposal is not None
            and s.proposal.task is not None
            and not grade(_task(asked, tasks_of[s.problem.id].most_common(1)[0][0]), s.proposal.task.golden, box).passed
        ]
    report = read_json(folder / "runs/round/report.json")
    ended = report["rounds"][-1]
    adapter = next(iter(sorted((folder / "runs/round").glob("round-*/finetune/adapter_model.safetensors"))), None)
    base = _passes(folder, holdout, "", "base")
    ours = _passes(folder, holdout, str(adapter.parent), "goldloop") if adapter else base
    rows = naive_rows(folder, by_span, splits, decisions.assigned())
    naive = _passes(folder, holdout, str(train_naive(folder, rows)), "naive")
    return {
        "noise": noise,
        "answers": len(results),
        "right": sum(r.verdict.passed for r in results),
        "funnel": triaged.funnel.model_dump(mode="json"),
        "problems": len(tasks_of),
        "pure": sum(len(names) == 1 for names in tasks_of.values()),
        "tasks": len({key for names in tasks_of.values() for key in names}),
        "active_wrong_goldens": wrong,
        "decision": ended["decision"],
        "naive_rows": len(rows),
        "holdout": len(holdout),
        "base": _share(base),
        "goldloop": {**_share(ours), **_against(base, ours)},
        "naive": {**_share(naive), **_against(base, naive)},
        "goldloop_against_naive": _against(naive, ours),
    }


def _first(asked: Sequence[Asked], key: str) -> Asked:
    return next(one for one in asked if one.task.key == key)


def _task(asked: Sequence[Asked], key: str) -> Task:
    return _first(asked, key).task


def naive_rows(
    folder: Path, by_span: Mapping[str, Asked], splits: Mapping[str, str], assigned: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Every correction of the training clusters as a row: the question as it was asked, the correction as it was given."""
    rows: list[dict[str, Any]] = []
    for _, score in iter_jsonl(folder / "feedback.jsonl"):
        one = by_span[score["observationId"]]
        if score["dataType"] != "CORRECTION" or splits.get(assigned.get(score["observationId"], "")) != "train":
            continue
        system = [{"role": "system", "content": one.task.system}] if one.task.system else []
        text = score["value"] if "```" in score["value"] else f"```python\n{score['value']}\n```"
        rows.append(
            {
                "prompt": [*system, {"role": "user", "content": one.text}],
                "completion": [{"role": "assistant", "content": text}],
                "provenance": {"key": one.id},
            }
        )
    return rows


def train_naive(folder: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """The same trainer and settings, on rows that nobody proved."""
    from finetune.settings import FinetuneSettings
    from finetune.train import finetune

    trainset, out = folder / "naive-trainset", folder / "naive-adapter"
    if not (out / "adapter_model.safetensors").is_file():
        write_jsonl(trainset / "trainset.jsonl", rows)
        write_json(
            trainset / "trainset.json",
            {"digest": digest(list(rows)), "index_digest": "none", "rows": len(rows), "counts": {"rows": len(rows)}},
        )
        settings = FinetuneSettings(learning_rate=1e-3, num_train_epochs=2, batch_size=4)
        finetune(trainset, ModelRef(base=MODEL), settings, out, index_digest="none")
    return out


def _passes(folder: Path, tasks: Sequence[Task], adapter: str, name: str) -> dict[str, list[bool]]:
    """Greedy verdicts by task, by the suites' own checks."""
    with _Tools(adapter) as (box, backend):
        results = evaluate(
            tasks,
            backend,
            lambda task, code: grade(task, code, box),
            Journal(folder / f"truth-{name}.journal"),
            sampling=Sampling(max_new_tokens=TOKENS),
            label=name,
        )
    return {result.key: [result.verdict.passed] for result in results}


def _share(passes: Mapping[str, Sequence[bool]]) -> dict[str, Any]:
    return {"passed": sum(map(all, passes.values())), "rate": sum(map(all, passes.values())) / len(passes)}


def _against(before: Mapping[str, list[bool]], after: Mapping[str, list[bool]]) -> dict[str, Any]:
    found = compare_outcomes(before, after, {key: key for key in before})
    return {"delta": found.delta, "low": found.ci95.low, "high": found.ci95.high, "p": found.p}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("answers", "arm", "naive", "write"))
    parser.add_argument("--work", type=Path, required=True, help="folder for everything that is made")
    parser.add_argument("--noise", type=float, default=0.2)
    given = parser.parse_args()
    work = given.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    if given.what == "answers":
        answers(work)
    elif given.what == "arm":
        arm(work, given.noise)
    elif given.what == "naive":
        naive(work, given.noise)
    else:
        write(work)


def write(work: Path) -> None:
    """The figures of all arms, as the documentation's table takes them."""
    arms = [read_json(file) for file in (*work.glob("arm-*.json"), *work.glob("naive-*.json"))]
    whole = [arm for arm in arms if "funnel" in arm]
    if not whole:
        raise SystemExit(f"{work}: no arm was measured")
    rows = []
    for arm in sorted(arms, key=lambda arm: float(arm["noise"])):
        row = {"noise": arm["noise"], "holdout": arm["holdout"], "base": arm["base"]["rate"]}
        row |= {"naive": _cell(arm["naive"]), "naive_rows": arm["naive_rows"]}
        row["goldloop"] = _cell(arm["goldloop"]) if "goldloop" in arm else "not run"
        rows.append(row)
    funnel, first = whole[0]["funnel"], whole[0]
    wrong = len(first["active_wrong_goldens"])
    said = (
        f"at {first['noise']:.0%}: {first['answers']} answers, {funnel['failing']} called failures, {funnel['problems']} "
        f"problems, {funnel['reproduced']} reproduced, {funnel['active']} active, {wrong} of these with a golden that the "
        "suites' own checks fail"
    )
    result = {
        "what": f"Holdout problems of a log of {first['answers']} answers that are solved, before and after one round",
        "command": "python -m benchmarks.production arm --work DIR --noise 0.2",
        "machine": {"cores": 2, "memory_gib": 24, "note": f"SmolLM2-135M-Instruct, one seed; {said}"},
        "versions": None,
        "date": datetime.now(UTC).date().isoformat(),
        "columns": [
            {"title": "wrong feedback", "text": "{noise:.0%}"},
            {"title": "holdout problems", "text": "{holdout}"},
            {"title": "base", "text": "{base:.1%}"},
            {"title": "naive: rows", "text": "{naive_rows}"},
            {"title": "naive: solved (difference to the base, points)", "text": "{naive}"},
            {"title": "goldloop: solved (difference to the base, points)", "text": "{goldloop}"},
        ],
        "rows": rows,
    }
    RESULTS.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def _cell(figures: Mapping[str, Any]) -> str:
    return f"{figures['rate']:.1%} ({100 * figures['delta']:+.1f}; {100 * figures['low']:+.1f} to {100 * figures['high']:+.1f})"


if __name__ == "__main__":
    main()
