"""What stands before the pages of ``goldloop serve``: other hosts, other sites, no token, addresses that climb, large bodies."""

from __future__ import annotations

from pathlib import Path

import pytest
from web_requests import HOST, ask, post, served

from evals.errors import BadInput
from loop.web.guard import MOST_BODY_BYTES, Access

TOKEN = "a token of enough characters"


@pytest.mark.parametrize("host", [HOST, "localhost:8642", "[::1]:8642", "127.0.0.1", "192.168.1.7:8642"])
def test_the_server_goes_by_its_addresses(tmp_path: Path, host: str) -> None:
    assert ask(served(tmp_path), "/", host=host).status == 200


@pytest.mark.parametrize("host", ["evil.example:8642", "localhost.evil.example", "127.0.0.1.nip.example", "", None])
def test_another_name_is_refused_whatever_it_points_at(tmp_path: Path, host: str | None) -> None:
    assert ask(served(tmp_path), "/", host=host).status == 421


def test_a_name_that_was_allowed_is_one_of_the_servers(tmp_path: Path) -> None:
    assert ask(served(tmp_path, hosts=["review.example.org"]), "/", host="review.example.org").status == 200


def test_every_answer_forbids_scripts_in_the_page_frames_and_other_origins(tmp_path: Path) -> None:
    app = served(tmp_path)
    for path in ("/", "/no-such-page", "/static/style.css"):
        headers = ask(app, path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "script-src 'self';" in policy and "frame-ancestors 'none'" in policy
        assert "unsafe-inline" not in policy.replace("style-src-attr 'unsafe-inline'", "") and "unsafe-eval" not in policy
        assert headers["x-content-type-options"] == "nosniff"


def test_each_page_has_another_nonce(tmp_path: Path) -> None:
    app = served(tmp_path)
    assert len({ask(app, "/").headers["content-security-policy"] for _ in range(3)}) == 3


@pytest.mark.parametrize(
    "path",
    ["/static/../guard.py", "/static/%2e%2e/guard.py", "/static/..%2fguard.py", "/static//etc/passwd", "/static/style.css/../x"],
)
def test_static_files_are_a_fixed_list(tmp_path: Path, path: str) -> None:
    assert ask(served(tmp_path), path).status == 404


@pytest.mark.parametrize("name", ["..", "%2e%2e", "..%2f..", "/etc", "a%00b", "..%5c..", "run.json"])
def test_a_name_in_an_address_never_becomes_a_path(tmp_path: Path, name: str) -> None:
    outside = tmp_path / "run.json"
    outside.write_text('{"secret": 1}')
    (tmp_path / "place" / "runs").mkdir(parents=True)
    app = served(tmp_path / "place")
    for path in (f"/runs/{name}", f"/runs/{name}/report", f"/slices?run={name}", f"/review?project={name}", f"/review/{name}/x"):
        answer = ask(app, path)
        assert answer.status == 404 and "secret" not in answer.text, path


def test_a_write_needs_what_only_our_pages_know(tmp_path: Path) -> None:
    app = served(tmp_path)
    fields = {"key": "a/b", "who": "Ada", "why": "x"}
    assert ask(app, "/holdout/show", fields).status == 403
    assert ask(app, "/holdout/show", {**fields, "csrf": "0" * 64}).status == 403
    assert ask(app, "/holdout/show", {**fields, "csrf": served(tmp_path).state.access.csrf}).status == 403, "another server's"
    assert "no holdout task of that name" in post(app, "/holdout/show", **fields).text


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"sec_fetch_site": "cross-site"},
    ],
)
def test_a_write_from_another_site_is_refused_even_with_the_value(tmp_path: Path, headers: dict[str, str]) -> None:
    app = served(tmp_path)
    assert ask(app, "/holdout/show", {"csrf": app.state.access.csrf, "key": "a/b"}, **headers).status == 403


def test_other_methods_and_large_bodies_are_refused(tmp_path: Path) -> None:
    app = served(tmp_path)
    assert ask(app, "/", method="PUT").status == 405
    assert ask(app, "/holdout/show", {"csrf": "x" * MOST_BODY_BYTES}).status == 413


def test_with_a_token_nothing_is_read_or_written_without_it(tmp_path: Path) -> None:
    app = served(tmp_path, token=TOKEN)
    for path in ("/", "/failures", "/runs/x/live", "/review"):
        assert ask(app, path).status == 401
    assert post(app, "/holdout/show", key="a/b").status == 401
    assert ask(app, f"/?token={TOKEN}").status == 401, "an address would be remembered"
    assert ask(app, "/", authorization=f"Bearer {TOKEN}").status == 401
    assert ask(app, "/", cookie=f"goldloop-8642={TOKEN}").status == 401, "the cookie is not the token"


def test_the_form_takes_the_token_and_gives_a_cookie_that_no_script_reads(tmp_path: Path) -> None:
    app = served(tmp_path, token=TOKEN)
    assert ask(app, "/enter", {"token": "guess"}).status == 401
    answer = ask(app, "/enter", {"token": TOKEN})
    cookie = answer.headers["set-cookie"]
    assert answer.status == 303 and answer.headers["location"] == "/"
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and TOKEN not in cookie
    assert ask(app, "/", cookie=cookie.partition(";")[0]).status == 200


def test_the_printed_link_opens_one_browser_and_holds_no_token(tmp_path: Path) -> None:
    app = served(tmp_path, token=TOKEN)
    code = app.state.access.code
    assert TOKEN not in code
    first = ask(app, f"/enter?code={code}")
    assert first.status == 303 and "set-cookie" in first.headers and code not in first.headers["location"]
    assert ask(app, f"/enter?code={code}").status == 401 and app.state.access.code == ""


def test_a_token_that_can_be_guessed_is_refused() -> None:
    with pytest.raises(BadInput, match=r"GOLDLOOP_TOKEN: has 5 characters, expected 16"):
        Access(token="short")
