"""Pages: the templates of the report and of the web application in one environment, all escaped, and what every page gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from jinja2 import ChoiceLoader, Environment, FileSystemLoader

from decontam.pages import page_environment
from evals.reasons import reason_words
from loop.closing import basis_words
from loop.overfit import held_back_words
from loop.report.chart import axis
from loop.report.words import clip, model_name, pathless, percent, points

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

STATIC = Path(__file__).parent / "static"
_TEMPLATES = Path(__file__).parent / "templates"
_SHARED = Path(__file__).parents[1] / "templates"
NONCE = "goldloop_nonce"
"""Where a request's scope holds the nonce of its page's styles."""
SECTIONS = (
    ("runs", "/", "Runs"),
    ("slices", "/slices", "Slices"),
    ("failures", "/failures", "Failures"),
    ("review", "/review", "Review"),
    ("leakage", "/leakage", "Leakage"),
    ("lineage", "/lineage", "Lineage"),
    ("data", "/data", "Data"),
)


@cache
def environment() -> Environment:
    """Templates of both folders; a name is found among the application's own first."""
    made = page_environment(_TEMPLATES)
    made.loader = ChoiceLoader([FileSystemLoader(_TEMPLATES), FileSystemLoader(_SHARED)])
    made.filters |= {
        "points": points,
        "percent": percent,
        "model": model_name,
        "reason": reason_words,
        "axis": axis,
        "basis": basis_words,
        "held_back_words": held_back_words,
        "number": lambda value: f"{value:,}",
        "clip": clip,
        "pathless": pathless,
        "address": lambda values: urlencode({k: v for k, v in values.items() if v not in ("", None)}),
    }
    made.globals |= {"sections": SECTIONS, "asset": asset}
    return made


@cache
def asset(name: str) -> str:
    """The address of a static file, with its content's digest, so that browsers may keep it for good."""
    return f"/static/{name}?v={blake2b(asset_bytes(name), digest_size=6).hexdigest()}"


@cache
def asset_bytes(name: str) -> bytes:
    """A static file; the style sheet is the report's with the application's own behind it."""
    if name == "style.css":
        return (_SHARED / "report.css.j2").read_bytes() + (STATIC / "web.css").read_bytes()
    return (STATIC / name).read_bytes()


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> Response:
    """A rendered page, with the section, the nonce of its styles and the value that its forms send back."""
    from starlette.responses import HTMLResponse

    access = request.app.state.access
    text = environment().get_template(template).render(nonce=request.scope[NONCE], csrf=access.csrf, error="", **values)
    return HTMLResponse(text.encode("utf-8", errors="replace"), status)


def error_page(scope: Mapping[str, Any], status: int, said: str) -> Response:
    """A page that says what went wrong, as the command line would."""
    from starlette.responses import HTMLResponse

    text = environment().get_template("error.html.j2").render(nonce=scope[NONCE], csrf="", section="", said=said, status=status)
    return HTMLResponse(text.encode("utf-8", errors="replace"), status)


def number_of(request: Request, name: str, default: int, most: int = 1_000_000) -> int:
    """A number of the address, at least 1 where the default is; what is none counts as the default."""
    given = request.query_params.get(name, "")
    return min(most, max(min(default, 1), int(given))) if given.isdecimal() and len(given) < 10 else default


class Pager:
    """Which page of how many, and the addresses of its neighbours; ``keep`` are the filters of the address."""

    def __init__(self, path: str, keep: Mapping[str, Any], page: int, total: int, size: int, name: str = "page") -> None:
        self.page, self.total, self.size = page, total, size
        self.pages = max(1, -(-total // size))
        self._path, self._keep, self._name = path, {k: v for k, v in keep.items() if v not in ("", None, 0)}, name

    @property
    def first(self) -> int:
        """Number of the first row shown, from 1; 0 without rows."""
        return min(self.total, (self.page - 1) * self.size + 1)

    @property
    def last(self) -> int:
        """Number of the last row shown."""
        return min(self.total, self.page * self.size)

    def to(self, page: int) -> str:
        """The address of a page; empty where there is none."""
        return f"{self._path}?{urlencode({**self._keep, self._name: page})}" if 1 <= page <= self.pages else ""


def rows_of(values: Sequence[Any], page: int, size: int) -> Sequence[Any]:
    """One page of a sequence."""
    return values[(page - 1) * size : page * size]
