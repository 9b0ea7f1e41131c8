"""The pages that look at runs: list, one run with its live progress, several side by side, slices over the rounds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import orjson

from evals.errors import BadInput, GoldloopError
from loop.status import run_status
from loop.web.pages import Pager, number_of, page, rows_of
from loop.web.rundata import TokenCount, climb_of, differing_settings, live_facts, run_rows
from loop.web.workplace import Workplace

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_PAGE = 25
_MOST_COMPARED = 6
_LIVE_SECONDS = 1.0


def _workplace(request: Request) -> Workplace:
    found: Workplace = request.app.state.workplace
    return found


def runs(request: Request) -> Response:
    """All runs, newest first, narrowed by name, state, decision and suite."""
    asked = {name: request.query_params.get(name, "")[:200] for name in ("text", "state", "decision", "suite")}
    rows = run_rows(_workplace(request).runs)
    whole = [row for _, row in rows if row is not None]
    choices = {
        "state": sorted({row.state for row in whole}),
        "decision": sorted({row.decision for row in whole} - {""}),
        "suite": sorted({name for row in whole for name in row.targets}),
    }
    found = [
        (name, row)
        for name, row in rows
        if asked["text"].lower() in name.lower()
        and (row is None or not asked["state"] or row.state == asked["state"])
        and (row is None or not asked["decision"] or row.decision == asked["decision"])
        and (row is None or not asked["suite"] or asked["suite"] in row.targets)
        and (row is not None or not any(asked[name] for name in ("state", "decision", "suite")))
    ]
    number = number_of(request, "page", 1)
    pager = Pager("/", asked, number, len(found), _PAGE)
    return page(
        request, "runs.html.j2", section="runs", rows=rows_of(found, number, _PAGE), asked=asked, choices=choices, pager=pager,
        all=len(rows), projects=_workplace(request).projects(), audits=_workplace(request).audits(),
    )  # fmt: skip


def run(request: Request) -> Response:
    """One run: the answer, the hill, each round's decision and why, and where it is while it works."""
    name = request.path_params["run"]
    folder = _workplace(request).run(name)
    climb = climb_of(folder)
    live = live_facts(folder, TokenCount(folder))
    return page(
        request, "run.html.j2", section="runs", run=name, climb=climb, live=live, stages=run_status(folder),
        has_report=(folder / "report.html").is_file(), headline=_headline(climb),
    )  # fmt: skip


def _headline(climb: object) -> str:
    from loop.report.answer import headline
    from loop.web.rundata import RunStory

    return headline(climb.chapters) if isinstance(climb, RunStory) else "No round has ended yet"


def report(request: Request) -> Response:
    """The run's report in one file, as it was written; in an origin of its own, so that it can do nothing here."""
    from starlette.responses import Response

    file = _workplace(request).run(request.path_params["run"]) / "report.html"
    if not file.is_file():
        raise BadInput(f"{file}: is written when a round ends")
    policy = "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
    return Response(file.read_bytes(), media_type="text/html; charset=utf-8", headers={"content-security-policy": policy})


def compare(request: Request) -> Response:
    """Two or more runs side by side: gains, decisions, and the settings in which they differ."""
    names = list(dict.fromkeys(request.query_params.getlist("run")))[:_MOST_COMPARED]
    if len(names) < 2:
        raise BadInput("choose two runs or more to compare")
    place = _workplace(request)
    folders = [place.run(name) for name in names]
    climbs = [climb_of(folder) for folder in folders]
    last = [climb.decided[-1] if climb and climb.decided else None for climb in climbs]
    wanted = list(dict.fromkeys((line.suite, line.slice) for chapter in last if chapter for line in chapter.lines))
    rows = [
        (suite, part, [next((x for x in c.lines if (x.suite, x.slice) == (suite, part)), None) if c else None for c in last])
        for suite, part in wanted
    ]
    return page(
        request, "compare.html.j2", section="runs", names=names, climbs=climbs, last=last, rows=rows,
        settings=differing_settings(folders),
    )  # fmt: skip


def slices(request: Request) -> Response:
    """What each slice passed after each round, for one run; a cell leads to the slice's failures."""
    place = _workplace(request)
    names = [name for name, row in run_rows(place.runs) if row is not None and row.rounds]
    chosen = request.query_params.get("run") or next(iter(names), "")
    climb = climb_of(place.run(chosen)) if chosen else None
    return page(request, "slices.html.j2", section="slices", run=chosen, names=names, climb=climb)


async def live(request: Request) -> Response:
    """The progress of a run as server-sent events, also of one that another terminal started; ends with the run."""
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import StreamingResponse

    name = request.path_params["run"]
    folder = _workplace(request).run(name)
    tokens = TokenCount(folder)

    async def events() -> AsyncIterator[bytes]:
        said = b""
        while not request.app.state.closing and not await request.is_disconnected():
            try:
                facts = await run_in_threadpool(live_facts, folder, tokens)
            except (GoldloopError, OSError, ValueError):
                facts = {"state": "gone"}
            line = orjson.dumps(facts)
            yield b"data: " + line + b"\n\n" if line != said else b": still here\n\n"
            said = line
            if facts["state"] == "gone":
                return
            await asyncio.sleep(_LIVE_SECONDS)

    return StreamingResponse(events(), media_type="text/event-stream")


ROUTES = (
    ("/", runs),
    ("/compare", compare),
    ("/slices", slices),
    ("/runs/{run}", run),
    ("/runs/{run}/report", report),
    ("/runs/{run}/live", live),
)
