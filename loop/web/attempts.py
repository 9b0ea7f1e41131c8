"""The pages of failures: clusters, the list by what it cost, one attempt beside its golden, a person's review of it."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode

from evals.errors import BadInput
from evals.files import canonical_json
from evals.judge import DEFAULT_RUBRIC
from evals.records import Result
from loop.holdout import HoldoutLedger
from loop.report.story import EVIDENCE, FROM_MACHINE
from loop.report.words import clip, pathless
from loop.web.catalogue import ORDERS, PAGE, Catalogue, Filters, Place
from loop.web.evidence import fate_of, golden_of, language_of_task, question_of
from loop.web.labels import AttemptReviews
from loop.web.pages import Pager, number_of, page
from loop.web.workplace import Workplace

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_CLUSTERS = 12
_LONGEST = 400


def _filters(request: Request) -> Filters:
    given = request.query_params
    texts = {
        name: given.get(name, "")[:_LONGEST] for name in ("run", "stage", "suite", "slice", "reason", "kind", "signature", "text")
    }
    order = given.get("order", "")
    return Filters(
        **texts,
        round=number_of(request, "round", 0) or None,
        least=number_of(request, "least", 0, 10**9),
        order=order if order in ORDERS else "cost",
    )


def failures(request: Request) -> Response:
    """Clusters and failures within the filters, the costliest first; training tasks only."""
    catalogue: Catalogue = request.app.state.catalogue
    filters = _filters(request)
    number, cluster_page = number_of(request, "page", 1), number_of(request, "clusters", 1)
    counts = catalogue.count(filters)
    clusters, total = catalogue.clusters(replace(filters, signature=""), cluster_page, _CLUSTERS)
    keep = {k: v for k, v in asdict(filters).items() if not (k == "order" and v == "cost")}
    within = Filters(run=filters.run, round=filters.round)
    return page(
        request, "failures.html.j2", section="failures", filters=filters, keep=keep, counts=counts, clusters=clusters,
        rows=catalogue.failures(filters, number), orders=ORDERS,
        pager=Pager("/failures", {**keep, "clusters": cluster_page if cluster_page > 1 else 0}, number, counts["failures"], PAGE),
        cluster_pager=Pager("/failures", keep, cluster_page, total, _CLUSTERS, "clusters"),
        choices={
            "run": catalogue.choices("run", Filters()),
            **{name: catalogue.choices(name, within) for name in ("stage", "suite", "slice", "reason", "kind")},
        },
    )  # fmt: skip


def _place(given: Any) -> Place:
    numbers = {name: str(given.get(name, "") or "0") for name in ("round", "sample")}
    if not all(value.isdecimal() and len(value) < 10 for value in numbers.values()):
        raise BadInput("round and sample: expected numbers")
    return Place(
        run=given.get("run", ""), stage=given.get("stage", ""), key=given.get("key", ""), round=int(numbers["round"]),
        sample=int(numbers["sample"]),
    )  # fmt: skip


def attempt(request: Request) -> Response:
    """One attempt: what was written beside the golden, the verdict's evidence, repairs, what became of it."""
    return _attempt_page(request, _place(request.query_params))


def _attempt_page(request: Request, place: Place, *, held_out: bool = False, said: str = "") -> Response:
    catalogue: Catalogue = request.app.state.catalogue
    result = catalogue.attempt(place, held_out=held_out)
    round_folder = _workplace(request).run(place.run) / f"round-{place.round}"
    fate = "" if held_out else fate_of(round_folder, place.key)
    golden = None if held_out or "leaks" in fate else golden_of(round_folder, place.key)
    return page(
        request, "attempt.html.j2", section="failures", place=place, result=result, golden=golden, fate=fate, said=said,
        question=question_of(round_folder, place.key) if not held_out else "", evidence=evidence_of(result),
        language=language_of_task(round_folder, place.key), reviews=AttemptReviews(_workplace(request).runs).of(place),
        rubric=DEFAULT_RUBRIC, held_out=held_out,
    )  # fmt: skip


def evidence_of(result: Result) -> list[tuple[str, str]]:
    """What the grader saw, as labels and texts; what no label covers comes last, as JSON."""
    seen = result.verdict.evidence
    rows = [
        (label, clip(pathless(text) if key in FROM_MACHINE else text))
        for key, label in EVIDENCE
        if (text := str(seen.get(key, "")).strip())
    ]
    rest = {key: value for key, value in seen.items() if key not in dict(EVIDENCE) and value not in ("", None, [], {})}
    return [*rows, *((key.replace("_", " "), clip(canonical_json(value).decode())) for key, value in rest.items())]


def _workplace(request: Request) -> Workplace:
    found: Workplace = request.app.state.workplace
    return found


async def _form(request: Request) -> dict[str, str]:
    fields = parse_qs((await request.body()).decode("utf-8", errors="replace"), keep_blank_values=True)
    return {name: values[0].replace("\r\n", "\n") for name, values in fields.items()}


async def label(request: Request) -> Response:
    """Keep a person's review of an attempt; it is what `goldloop judge --labels` calibrates a judge with."""
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import RedirectResponse

    given = await _form(request)
    place = _place(given)
    if given.get("good") not in ("yes", "no"):
        raise BadInput("say whether the answer is good: yes or no")
    scores = {
        c.name: float(given[f"score {c.name}"]) for c in DEFAULT_RUBRIC if given.get(f"score {c.name}") in ("0", "0.5", "1")
    }

    def kept() -> None:
        request.app.state.catalogue.attempt(place)
        AttemptReviews(_workplace(request).runs).add(
            place, good=given["good"] == "yes", scores=scores, who=given.get("who", "")[:200], why=given.get("why", "")[:4000],
            seen=int(given["seen"]) if given.get("seen", "").isdecimal() else -1,
        )  # fmt: skip

    await run_in_threadpool(kept)
    return RedirectResponse(f"/attempt?{urlencode(asdict(place))}#reviews", 303)


def held_out(request: Request) -> Response:
    """The form that asks why a holdout item must be seen."""
    return page(request, "heldout.html.j2", section="failures", key=request.query_params.get("key", "")[:_LONGEST])


async def held_out_shown(request: Request) -> Response:
    """One holdout item, after the ledger logged who looked and why."""
    from starlette.concurrency import run_in_threadpool

    given = await _form(request)
    key, who, why = (given.get(name, "").strip()[:_LONGEST] for name in ("key", "who", "why"))
    if not who or not why:
        raise BadInput("say who you are and why this item must be seen; both are logged before it is shown")

    def shown() -> Response:
        rows = request.app.state.catalogue.held_out(key)
        if not rows:
            raise BadInput(f"{key!r}: no holdout task of that name was evaluated here; give it as suite/id")
        HoldoutLedger(_workplace(request).runs).note_item(key, f"{rows[-1]['run']}: {who}: {why}")
        return _attempt_page(
            request, Place(**rows[-1]), held_out=True, said="This look is in the ledger (goldloop holdout looks)."
        )

    return await run_in_threadpool(shown)


ROUTES = (("/failures", failures), ("/attempt", attempt), ("/holdout", held_out))
WRITES = (("/attempt/label", label), ("/holdout/show", held_out_shown))
