"""``goldloop audit``: does training data leak a holdout? A thin wrapper around ``decontam``."""

from __future__ import annotations

import errno
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from decontam.rule import Rule
from evals.errors import BadInput
from loop import console
from loop.app import Json, app, emit, next_command
from loop.verbs.common import no_file_in_the_way

if TYPE_CHECKING:
    from decontam.audit.run import Audit, AuditSettings
    from decontam.holdouts import Holdout
    from decontam.matching.index import HoldoutIndex
    from decontam.records import AuditSummary
    from decontam.sources import Found

EXIT_CODES: Mapping[str, int] = {"clean": 0, "leaks": 2, "inconclusive": 3}
INTERRUPTED = 130
DEFAULTS = Rule()
SHOWN = 10
COUNTED = 64.0  # MB


@app.command()
def audit(
    train: Annotated[list[str], typer.Option(help="File, glob, folder, or hf:NAME of a `datasets` dataset; repeatable.")],
    holdout: Annotated[
        list[str], typer.Option(help="Suite, shipped suite, importer:path, or a table (JSONL, Parquet, CSV ...); repeatable.")
    ],
    out: Annotated[Path | None, typer.Option("--out", help="New folder for matches, documents, items, report, summary.")] = None,
    clean: Annotated[Path | None, typer.Option("--clean", help="New folder for the input without the rows that leak.")] = None,
    text_column: Annotated[
        list[str] | None, typer.Option(help="Column to read, dotted where nested, as a.b[].c; repeatable, default all strings.")
    ] = None,
    skip: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Files or folders to leave out, by name or path; repeatable.")
    ] = None,
    holdout_column: Annotated[
        list[str] | None,
        typer.Option(metavar="PART=COLUMN", help="Column of a holdout table: id, prompt, answer, tests or messages; repeatable."),
    ] = None,
    channel: Annotated[list[str] | None, typer.Option(help="text or code; repeatable, default both.")] = None,
    coverage: Annotated[
        float, typer.Option(min=0.01, max=1, help="Share of an item's words' 8-grams that flags.")
    ] = DEFAULTS.coverage,
    unique: Annotated[int, typer.Option(min=1, help="Matched 8-grams that only this item has.")] = DEFAULTS.unique,
    max_broken: Annotated[
        float, typer.Option(min=0, max=1, help="Share of unreadable rows above which it is inconclusive.")
    ] = 0.01,
    boilerplate: Annotated[
        int,
        typer.Option(
            min=0,
            help="Grams in more training texts than this are ignored; 0 is off. Reads twice, and hides an "
            "item that leaked more often.",
        ),
    ] = 0,
    counted: Annotated[
        float,
        typer.Option(min=0, help="MB of the data read beforehand to see what of the holdout is common in it; 0 is off."),
    ] = COUNTED,
    evidence: Annotated[
        int,
        typer.Option(
            min=0,
            help="Matches of each item, the worst, of which places and texts are kept beside those of the first 2,000; "
            "all are counted.",
        ),
    ] = 10,
    index: Annotated[Path | None, typer.Option("--index", help="Saved index: used if it exists, else written.")] = None,
    threads: Annotated[int, typer.Option(min=0, help="0 is one per core.")] = 0,
    judged: Annotated[
        Path | None,
        typer.Option(help="Folder of an earlier audit: what people judged a false alarm there (goldloop serve) counts as none."),
    ] = None,
    semantic: Annotated[
        str, typer.Option(help="Model for near texts by meaning, for review only: hub id, local folder; off by default.")
    ] = "",
    json: Json = False,
) -> int:
    """Say whether training data leaks a holdout. Exit code 0 clean, 2 leaks found, 3 inconclusive, 4 bad input.

    Example: goldloop audit --train runs/demo/round-1/trainset/trainset.jsonl --holdout house --holdout basics

    Example: goldloop audit --train 'data/*.jsonl.zst' --holdout humaneval:HumanEval.jsonl.gz --out audit --clean cleaned
    """
    from decontam.audit.judged import JudgedMatches
    from decontam.audit.run import check_threads, run_audit
    from decontam.holdouts import load_items
    from decontam.sources import find_sources

    settings = _settings(coverage, unique, channel or (), text_column or (), max_broken, boilerplate, counted, evidence)
    if semantic and out is None:
        raise BadInput("--semantic writes candidates.jsonl for people or a judge to read: give --out DIR, too")
    for name, values in (("--train", train), ("--holdout", holdout)):
        if not all(value.strip() for value in values):
            raise BadInput(f"{name} '': an empty name; give a file, a folder or a glob (. is this folder)")
    if judged is not None and not (judged / "summary.json").is_file():
        raise BadInput(f"--judged {judged}: is no folder of an audit; give one that `goldloop audit --out` wrote")
    for name, folder in (("--out", out), ("--clean", clean)):
        if folder is not None:
            no_file_in_the_way(name, folder)
    bars = console.Bars(quiet=json)
    try:
        items = load_items(holdout, _column_map(holdout_column or ()))
        sources = find_sources(train, skip or ())
        outcome = run_audit(
            sources,
            items,
            settings,
            index=_index(index, items, settings) if index else None,
            threads=check_threads(threads),
            out=out,
            clean=clean,
            judged=JudgedMatches(judged) if judged is not None else None,
            progress=bars,
        )
        summary = outcome.summary
        near = _semantic(semantic, sources, items, settings, out, bars) if semantic and out and not summary.partial else 0
    except KeyboardInterrupt:
        console.plain_error("interrupted before or after the scan; nothing half-written was left")
        return INTERRUPTED
    except OSError as error:
        raise BadInput(_explain(error, out, clean)) from None
    if json:
        emit({**summary.model_dump(mode="json"), "out": str(out) if out else None, "clean": str(clean) if clean else None})
    else:
        show(outcome)
        if near:
            console.out.print(f"{near:,} texts near a holdout item by meaning, for review only: {out}/candidates.jsonl")
        if out is not None:
            console.out.print(f"report: {console.escape(str(out / 'report.html'))}", soft_wrap=True)
    if outcome.not_cleaned:
        console.plain_error(f"--clean: {outcome.not_cleaned}")
        return BadInput.exit_code
    options = [
        *_repeated("--text-column", text_column),
        *_repeated("--skip", skip),
        *_repeated("--holdout-column", holdout_column),
        *_repeated("--channel", channel),
        *([] if coverage == DEFAULTS.coverage else ["--coverage", f"{coverage}"]),
        *([] if unique == DEFAULTS.unique else ["--unique", f"{unique}"]),
        *([] if counted == COUNTED else ["--counted", f"{counted:g}"]),
        *([] if judged is None else ["--judged", str(judged)]),
        *([] if not boilerplate else ["--boilerplate", f"{boilerplate}"]),
    ]
    if out is not None and summary.verdict == "leaks" and clean is None and not summary.partial:
        next_command(shlex.join(["goldloop", "serve", str(out)]))
        return EXIT_CODES[summary.verdict]
    next_command(_next(summary, train, [*_repeated("--holdout", holdout), *options], clean, kept=out is not None))
    return INTERRUPTED if summary.partial else EXIT_CODES[summary.verdict]


def _repeated(name: str, values: Sequence[str] | None) -> list[str]:
    return [word for value in values or () for word in (name, value)]


def _explain(error: OSError, out: Path | None, clean: Path | None) -> str:
    place = error.filename or " and ".join(str(folder) for folder in (out, clean) if folder) or "a file"
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return (
            f"{place}: no space left; free some, or give a folder on another disk, and audit again: nothing half-written was left"
        )
    return f"{place}: {error.strerror or error}"


def _settings(
    coverage: float,
    unique: int,
    channels: Sequence[str],
    columns: Sequence[str],
    max_broken: float,
    boilerplate: int,
    counted: float,
    evidence: int,
) -> AuditSettings:
    from decontam.audit.run import AuditSettings
    from decontam.matching.match import CHANNELS

    if unknown := sorted(set(channels) - set(CHANNELS)):
        raise BadInput(f"--channel {unknown[0]}: expected {' or '.join(CHANNELS)}")
    return AuditSettings(
        rule=Rule(coverage=coverage, answer_coverage=max(DEFAULTS.answer_coverage, coverage), unique=unique),
        channels=tuple(name for name in CHANNELS if name in channels) or CHANNELS,
        text_columns=tuple(columns),
        max_broken_share=max_broken,
        boilerplate_documents=boilerplate,
        counted_megabytes=counted,
        evidence=evidence,
    )


def _column_map(given: Sequence[str]) -> dict[str, str]:
    columns = {}
    for item in given:
        part, equals, column = item.partition("=")
        if not equals or not column:
            raise BadInput(f"--holdout-column {item}: expected PART=COLUMN, for example prompt=question")
        columns[part.strip()] = column.strip()
    return columns


def _index(path: Path, items: Holdout, settings: AuditSettings) -> HoldoutIndex:
    from decontam.matching.index import build_index, load_index, save_index

    if path.is_dir():
        raise BadInput(f"--index {path}: is a folder; give a file, new or written by an earlier audit")
    if path.exists():
        return load_index(path, items.items, settings.rule)
    built = build_index(items.items, settings.rule)
    save_index(built, path)
    return built


def _semantic(model: str, sources: Found, items: Holdout, settings: AuditSettings, out: Path, bars: console.Bars) -> int:
    from decontam.audit.run import training_texts
    from decontam.audit.semantic import TransformerEmbedder, export_for_judge, find_candidates

    embedder = TransformerEmbedder(model)
    texts = training_texts(sources, settings.text_columns)
    candidates = find_candidates(items.items, texts, embedder, embedder, progress=bars)
    export_for_judge(candidates, out / "candidates.jsonl")
    return len(candidates)


def show(audit: Audit) -> None:
    """The closing tables: the worst matches, files, figures, what this cannot see."""
    summary = audit.summary
    for entry in audit.entries[:SHOWN]:
        leak, match = entry.leak, entry.leak.match
        unit = "code tokens" if match.channel == "code" else "words"
        console.out.print(
            Text.assemble(
                (f"{leak.file}:{leak.row}", "bold"), f" {match.column}  {match.item} ",
                (f"{match.part}, {match.channel} {match.verdict}, {match.coverage:.0%}, {match.longest_run} {unit} in a row",
                 "red" if match.leak else "yellow"),
            ), soft_wrap=True)  # fmt: skip
        console.out.print(Text("    " + " ".join(match.snippet.split())), overflow="ellipsis", no_wrap=True)
    if audit.total_matches > SHOWN:
        console.out.print(f"... and {audit.total_matches - SHOWN:,} more matches (--out DIR has all)")
    if audit.entries:
        console.out.print()
    console.out.print(_files(summary))
    for file in summary.files:
        for broken in file.first_broken:
            console.out.print(f"[yellow]unreadable[/] {console.escape(file.file)} {console.escape(broken)}", soft_wrap=True)
        if file.broken > len(file.first_broken):
            console.out.print(
                f"[yellow]unreadable[/] {console.escape(file.file)} and {file.broken - len(file.first_broken):,} more"
            )
    for reason in summary.reasons:
        console.out.print(f"[dim]note[/] {console.escape(reason)}", soft_wrap=True)
    for kind, count in summary.duplicates.items():
        console.out.print(f"[dim]note[/] duplicates {kind}: {count:,} items", soft_wrap=True)
    colour = {"clean": "green", "leaks": "red"}.get(summary.verdict, "yellow")
    console.out.print(
        f"[bold {colour}]{summary.verdict}[/]: {summary.leaking_rows:,} of {summary.rows:,} rows leak "
        f"{summary.leaked_items:,} of {summary.items:,} holdout items"
        + (f"; {summary.short_rows:,} rows to look at (short items)" if summary.short_rows else "")
        + (f"; {summary.shared_rows:,} rows of text that other tasks or texts share, no leaks" if summary.shared_rows else ""),
        soft_wrap=True,
    )
    console.out.print(f"[dim]{console.escape(summary.blind)}[/]", soft_wrap=True)


def _files(summary: AuditSummary) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("file", overflow="fold")
    table.add_column("columns", overflow="fold")
    for name in ("rows", "leaking", "short", "shared", "unreadable"):
        table.add_column(name, justify="right")
    for file in summary.files[:20]:
        columns = ", ".join(file.columns)
        table.add_row(
            Text(file.file), Text(columns), *(f"{n:,}" for n in (file.rows, file.leaking, file.short, file.shared, file.broken))
        )
    if len(summary.files) > 20:
        table.add_row(f"... and {len(summary.files) - 20:,} more files", "", "", "", "", "")
    return table


def _next(summary: AuditSummary, train: Sequence[str], rest: Sequence[str], clean: Path | None, *, kept: bool) -> str:
    again = shlex.join(["goldloop", "audit", *_repeated("--train", train), *rest])
    if summary.verdict == "leaks" and clean is None:
        return f"{again} --clean CLEANED"
    if summary.verdict == "leaks":
        return shlex.join(["goldloop", "audit", "--train", str(clean), *rest])
    if summary.verdict == "inconclusive":
        return again if summary.partial else "read the notes above, fix the files, audit again"
    return "goldloop doctor" if kept else f"{again} --out audit"
