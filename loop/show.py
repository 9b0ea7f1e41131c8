"""A round on the terminal: the closing table, what failed, what was dropped, the decision."""

from __future__ import annotations

from evals.reasons import reason_words
from loop import console
from loop.records import RoundReport


def show_round(report: RoundReport) -> None:
    """Print one round for people."""
    counts = report.counts
    repairs = f"{own} own repairs, " if (own := counts.get("trainset_repair", 0)) else ""
    console.out.print()
    console.out.print(
        f"[bold]round {report.number}[/]: {counts['failures']} of {counts['train_tasks']} training tasks failed "
        f"-> {counts['pairs']} pairs (with replay), {counts['clean_pairs']} clean -> {counts['trainset_rows']} rows "
        f"({counts['trainset_golden']} goldens, {repairs}{counts['trainset_replay']} replay)"
    )
    console.out.print()
    why = {reason_words(reason): count for reason, count in list(report.failure_reasons.items())[:8]}
    console.out.print(console.counts_table("why it failed", why, ("reason", "tasks")))
    if report.dropped:
        console.out.print()
        console.out.print(console.counts_table("dropped", report.dropped, ("stage: reason", "rows")))
    if report.gate is not None:
        console.out.print()
        console.out.print(console.gate_table(report.gate, f"round {report.number}, tasks never trained on, in points"))
        console.show_reach(report.gate.lines, report.conditions, report.conditions)
    console.out.print()
    console.out.print(f"decision: {console.decision_text(report.decision)}")
    for reason in (*report.reasons, *(report.gate.notes() if report.gate else ())):
        console.out.print(f"  {console.escape(reason)}")
