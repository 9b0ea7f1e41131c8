"""The verb that reads logs of production into a project's folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from evals.errors import BadInput
from loop import console
from loop.app import Json, app, emit, next_command
from loop.verbs.common import column_map

if TYPE_CHECKING:
    from evals.logs.taking import IngestedFile

Project = Annotated[Path, typer.Option("--into", help="Folder of the project: its log, its decisions, and its suite.")]


@app.command()
def ingest(
    files: Annotated[
        list[str], typer.Argument(metavar="[FORMAT] FILE...", help="Log files; before them a format, else it is guessed.")
    ],
    into: Project = Path("production"),
    column: Annotated[
        list[str] | None,
        typer.Option("--column", metavar="PART=COLUMN", help="For tables: prompt=question, answer=reply, ...; repeatable."),
    ] = None,
    fails: Annotated[
        list[str] | None, typer.Option("--fails", metavar="RULE", help="What says failure: 'correctness<0.5'; repeatable, kept.")
    ] = None,
    passes: Annotated[
        list[str] | None, typer.Option("--passes", metavar="RULE", help="What says success: 'review=right'; repeatable, kept.")
    ] = None,
    redact: Annotated[str, typer.Option(metavar="PKG.MOD:FUNC", help="A function of yours, text to text, after all rules.")] = "",
    names: Annotated[bool, typer.Option("--names", help="Replace names of people, too (needs presidio-analyzer).")] = False,
    release: Annotated[
        list[str] | None, typer.Option("--release", metavar="ID", help="Rewrite secrets in this answer's code, too; repeatable.")
    ] = None,
    licence: Annotated[str, typer.Option(help="Licence of entries that state none.")] = "",
    no_train: Annotated[
        bool, typer.Option("--no-train", help="No consent for training: tasks from it are only measured.")
    ] = False,
    json: Json = False,
) -> int:
    """Read logs of production: redact, count, keep; the same file twice changes nothing.

    Formats: otel, openinference, langfuse, langsmith, openai, inspect, ci, table, or pkg.mod:func. Bad lines are kept apart with
    place and reason. What has no feedback is unknown, never a success.

    Example: goldloop ingest traces.jsonl.gz feedback.jsonl --into production

    Example, a table: goldloop ingest table answers.csv --column prompt=question --column answer=reply --column feedback=thumb
    """
    from evals.logs.ingest import ingest_file, locked, project_key
    from evals.logs.project import declare_rules
    from evals.logs.redact import Redactor
    from evals.logs.signals import parse_rule
    from evals.logs.taking import IngestOptions
    from evals.plugins import load

    name, paths = _format_and_files(files)
    rules = [*(parse_rule(text, "fails") for text in fails or ()), *(parse_rule(text, "passes") for text in passes or ())]
    hook = load({}, redact, "redaction", form="pkg.mod:func") if redact else None
    results: list[IngestedFile | None] = []
    with locked(into):
        _require_held(into, release or ())
        options = IngestOptions(
            format=name,
            columns=column_map(column or (), "PART=COLUMN, such as prompt=question"),
            rules=declare_rules(into, rules),
            released=frozenset(release or ()),
            licence=licence,
            train_ok=not no_train,
        )
        redactor = Redactor(project_key(into), hook=hook, names=names)
        for path in paths:
            results.append(ingest_file(path, into, redactor, options, progress=console.Bars(quiet=json)))
    if json:
        emit({"into": str(into), "files": [_plain(path, result) for path, result in zip(paths, results, strict=True)]})
    else:
        for path, result in zip(paths, results, strict=True):
            _show(path, result, into)
    next_command(f"goldloop triage {into}")
    return 0


def _format_and_files(files: Sequence[str]) -> tuple[str, list[Path]]:
    """A format in front of the files, where there is one."""
    from evals.logs.formats import FORMATS
    from evals.plugins import is_outside, unknown

    first, *rest = files
    is_format = first in FORMATS or (is_outside(first) and not Path(first).exists())
    if is_format and not rest:
        raise BadInput(f"{first}: is a format, and no file is given; goldloop ingest {first} FILE")
    if not is_format and rest and not Path(first).exists() and "." not in Path(first).name and "/" not in first:
        raise BadInput(unknown(FORMATS, first, "format", form="pkg.mod:func"))
    return (first, [Path(name) for name in rest]) if is_format else ("", [Path(name) for name in files])


def _require_held(into: Path, released: Sequence[str]) -> None:
    """Check that what is released was quarantined for its code.

    Raises:
        BadInput: an id is not among those that wait; the message names some that do.
    """
    from evals.logs.ingest import held_ids

    held = held_ids(into) if released else set()
    for name in released:
        if name not in held:
            there = f"such as {', '.join(sorted(held)[:5])}" if held else "none at all"
            raise BadInput(f"--release {name}: no quarantined record of {into} has this id; {len(held)} wait, {there}")


def _plain(path: Path, result: IngestedFile | None) -> dict[str, Any]:
    return {"file": str(path), "ingested_before": True} if result is None else result.model_dump(mode="json")


def _show(path: Path, result: IngestedFile | None, into: Path) -> None:
    """What one file gave: counts in = out + quarantined."""
    if result is None:
        console.out.print(f"{console.escape(str(path))}: ingested before; nothing changed", soft_wrap=True)
        return
    how = "guessed" if result.guessed else "as given"
    console.out.print(
        Text.assemble((str(path), "bold"), f"  {result.format} ({how}), {result.records:,} records"), soft_wrap=True
    )
    rows = [
        ("answers", f"{result.entries:,}"),
        ("feedback", f"{result.feedback:,}"),
        ("known already", f"{result.known:,}" if result.known else ""),
        ("other records", _counts(result.other)),
        ("quarantined", _counts(result.quarantined)),
    ]
    for name, value in rows:
        if value:
            console.out.print(Text(f"  {name:<14} {value}"), soft_wrap=True)
    total = f"{result.found:,} parts found = {result.entries:,} + {result.feedback:,} + {result.known:,} + "
    console.out.print(Text(f"  {total}{sum(result.other.values()):,} + {sum(result.quarantined.values()):,}", style="dim"))
    left_out = next(iter(result.notes), "")
    first = f" (first: {result.noted[left_out]})" if left_out in result.noted else ""
    for name, said in (
        ("redacted", _counts(result.redacted)),
        ("signals", _counts(result.signals)),
        ("left out", f"{_counts(result.notes)}{first}"),
    ):
        if said:
            console.out.print(Text(f"  {name:<14} {said}"), soft_wrap=True)
    if result.unruled:
        first = next(iter(result.unruled))
        console.out.print(
            Text(f"  no rule        {_counts(result.unruled)}: a score has no direction; say what fails: --fails '{first}<0.5'"),
            soft_wrap=True,
        )
    if result.cycles:
        console.out.print(Text(f"  parents        {result.cycles:,} records go round in a circle, the first is {result.cycle}"))
    if result.other.get("no content"):
        console.out.print(
            Text("  answers without content cannot be used: switch content capture on where the log is written"), soft_wrap=True
        )
    if result.quarantined:
        console.out.print(Text(f"  each with place and reason: {into}/log/*/quarantine.jsonl"), soft_wrap=True)


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())
