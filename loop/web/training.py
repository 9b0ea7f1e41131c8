"""The pages of what was trained on: the trainset, one row with its tokens and ancestry, lineage back and forward."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from evals.errors import BadInput, GoldloopError
from evals.files import read_json
from loop.web.ancestry import adapters, attempts_of, origin_of, traced
from loop.web.catalogue import Catalogue
from loop.web.pages import Pager, number_of, page, rows_of
from loop.web.rundata import run_rows
from loop.web.workplace import Workplace
from trainset.records import Example

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from trainset.render import DecodedRow

_PAGE = 40
_ADAPTERS = 15
_LONGEST = 400


def _state(request: Request) -> tuple[Workplace, Catalogue]:
    return request.app.state.workplace, request.app.state.catalogue


def data(request: Request) -> Response:
    """A trainset: how long its rows are, of what sources and slices, and the rows."""
    place, catalogue = _state(request)
    newest = {name: at for at, (name, _) in enumerate(reversed(run_rows(place.runs)))}
    sets = sorted(catalogue.trainsets(), key=lambda row: newest.get(row["run"], -1))
    run = request.query_params.get("run", "")
    fitting = [row for row in sets if not run or row["run"] == run]
    number = number_of(request, "round", 0) or (fitting[-1]["round"] if fitting else 0)
    run = run or (fitting[-1]["run"] if fitting else "")
    source, text = (request.query_params.get(name, "")[:_LONGEST] for name in ("source", "text"))
    at = number_of(request, "page", 1)
    rows = catalogue.training_rows(run, number, source, text, at, _PAGE)
    keep = {"run": run, "round": number, "source": source, "text": text}
    sources, slices = catalogue.shares(run, number)
    counts, longest = catalogue.lengths(run, number)
    return page(
        request, "data.html.j2", section="data", sets=sets, run=run, round=number, rows=rows, keep=keep, sources=sources,
        slices=slices, counts=counts, longest=longest, runs=list(dict.fromkeys(row["run"] for row in sets)),
        rounds=[row["round"] for row in sets if row["run"] == run],
        pager=Pager("/data", keep, at, rows[0]["total"] if rows else 0, _PAGE),
    )  # fmt: skip


def row(request: Request) -> Response:
    """One row: what is learnt and what is only read, token by token, and where it comes from."""
    place, catalogue = _state(request)
    run, number, at = request.query_params.get("run", ""), number_of(request, "round", 0), number_of(request, "row", 0)
    folder = place.run(run)
    example = Example.model_validate(catalogue.training_row(run, number, at))
    key = str(example.provenance.get("key", ""))
    model = str(read_json(folder / "run.json").get("config", {}).get("model", ""))
    tokens, why = _tokens(model, example)
    facts = next((one for one in adapters(place) if (one.run, one.round) == (run, number)), None)
    return page(
        request, "row.html.j2", section="data", run=run, round=number, row=at, example=example, key=key, tokens=tokens, why=why,
        model=model, origin=origin_of(place, request.app.state.desk, key), facts=facts,
        attempts=attempts_of(catalogue, run, number, key),
    )  # fmt: skip


def _tokens(model: str, example: Example) -> tuple[DecodedRow | None, str]:
    """The row decoded from its tokens; else why that cannot be shown here."""
    from trainset.render import decoded

    try:
        return decoded(_tokenizer(model), example), ""
    except (GoldloopError, OSError, ValueError) as error:
        return None, str(error).splitlines()[0][:300]


@lru_cache(maxsize=2)
def _tokenizer(model: str) -> Any:
    """A model's tokenizer, from this machine only: a page never downloads.

    Raises:
        BadInput: the model is scripted, or not here.
    """
    from evals.models.resolve import resolve_model

    if model == "scripted":
        raise BadInput("a scripted model has no tokenizer")
    path = resolve_model(model).path
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(path, local_files_only=True)


def lineage(request: Request) -> Response:
    """Adapters with what they were made of; and from a trace forward to the rounds that used it."""
    place, catalogue = _state(request)
    asked = request.query_params.get("trace", "").strip()[:_LONGEST]
    keys, uses = traced(place, request.app.state.desk, catalogue, asked) if asked else ([], [])
    run = request.query_params.get("run", "")
    found = [facts for facts in adapters(place) if not run or facts.run == run]
    at = number_of(request, "page", 1)
    keep = {"run": run, "trace": asked}
    return page(
        request, "lineage.html.j2", section="lineage", asked=asked, keys=keys, uses=uses[:200], run=run,
        rows=rows_of(found, at, _ADAPTERS), pager=Pager("/lineage", keep, at, len(found), _ADAPTERS),
    )  # fmt: skip


ROUTES = (("/data", data), ("/row", row), ("/lineage", lineage))
