"""The pages of leakage: an audit's matches with both texts and where they agree, and what people judged of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args
from urllib.parse import parse_qs, urlencode

import duckdb

from decontam.audit.judged import JudgedMatches, Opinion, match_key
from decontam.audit.outputs import TEXTS
from decontam.audit.report import headline, pieces
from decontam.records import AuditSummary, Leak, Match
from evals.errors import BadInput
from evals.files import iter_jsonl, read_json
from loop.web.pages import Pager, number_of, page
from loop.web.workplace import Workplace

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_PAGE = 40
_FIELDS = ("verdict", "channel", "part", "file")
_LONGEST = 400


def leakage(request: Request) -> Response:
    """The matches of an audit within filters, the worst first."""
    place: Workplace = request.app.state.workplace
    names = list(place.audits())
    name = request.query_params.get("audit") or next(iter(names), "")
    if not name:
        return page(request, "leakage.html.j2", section="leakage", names=[], audit="", summary=None, rows=[])
    folder = place.audit(name)
    summary = AuditSummary.model_validate(read_json(folder / "summary.json"))
    asked = {field: request.query_params.get(field, "")[:_LONGEST] for field in (*_FIELDS, "text")}
    number = number_of(request, "page", 1)
    rows = _matches(folder, asked, number)
    judged = JudgedMatches(folder)
    for row in rows:
        row["key"] = match_key(row["file"], row["row"], _match(row))
        said = judged.of(row["key"])
        row["judged"] = said[-1] if said else None
    return page(
        request, "leakage.html.j2", section="leakage", names=names, audit=name, summary=summary, headline=headline(summary),
        rows=rows, asked=asked, choices={field: _choices(folder, field) for field in _FIELDS},
        pager=Pager("/leakage", {"audit": name, **asked}, number, rows[0]["total"] if rows else 0, _PAGE),
    )  # fmt: skip


def _ask(folder: Path, query: str, given: Sequence[Any]) -> list[dict[str, Any]]:
    with duckdb.connect(config={"memory_limit": "256MB", "threads": 1}) as connection:
        cursor = connection.execute(query, [str(folder / "matches.parquet"), *given])
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _matches(folder: Path, asked: dict[str, str], number: int) -> list[dict[str, Any]]:
    where = [f"{field} = ?" for field in _FIELDS if asked[field]]
    given = [asked[field] for field in _FIELDS if asked[field]]
    if asked["text"]:
        where.append("(contains(lower(item), ?) OR contains(lower(snippet), ?) OR contains(lower(file), ?))")
        given += [asked["text"].lower()] * 3
    narrowed = f"WHERE {' AND '.join(where)}" if where else ""
    return _ask(
        folder,
        f"SELECT *, count(*) OVER () AS total FROM read_parquet(?) {narrowed} "
        "ORDER BY list_position(['strict', 'flag', 'short'], verdict), coverage DESC, file, row, item, part, channel "
        f"LIMIT {_PAGE} OFFSET {_PAGE * (number - 1)}",
        given,
    )


def _choices(folder: Path, field: str) -> list[str]:
    return [row["value"] for row in _ask(folder, f"SELECT DISTINCT {field} AS value FROM read_parquet(?) ORDER BY 1", [])]


def _match(row: dict[str, Any]) -> Match:
    def span(value: dict[str, int]) -> tuple[int, int]:
        return value["start"], value["end"]

    spans = {name: span(row[name]) for name in ("document_span", "item_span")}
    lists = {name: tuple(map(span, row[name] or ())) for name in ("document_spans", "item_spans")}
    plain = {name: row[name] for name in Match.model_fields if name in row and name not in {**spans, **lists}}
    return Match.model_validate({**plain, **spans, **lists})


def _found(folder: Path, key: str, file_name: str, row_number: str) -> tuple[Leak, dict[str, Any] | None]:
    """A match by its key, and its texts where the audit kept them (those of the worst matches)."""
    file = folder / TEXTS
    for _, row in iter_jsonl(file) if file.is_file() else ():
        leak = Leak.model_validate(row["leak"])
        if match_key(leak.file, leak.row, leak.match) == key:
            return leak, row
    at = int(row_number) if row_number.isdecimal() and len(row_number) < 18 else -1
    for row in _ask(folder, 'SELECT * FROM read_parquet(?) WHERE file = ? AND "row" = ?', [file_name, at]):
        if match_key(row["file"], row["row"], _match(row)) == key:
            return Leak(file=row["file"], row=row["row"], match=_match(row)), None
    raise BadInput("no such match in this audit, or not any more")


def match(request: Request) -> Response:
    """One match: the training text and the holdout item, with what they share marked."""
    place: Workplace = request.app.state.workplace
    name, key, file, row = (request.query_params.get(field, "") for field in ("audit", "match", "file", "row"))
    folder = place.audit(name)
    leak, texts = _found(folder, key, file, row)
    one = leak.match
    document = item = None
    if texts is not None:
        length = texts["document_length"]
        spans = one.document_spans or (one.document_span,)
        document = pieces(texts["document"], spans, one.document_span, texts["document_offset"], length)
        item = pieces(texts["item_text"], one.item_spans or (one.item_span,), one.item_span)
    return page(
        request, "match.html.j2", section="leakage", audit=name, key=key, leak=leak, document=document, item=item,
        judged=JudgedMatches(folder).of(key),
    )  # fmt: skip


async def judge(request: Request) -> Response:
    """Keep a person's judgement of a match beside the audit."""
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import RedirectResponse

    fields = parse_qs((await request.body()).decode("utf-8", errors="replace"))
    given = {name: values[0] for name, values in fields.items()}
    place: Workplace = request.app.state.workplace
    opinion = given.get("opinion", "")

    def kept() -> None:
        folder = place.audit(given.get("audit", ""))
        leak, _ = _found(folder, given.get("match", ""), given.get("file", ""), given.get("row", ""))
        seen = int(given["seen"]) if given.get("seen", "").isdecimal() else -1
        who, why = given.get("who", "")[:200], given.get("why", "")[:4000]
        if opinion not in get_args(Opinion):
            raise BadInput(f"{opinion!r}: expected {' or '.join(get_args(Opinion))}")
        JudgedMatches(folder).add(leak.file, leak.row, leak.match, cast(Opinion, opinion), who=who, why=why, seen=seen)

    await run_in_threadpool(kept)
    return RedirectResponse(f"/match?{urlencode({name: given.get(name, '') for name in ('audit', 'match', 'file', 'row')})}", 303)


ROUTES = (("/leakage", leakage), ("/match", match))
WRITES = (("/match/judge", judge),)
