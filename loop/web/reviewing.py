"""The pages of the review: the queue of drafts, one draft with its editors, what it does now, and the decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlencode

from evals.errors import BadInput, GoldloopError
from goldens.production.journal import Decisions
from loop.web.desk import Desk, DraftChanged
from loop.web.pages import Pager, number_of, page, rows_of
from loop.web.workplace import Workplace

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response

_PAGE = 30
_LISTS = ("waiting", "active", "all")
_PARTS = ("golden", "checks", "prompt")


def _desk(request: Request) -> Desk:
    found: Desk = request.app.state.desk
    return found


def _project(request: Request, name: str = "") -> Path:
    place: Workplace = request.app.state.workplace
    return place.project(name or request.path_params["project"])


def queue(request: Request) -> Response:
    """What waits for a person in a project, the most frequent problems first."""
    place: Workplace = request.app.state.workplace
    names = list(place.projects())
    name = request.query_params.get("project") or next(iter(names), "")
    if not name:
        return page(request, "queue.html.j2", section="review", names=[], project="", funnel=None, rows=[], which="", pager=None)
    folder = place.project(name)
    which = request.query_params.get("list", "waiting")
    which = which if which in _LISTS else "waiting"
    triaged = _desk(request).look(folder)
    wanted = {
        "waiting": lambda: _desk(request).waiting(folder),
        "active": lambda: [s for s in triaged.standings if s.state in ("active", "saturated")],
        "all": lambda: list(triaged.standings),
    }[which]()
    number = number_of(request, "page", 1)
    return page(
        request, "queue.html.j2", section="review", names=names, project=name, funnel=triaged.funnel, which=which, lists=_LISTS,
        rows=rows_of(wanted, number, _PAGE), pager=Pager("/review", {"project": name, "list": which}, number, len(wanted), _PAGE),
    )  # fmt: skip


def draft(request: Request) -> Response:
    """One problem: question, recorded failures, golden and checks in editors, decisions so far."""
    return _draft_page(request, _project(request), request.path_params["problem"], notice=_notice(request))


def _notice(request: Request) -> str:
    """What the last step did; the address holds a word, never the text of a message."""
    said = {
        "saved": "Saved, and the draft was made anew from it.",
        "same": "Nothing was changed.",
        "active": "Approved, and active: it counts from now on.",
        "approved": "Approved, and not active yet: see what it lacks.",
        "rejected": "Rejected. The problem stays as evidence.",
        "returned": "Sent back.",
        "retired": "Retired.",
    }
    return said.get(request.query_params.get("did", ""), "")


def _draft_page(
    request: Request, folder: Path, problem: str, *, notice: str = "", status: int = 200, wrong: str = "", **kept: Any
) -> Response:
    desk = _desk(request)
    view = desk.view(folder, problem)
    names = [standing.problem.id for standing in desk.waiting(folder)]
    here = names.index(problem) if problem in names else -1
    journal = [d for d in Decisions(folder).all if d.problem == problem]
    return page(
        request, "draft.html.j2", status=status, section="review", project=folder.name, view=view, notice=notice, wrong=wrong,
        place=here + 1, of=len(names), journal=journal,
        next=names[here + 1] if here + 1 < len(names) else "", before=names[here - 1] if here > 0 else "", **{"mine": {}, **kept},
    )  # fmt: skip


async def _form(request: Request) -> dict[str, str]:
    fields = parse_qs((await request.body()).decode("utf-8", errors="replace"), keep_blank_values=True)
    return {name: values[0].replace("\r\n", "\n") for name, values in fields.items()}


async def run(request: Request) -> Response:
    """Golden and recorded failure through the checks, in the sandbox, as they stand in the editors."""
    from starlette.concurrency import run_in_threadpool

    given = await _form(request)
    folder, problem = _project(request), request.path_params["problem"]

    def tried() -> Response:
        try:
            found, wrong = _desk(request).try_out(folder, problem, given), ""
        except BadInput as error:
            found, wrong = None, str(error)
        return page(request, "tried.html.j2", section="review", tried=found, wrong=wrong)

    return await run_in_threadpool(tried)


async def decide(request: Request) -> Response:
    """Save, approve, reject, send back or retire, on the version that was shown; otherwise the page shows what changed."""
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import RedirectResponse

    given = await _form(request)
    folder, problem = _project(request), request.path_params["problem"]
    who, why, how = given.get("who", "")[:200], given.get("why", "")[:4000], given.get("do", "")
    texts = {part: given[part] for part in _PARTS if part in given}

    def decided() -> Response:
        desk = _desk(request)
        on = {"who": who, "why": why}
        try:
            if how == "save":
                did = "saved" if desk.save(folder, problem, given.get("version", ""), texts, **on) else "same"
            elif how == "approve":
                did = "approved" if desk.approve(folder, problem, given.get("version", ""), texts, **on) else "active"
            elif how in ("reject", "return", "retire"):
                desk.turn_down(folder, problem, given.get("version", ""), how, **on)
                did = {"reject": "rejected", "return": "returned", "retire": "retired"}[how]
            else:
                raise BadInput(f"{how!r}: expected save, approve, reject, return or retire")
        except DraftChanged:
            return _draft_page(request, folder, problem, status=409, mine=texts)
        except GoldloopError as error:
            return _draft_page(request, folder, problem, status=400, wrong=str(error), mine=texts, keep=True)
        return RedirectResponse(f"/review/{quote(folder.name)}/{quote(problem)}?{urlencode({'did': did})}", 303)

    return await run_in_threadpool(decided)


ROUTES = (("/review", queue), ("/review/{project}/{problem}", draft))
WRITES = (("/review/{project}/{problem}/run", run), ("/review/{project}/{problem}", decide))
