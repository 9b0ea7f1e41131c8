"""The door: the token's form, the link that serves once, and static files."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from loop.web.pages import STATIC, asset_bytes, page

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_KINDS = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml", "txt": "text/plain"}
_NAMES = ("style.css", "icon.svg", "htmx.min.js", "app.js", "editor.js", "LICENCES.txt")


async def static(request: Request) -> Response:
    """One of the files that pages need; nothing else has an address here."""
    from starlette.responses import PlainTextResponse, Response

    name = request.path_params["name"]
    if name not in _NAMES or (name != "style.css" and not (STATIC / name).is_file()):
        return PlainTextResponse("no such file\n", 404)
    return Response(asset_bytes(name), media_type=_KINDS[name.rpartition(".")[2]])


async def enter(request: Request) -> Response:
    """Take the token, from the form or as the code of the printed link, and remember the browser by a cookie."""
    from starlette.responses import RedirectResponse

    access = request.app.state.access
    code = request.query_params.get("code", "")
    given = parse_qs((await request.body()).decode(errors="replace")).get("token", [""])[0] if request.method == "POST" else code
    if access.token and access.enters(given):
        response = RedirectResponse("/", 303)
        response.set_cookie(access.cookie, access.session, httponly=True, samesite="strict", path="/", max_age=30 * 86400)
        return response
    if not access.token:
        return RedirectResponse("/", 303)
    return page(request, "enter.html.j2", status=401 if given else 200, section="", wrong=bool(given))
