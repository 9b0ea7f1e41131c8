"""A round on the terminal: the closing table, what failed, what was dropped, the decision."""

from __future__ import annotations

from pathlib import Path

from evals.reasons import reason_words
from loop import console
from loop.gate import points
from loop.overfit import held_back_words
from loop.records import RoundReport
from loop.runs import Finished

_OWN = {"own": "own passes", "revise": "own revisions", "hint": "own answers to a hint", "repair": "own repairs"}
"""Targets that the model wrote itself, by source, in words."""


def show_round(report: RoundReport) -> None:
    """Print one round for people."""
    counts = report.counts
    if report.gate is None:
        console.out.print()
        console.out.print(f"[bold]round {report.number}[/]: {report.decision}, measured from {console.escape(report.start)}")
        for reason in report.reasons:
            console.out.print(f"  {console.escape(reason)}")
        return
    repairs = "".join(f"{n} {said}, " for key, said in _OWN.items() if (n := counts.get(f"trainset_{key}", 0)))
    again = f"{more} once more, " if (more := counts.get("trainset_again", 0)) else ""
    console.out.print()
    console.out.print(
        f"[bold]round {report.number}[/]: {counts['failures']} of {counts['train_tasks']} training tasks failed "
        f"-> {counts['pairs']} pairs (with replay), {counts['clean_pairs']} clean -> {counts['trainset_rows']} rows "
        f"({counts['trainset_golden']} goldens, {repairs}{again}{counts['trainset_replay']} replay)"
    )
    if unsettled := counts.get("unsettled", 0):
        console.out.print(f"{unsettled} attempts are unsettled, neither passed nor failed (goldloop failures)")
    console.out.print()
    why = {reason_words(reason): count for reason, count in list(report.failure_reasons.items())[:8]}
    console.out.print(console.counts_table("why it failed", why, ("reason", "tasks")))
    if report.yields:
        console.out.print()
        console.out.print(console.yields_table(report.yields))
    if report.dropped:
        console.out.print()
        console.out.print(console.counts_table("dropped", report.dropped, ("stage: reason", "rows")))
    console.out.print()
    console.out.print(console.gate_table(report.gate, f"round {report.number}, tasks never trained on, in points"))
    console.show_reach(report.gate.lines, report.conditions, report.conditions)
    if report.start != "base":
        for row in report.against_base:
            spread = f"{points(row.ci95[0])} to {points(row.ci95[1])}"
            console.out.print(
                f"{row.suite} against the original base: {row.before:.1%} -> {row.after:.1%}, {points(row.delta)} points "
                f"({spread}); the adapter before was chosen for a high score on these tasks, which is biased upwards",
                soft_wrap=True,
            )
    if report.held_back is not None:
        console.out.print(held_back_words(report.held_back), soft_wrap=True)
    for one in report.seeds:
        mark = ", chosen on dev" if one.chosen else ""
        rates = ", ".join(f"{name} {rate:.1%}" for name, rate in one.holdout.items())
        console.out.print(f"seed {one.seed}: dev {one.dev:.1%}; holdout {rates}{mark}", soft_wrap=True)
    for gain in report.spread:
        console.out.print(
            f"{gain.suite}: {gain.seeds} seeds gain {points(gain.mean)} points on average, "
            f"standard deviation {100 * gain.deviation:.1f}",
            soft_wrap=True,
        )
    console.out.print()
    console.out.print(f"decision: {console.decision_text(report.decision)}")
    for reason in (*report.reasons, *report.gate.notes(), *report.notes):
        console.out.print(f"  {console.escape(reason)}")


def show_adapter(finished: Finished, runs: Path) -> None:
    """The adapter in use after a run, and what can be done with it."""
    best = next((report for report in reversed(finished.rounds) if report.decision == "promote"), None)
    entry = finished.in_use
    if entry is None:
        if best is not None:
            console.out.print(f"adapter: {console.escape(str(best.after and best.after.adapter))}, not in use")
            console.out.print(f"  put it in use: goldloop promote {finished.folder.name} --round {best.number}")
        else:
            console.out.print("in use: the base model")
        return
    folder = runs / entry.adapter
    console.out.print(f"in use: {console.escape(str(folder))} ({entry.run}, round {entry.round})", soft_wrap=True)
    suite = entry.suites[0] if entry.suites else "SUITE"
    for what, command in (
        ("evaluate it", f"goldloop eval {suite} --adapter current --out evals/current"),
        ("load it", f'peft.PeftModel.from_pretrained(base, "{folder}")'),
        ("serve it", f"vllm serve BASE --enable-lora --lora-modules tuned={folder}"),
        ("learn more", "goldloop run, which starts from it"),
        ("take it out", "goldloop rollback"),
    ):
        console.out.print(f"  {what}: {console.escape(command)}", soft_wrap=True)
