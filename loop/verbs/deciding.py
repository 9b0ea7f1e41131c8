"""The verbs that compare, decide, and put an adapter in use or take it out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evals.errors import BadInput
from loop import console
from loop.app import RUNS, Json, Runs, app, emit, next_command
from loop.verbs.common import read_results, run_folder

if TYPE_CHECKING:
    from evals.records import Result, Split
    from loop.closing import Conditions
    from loop.config import GateSettings
    from loop.gate import GateReport, Line


@app.command()
def compare(
    before: Annotated[Path, typer.Argument(help="Folder of an evaluation.")],
    after: Annotated[Path, typer.Argument(help="Folder of an evaluation of the same tasks.")],
    runs: Runs = RUNS,
    json: Json = False,
) -> None:
    """Compare two evaluations task by task: difference, 95% interval, what a comparison of this size detects.

    Each split by itself: a gain on trained tasks says nothing about others. A look at holdout tasks is logged.

    Example: goldloop compare evals/before evals/after
    """
    from evals.comparison import flaky_tasks, set_apart
    from loop.gate import GateReport, compare_suites
    from loop.holdout import HoldoutLedger

    left, right = _Evaluation.read(before), _Evaluation.read(after)
    parts: dict[str, GateReport] = {}
    unsettled: dict[str, dict[str, int]] = {}
    if left.of("final") or right.of("final"):
        raise BadInput(f"{before} and {after}: split final is looked at once, by `goldloop publish`; compare other evaluations")
    splits: tuple[Split, ...] = ("train", "dev", "holdout")
    for name in splits:
        sides = left.of(name), right.of(name)
        if suites := sorted({r.suite for r in sides[0]} & {r.suite for r in sides[1]}):
            flaky = flaky_tasks([*sides[0], *sides[1]])
            counted = (sum(result.verdict.status == "unsettled" for result in side) for side in sides)
            unsettled[name] = dict(zip(("before", "after"), counted, strict=True))
            lines = compare_suites(set_apart(flaky, sides[0]), set_apart(flaky, sides[1]), target=suites)
            parts[name] = GateReport(decision="inconclusive", reasons=(), lines=lines, flaky=flaky)
    if not parts:
        raise BadInput(f"{before} and {after}: no suite was evaluated in both on the same split; nothing can be compared")
    ledger = HoldoutLedger(runs)
    for side in (left, right) if "holdout" in parts else ():
        ledger.look("evaluation", side.results, side.subject, f"goldloop compare {before} {after}")
    differing = left.unlike(right)
    # Two evaluations have no roles: whether a suite is a target or a guard is the gate's to say.
    rows = {split: [line.model_dump(mode="json", exclude={"role"}) for line in part.lines] for split, part in parts.items()}
    if json:
        emit(
            {
                "lines": [row for split in rows for row in rows[split]],
                "splits": rows,
                "verdicts": {split: _verdicts(part.lines) for split, part in parts.items()},
                "conditions": {"before": left.conditions, "after": right.conditions},
                "unsettled": unsettled,
                "differing": differing,
            }
        )
    else:
        for split, part in parts.items():
            console.out.print(console.gate_table(part, f"{split}, paired, in points", split=split, roles=False))
            console.show_reach(part.lines, left.conditions, right.conditions)
            for note in part.notes():
                console.out.print(f"  {console.escape(note)}")
            if any(unsettled[split].values()):
                before_after = ", ".join(f"{count} {side}" for side, count in unsettled[split].items())
                console.out.print(f"  unsettled answers, left out: {before_after}")
        if differing:
            console.out.print(f"the evaluations differ in more than the model: {', '.join(differing)}")
    if "holdout" in parts:
        names = {line.suite for line in parts["holdout"].lines}
        next_command(f"goldloop gate {before} {after} --target {names.pop() if len(names) == 1 else 'SUITE'}")
    else:
        next_command(f"goldloop failures {after}")


def _verdicts(lines: Sequence[Line]) -> dict[str, str]:
    """The verdict of each suite, and of each slice as ``suite: slice``."""
    from loop.closing import verdict_words

    named = verdict_words(lines).items()
    return {suite if name == "*" else f"{suite}: {name}": word for (suite, name), word in named}


@app.command()
def gate(
    before: Annotated[Path, typer.Argument(help="Folder of an evaluation of the holdout.")],
    after: Annotated[Path, typer.Argument(help="Folder of an evaluation of the same tasks.")],
    target: Annotated[list[str], typer.Option(help="Name of a suite that must improve; repeatable.")],
    guard: Annotated[list[str] | None, typer.Option(help="Name of a suite that must not get worse; repeatable.")] = None,
    noise: Annotated[
        list[Path] | None, typer.Option(help="Evaluation of the old model with another seed, averaged into it; repeatable.")
    ] = None,
    again: Annotated[Path | None, typer.Option(help="Second evaluation of the new model, for tasks that broke.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="gate.* keys, e.g. min_effect=0.05.")
    ] = None,
    runs: Runs = RUNS,
    json: Json = False,
) -> int:
    """Decide: promote (exit code 0), reject (2) or inconclusive (3). The evidence is kept beside the later evaluation.

    A decision is a look at the holdout: it is logged, and the budget gate.looks holds here, too, for both models and for the
    decision. The verdict says which decision on this holdout it is, and how often such a sequence promotes an unchanged model;
    gate.family_error sets a bound to that.

    Example: goldloop gate evals/before evals/after --target house --guard basics
    """
    from loop.config import full_keys, make_config
    from loop.gate import EXIT_CODES, History, decide
    from loop.holdout import HoldoutLedger
    from loop.sequence import decision_level, sequence_note

    overrides = full_keys(set_ or (), "gate")
    settings = make_config({"suites": {"target": list(target)}}, overrides, place="command line").gate
    left, right = _Evaluation.read(before), _Evaluation.read(after)
    if differing := left.unlike(right):
        raise BadInput(f"{before} and {after} differ in more than the model: {', '.join(differing)}; evaluate both alike")
    reruns = [_Evaluation.read(folder) for folder in noise or ()]
    for rerun in reruns:
        if rerun.model != left.model or (differing := left.unlike(rerun)):
            other = (
                f"differs from {before} in {', '.join(differing)}"
                if rerun.model == left.model
                else f"another model than {before}"
            )
            raise BadInput(f"{rerun.folder}: {other}; --noise is for the old model, evaluated alike with another seed")
    history = History(
        reruns=[rerun.of("holdout") for rerun in reruns],
        again=_Evaluation.read(again).of("holdout") if again else (),
    )
    sides = left.of("holdout"), right.of("holdout")
    ledger = HoldoutLedger(runs)
    why = f"goldloop gate {before} {after}"
    models = [left.subject, right.subject]
    judged = [r for r in sides[1] if r.suite in {*target, *(guard or ())}]
    ledger.require_budget_for(judged, settings.looks, models=models, unknown=0)
    for side, model in zip(sides, models, strict=True):
        ledger.look("evaluation", side, model, why)
    ledger.look("decision", judged, right.subject, why)
    level = decision_level(ledger, judged, settings, right.subject, why)
    report = decide(*sides, target=target, guard=guard or (), settings=settings, history=history, level=level)
    sequence = sequence_note(ledger, judged, settings, report.lines, right.subject, why)
    file = _keep(report, settings, {"before": left, "after": right}, {"level": level, "sequence": sequence})
    if json:
        emit({**report.model_dump(mode="json"), "level": level, "sequence": sequence, "evidence": str(file)})
    else:
        console.out.print(console.gate_table(report, "holdout, paired, in points"))
        console.show_reach(report.lines, left.conditions, right.conditions)
        console.out.print(f"decision: {console.decision_text(report.decision)}")
        for reason in (*report.reasons, *report.notes(), *sequence):
            console.out.print(f"  {console.escape(reason)}")
        console.out.print(f"evidence: {console.escape(str(file))}", soft_wrap=True)
    next_command(f"goldloop compare {before} {after}")
    return EXIT_CODES[report.decision]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Evaluation:
    """A finished evaluation on the disk.

    ``inputs`` are those of its manifest, ``conditions`` if it has them; ``subject`` names the model in the ledger.
    """

    folder: Path
    results: Sequence[Result]
    inputs: Mapping[str, Any]
    subject: str
    conditions: Conditions | None = None

    @classmethod
    def read(cls, folder: Path) -> _Evaluation:
        """Results that are what the manifest counted.

        Raises:
            BadInput: no finished evaluation, or its results were changed or cut since.
        """
        from evals.files import MANIFEST, digest_file, read_json
        from loop.closing import read_conditions
        from loop.stages import RESULTS, count_results

        results = read_results(folder)
        if not (folder / RESULTS).is_file():  # a run: its latest look at the training tasks
            return cls(folder=folder, results=results, inputs={}, subject=str(folder))
        if not (folder / MANIFEST).is_file():
            raise BadInput(f"{folder}: no {MANIFEST}: the evaluation did not finish; start it again, it goes on where it was")
        manifest = read_json(folder / MANIFEST)
        counts = count_results(results)
        counted = {name: manifest.get("counts", {}).get(name, 0) for name in counts}
        if counts != counted:
            raise BadInput(f"{folder / RESULTS}: was changed: holds {counts}, and {MANIFEST} says {counted}; evaluate again")
        if (written := manifest.get("results")) != (there := digest_file(folder / RESULTS)):
            raise BadInput(f"{folder / RESULTS}: was changed: has digest {there}, and {MANIFEST} says {written}; evaluate again")
        inputs, conditions = manifest.get("inputs", {}), read_conditions(manifest)
        subject = str(manifest.get("subject") or inputs.get("model", folder))
        return cls(folder=folder, results=results, inputs=inputs, subject=subject, conditions=conditions)

    @property
    def model(self) -> str:
        """The model's identity, or the folder's name if it is not recorded."""
        return str(self.inputs.get("model", self.folder))

    def of(self, split: Split) -> list[Result]:
        """The results on one split."""
        return [result for result in self.results if result.split == split]

    def unlike(self, other: _Evaluation) -> list[str]:
        """What differs between two evaluations beside model and seed, in words.

        What tasks ask can be compared only where the same tasks were evaluated; the gate judges other tasks.
        """
        names = {"evals": "settings of decoding (evals.*)", "backend": "backend", "backend_options": "options of the backend"}
        if {r.key for r in self.results} == {r.key for r in other.results}:
            names["tasks"] = "what the tasks ask or check"
        return [said for key, said in names.items() if self.inputs.get(key) != other.inputs.get(key)]


def _keep(report: GateReport, settings: GateSettings, sides: Mapping[str, _Evaluation], sequence: Mapping[str, Any]) -> Path:
    """Write a decision beside the later evaluation, under a name that other evidence or settings would change."""
    from evals.files import digest, digest_file, write_json
    from loop.stages import RESULTS

    evidence = {
        name: {"folder": str(side.folder), "model": side.model, "results": digest_file(side.folder / RESULTS)}
        for name, side in sides.items()
    }
    content = {**evidence, **sequence, "settings": settings.model_dump(mode="json"), "report": report.model_dump(mode="json")}
    file = sides["after"].folder / f"gate-{digest(content)[3:15]}.json"
    write_json(file, content)
    return file


@app.command()
def promote(
    name: Annotated[str, typer.Argument(help="Name of the run.")] = "",
    number: Annotated[int, typer.Option("--round", min=0, help="Round; 0 takes the last one that the gate promoted.")] = 0,
    runs: Runs = RUNS,
    json: Json = False,
) -> None:
    """Put a round's adapter in use. Only what the gate promoted can be.

    Example: goldloop promote demo --round 1
    """
    from loop.registry import Registry

    folder = run_folder(name, runs)
    rounds = sorted(int(path.name.split("-")[1]) for path in folder.glob("round-*"))
    if not rounds or (number and number not in rounds):
        raise BadInput(f"{folder}: rounds here: {', '.join(map(str, rounds)) or 'none'}, asked for {number or 'the last'}")
    entry = Registry(runs).promote_folder(folder.name, number or _last_promoted(folder, rounds))
    if json:
        emit(entry)
    else:
        console.out.print(f"in use: {entry.adapter} ({entry.digest})")
    next_command("goldloop rollback")


def _last_promoted(folder: Path, rounds: Sequence[int]) -> int:
    """The last round that the gate promoted; the last one, whose refusal says why, if it promoted none."""
    from evals.files import MANIFEST, read_json

    gates = {number: folder / f"round-{number}" / "gate" / MANIFEST for number in rounds}
    promoted = [number for number, gate in gates.items() if gate.is_file() and read_json(gate)["decision"] == "promote"]
    return (promoted or list(rounds))[-1]


@app.command()
def rollback(runs: Runs = RUNS, json: Json = False) -> None:
    """Take the adapter in use out again; the one before it, or the base model, is in use then.

    Example: goldloop rollback
    """
    from loop.registry import Registry

    removed, current = Registry(runs).rollback()
    if json:
        emit({"removed": removed, "current": current})
    else:
        console.out.print(f"taken out: {removed.adapter}; in use: {current.adapter if current else 'the base model'}")
    next_command(f"goldloop promote {removed.run} --round {removed.round}")
