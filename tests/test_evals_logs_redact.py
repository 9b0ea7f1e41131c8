"""Redaction: what is found, what is left alone, placeholders, code, hostile text."""

from __future__ import annotations

import re
import sys
import types
from collections.abc import Iterator

import pytest
from fake_secrets import HEX, JWT, LONG, MIXED, SECRETS
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.errors import BadInput
from evals.logs.redact import Redacted, Redactor

KEY = b"a key of the tests, of 32 bytes."
REDACTOR = Redactor(KEY)
PROPERTY = settings(max_examples=50, deadline=None)
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def redacted(text: str) -> str:
    return REDACTOR.redact(text).text


def fenced(text: str) -> str:
    return f"Look:\n\n```python\n{text}\n```\n\nWhy?\n"


@pytest.mark.parametrize(("kind", "value", "sentence"), SECRETS, ids=[f"{kind}-{value[:12]!r}" for kind, value, _ in SECRETS])
def test_a_secret_in_prose_gives_way_to_one_placeholder_of_its_kind(kind: str, value: str, sentence: str) -> None:
    result = REDACTOR.redact(sentence)
    assert value not in result.text
    assert dict(result.counts) == {kind: 1}
    assert len(re.findall(rf"<{kind.upper()}_[0-9a-f]{{8}}>", result.text)) == 1


@pytest.mark.parametrize(("kind", "value", "sentence"), SECRETS)
def test_redacting_again_changes_nothing(kind: str, value: str, sentence: str) -> None:
    once = redacted(sentence)
    assert REDACTOR.redact(once) == Redacted(text=once, counts={})


@pytest.mark.parametrize(("kind", "value", "sentence"), SECRETS)
def test_a_fenced_block_stays_as_it_is(kind: str, value: str, sentence: str) -> None:
    assert redacted(fenced(sentence)) == fenced(sentence)


def test_no_secret_is_left_in_a_long_text_of_all() -> None:
    result = REDACTOR.redact("\n\n".join(sentence for _, _, sentence in SECRETS)).text
    assert [value for _, value, _ in SECRETS if value in result] == []


@PROPERTY
@given(st.text(LETTERS + "0123456789._%+-", min_size=1, max_size=30), st.text(LETTERS, min_size=3, max_size=20))
def test_any_address_of_a_mailbox_is_found(local: str, name: str) -> None:
    address = f"q{local}z@mail.{name}-fake.io"
    assert address not in redacted(f"Write to {address} today.")


def card(head: str, separator: str) -> str:
    total = sum(sum(divmod(2 * int(digit), 10)) if at % 2 == 0 else int(digit) for at, digit in enumerate(head))
    digits = f"{head}{-total % 10}"
    return separator.join(digits[at : at + 4] for at in range(0, 16, 4))


@PROPERTY
@given(st.integers(0, 10**13 - 1), st.sampled_from(["4", "51", "55", "2221"]), st.sampled_from(["", " ", "-"]))
def test_any_card_number_with_its_check_digit_is_found(middle: int, issuer: str, separator: str) -> None:
    number = card(f"{issuer}7{middle:013}"[:15], separator)
    assert "<CARD_" in redacted(f"It is {number}.")


@PROPERTY
@given(st.integers(0, 10**13 - 1), st.integers(1, 9))
def test_a_card_number_with_a_wrong_check_digit_is_a_number(middle: int, off: int) -> None:
    right = card(f"47{middle:013}"[:15], "")
    text = f"It is {right[:-1]}{(int(right[-1]) + off) % 10}."
    assert redacted(text) == text


@PROPERTY
@given(st.ip_addresses(v=4, network="84.0.0.0/8") | st.ip_addresses(v=6, network="2a02::/16"))
def test_any_address_of_a_network_is_found(address: object) -> None:
    assert "<IP_" in redacted(f"The server at {address} is down.")


@PROPERTY
@given(
    st.text(max_size=300) | st.lists(st.sampled_from([*(text for _, _, text in SECRETS), "```\n", "\n", "@", '"'])).map("".join)
)
def test_redacting_any_text_twice_is_redacting_it_once(text: str) -> None:
    once = redacted(text)
    assert redacted(once) == once


@pytest.mark.parametrize(
    "text",
    [
        "bo@example.com",
        "bo@mail.example.org",
        "bo@shop.example",
        "bo@host.test",
        "bo@host.invalid",
        "bo@localhost",
        "git@github.com:bo/thing.git",
        "icon@2x.png",
        "127.0.0.1",
        "127.8.8.1",
        "0.0.0.0",
        "::1",
        "192.0.2.7",
        "198.51.100.7",
        "203.0.113.7",
        "2001:db8::7",
        "255.255.255.0",
        "version 84.17.92.203",
        "Browser/120.0.6099.71",
        "numpy 2.0.0.1",
        "1.24.3",
        "2024-01-15 10:20:30",
        "15.01.2024 10.20",
        "01/02/2024 - 03/04/2024",
        "1234567890123",
        "4539728190463577",
        "4111 1111 1111 1111",
        "3.141592653589793",
        "0.4539728190463578",
        "1 000 000 000",
        "12345678",
        "(415) 555-0123",
        "12:30:45",
        "std::vector<int>",
        "password = changeme",
        "password: xxxxxxxx",
        'password="password123"',
        "api_key = your-api-key",
        "api_key: <token>",
        "token: ${TOKEN_2}",
        "API_KEY=$API_KEY_2",
        "password: required",
        "The password is incorrect.",
        "The key is 42.",
        "passed: 128tests",
        "AKIAIOSFODNN7EXAMPLE",
        "sk-xxxxxxxxxxxxxxxxxxxxxxxx1",
        "Bearer your-access-token-123",
        "postgres://user:password@localhost:5432/db",
        "https://bo:s4rTulip9@example.com/",
        "https://host.io:8080/a@b",
        "'abcdefghijklmnopqrstuvwxyz0123456789'",
        '"Organisation/SmallModel2-135M-Instruct"',
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
        "<EMAIL_3fa2b1c4>",
    ],
)
def test_what_is_no_secret_is_left_alone(text: str) -> None:
    assert REDACTOR.redact(f"See: {text} there") == Redacted(text=f"See: {text} there", counts={})
    assert REDACTOR.redact(text, code=True).in_code == ()


def test_the_same_secret_has_the_same_placeholder_in_any_text() -> None:
    first, second = redacted("Ask Bo.Tamm@corp-fake.io now"), redacted("From bo.tamm@corp-fake.io: no")
    assert re.findall("<.*?>", first) == re.findall("<.*?>", second) != []


def test_a_number_written_in_another_way_has_the_same_placeholder() -> None:
    assert redacted("It is 4539 7281 9046 3578.") == redacted("It is 4539-7281-9046-3578.")


def test_other_secrets_have_other_placeholders() -> None:
    assert redacted("Ask bo@corp-fake.io now") != redacted("Ask jo@corp-fake.io now")


def test_another_key_gives_another_placeholder() -> None:
    assert Redactor(b"k" * 32).redact("Ask bo@corp-fake.io now").text != redacted("Ask bo@corp-fake.io now")


def test_a_short_key_is_refused() -> None:
    with pytest.raises(BadInput, match=r"has 4 bytes, expected at least 16.*token_bytes"):
        Redactor(b"four")


def test_of_overlapping_finds_one_placeholder_is_left_and_nothing_of_either() -> None:
    result = REDACTOR.redact("mysql://bo:Kestrel77x@db.corp-fake.io/x")
    assert re.fullmatch(r"mysql://<SECRET_[0-9a-f]{8}>/x", result.text)


def test_a_private_key_that_is_cut_off_is_replaced_to_its_end() -> None:
    body = f"{LONG}\n{LONG}"
    assert LONG not in redacted(f"-----BEGIN PRIVATE {'KEY'}-----\n{body}")


def test_a_password_of_a_text_is_replaced_where_it_stands_alone() -> None:
    assert "Kestrel77x" not in redacted("password: Kestrel77x\n\nThen I typed Kestrel77x again.")


def test_a_secret_of_one_part_is_a_secret_in_the_others() -> None:
    parts = REDACTOR.redact_parts(["My password is Kestrel77x.", "Kestrel77x does not work", fenced("log_in('Kestrel77x')")])
    assert [part.text.count("Kestrel77x") for part in parts] == [0, 0, 1]
    assert [part.in_code for part in parts] == [(), (), ("secret",)]


def test_parts_that_are_code_need_a_mark_each() -> None:
    with pytest.raises(BadInput, match="2 parts and 1 marks"):
        REDACTOR.redact_parts(["a", "b"], code=[True])


CODE_WITH_SECRETS = [
    ("secret", f'api_key = "{MIXED}"'),
    ("secret", f"API_KEY={MIXED}"),
    ("secret", f"digest = '{HEX}'"),
    ("secret", f"x = 0x{HEX}"),
    ("secret", f'blob = "{LONG}"'),
    ("secret", f"jwt.decode('{JWT}')"),
    ("secret", 'login(password="Kestrel77x")'),
    ("secret", "password: Kestrel77x"),
    ("email", "send('bo@corp-fake.io')"),
    ("phone", "call('+49 30 7281 9046')"),
    ("card", "pay(4539728190463578)"),
    ("ip", "connect('192.168.7.41', 80)"),
    ("ip", "HOST = '84.17.92.203'"),
]


@pytest.mark.parametrize(("kind", "code"), CODE_WITH_SECRETS)
def test_a_find_in_code_is_named_and_not_replaced(kind: str, code: str) -> None:
    assert REDACTOR.redact(fenced(code)) == Redacted(text=fenced(code), counts={}, in_code=(kind,))
    assert REDACTOR.redact(code, code=True) == Redacted(text=code, counts={}, in_code=(kind,))


@pytest.mark.parametrize(("kind", "code"), CODE_WITH_SECRETS)
def test_code_that_a_person_released_is_rewritten(kind: str, code: str) -> None:
    result = REDACTOR.redact(fenced(code), rewrite_code=True)
    assert f"<{kind.upper()}_" in result.text
    assert (dict(result.counts), result.in_code) == ({kind: 1}, ())


def test_the_quotes_of_a_string_stay() -> None:
    result = REDACTOR.redact(f'api_key = "{MIXED}"', code=True, rewrite_code=True)
    assert re.fullmatch(r'api_key = "<SECRET_[0-9a-f]{8}>"', result.text)


@pytest.mark.parametrize(
    "code",
    [
        "@app.route('/a')\n@pytest.mark.x\ndef f(): ...",
        "c = a@b.T\nd = W@x.mean(0)\ne = self.W@self.x.at[1]",
        "x[1000::2000], x[::2], a[1::2]",
        "import os.path as p\nfrom a.b import c1",
        'print(f"{token:>16} {password!r} {key1}")',
        "password = get_password(user2)\ntoken = tokens[i1]\nsecret = self.secret2",
        'if token == "+" or token == "int2": pass',
        "def f(password: str, api_key: str | None = None) -> None: ...",
        '__version__ = "1.2.3"\nrequires = ["a==1.2.3.4", "b>=84.17.92.203"]',
        'day = "2024-01-15T10:20:30Z"\nother = date(2024, 1, 15)',
        "MOD = 1000000007\nn = 12345678901234567890\nx = 0.123456789 + 12345678.25",
        'LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"',
        'colour = "#ff5733"\nname = "a_rather_long_name_of_a_thing_v2"',
        "max_tokens = 4096\nsecret: Uint8Array\n",
        "for i in (123, 456, 7890): print(555-123-456)",
        "password = os.environ['DB_PASSWORD_2']",
        'host = "127.0.0.1"\nmail = "bo@example.com"\nkey = "your-api-key-1"',
    ],
)
def test_ordinary_code_has_no_finds(code: str) -> None:
    assert REDACTOR.redact(code, code=True) == Redacted(text=code, counts={})


def test_prose_around_code_is_redacted() -> None:
    result = REDACTOR.redact(f"Ask bo@corp-fake.io.\n{fenced('x = 1')}Or jo@corp-fake.io.")
    assert result.counts == {"email": 2}
    assert "```python\nx = 1\n```" in result.text


@pytest.mark.parametrize("opening", ["```", "~~~", "  ```py", "> ```", "1. ```python", "````"])
def test_a_block_that_is_not_closed_is_code_to_its_end(opening: str) -> None:
    text = f"Look:\n{opening}\nsend('bo@corp-fake.io')\n"
    assert REDACTOR.redact(text) == Redacted(text=text, counts={}, in_code=("email",))


def test_what_follows_a_closed_block_is_prose() -> None:
    assert "jo@corp-fake.io" not in redacted("````\n```\nx\n```\n````\njo@corp-fake.io")


def test_the_hook_redacts_prose() -> None:
    redactor = Redactor(KEY, hook=lambda text: text.replace("customer 77", "<CUSTOMER>"))
    result = redactor.redact("Ask customer 77, or bo@corp-fake.io.")
    assert result.text.startswith("Ask <CUSTOMER>, or <EMAIL_")
    assert result.counts == {"email": 1, "hook": 1}


def test_what_the_hook_finds_in_code_is_named_and_stays() -> None:
    redactor = Redactor(KEY, hook=lambda text: text.replace("customer_77", "x"))
    assert redactor.redact(fenced("customer_77()")) == Redacted(text=fenced("customer_77()"), counts={}, in_code=("hook",))
    assert "customer_77" not in redactor.redact(fenced("customer_77()"), rewrite_code=True).text


def test_a_hook_that_returns_no_text_is_named() -> None:
    redactor = Redactor(KEY, hook=lambda text: None)  # type: ignore[arg-type,return-value]
    with pytest.raises(BadInput, match=r"hook for redaction returned NoneType, expected the text"):
        redactor.redact("a")


def test_names_without_presidio_say_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "presidio_analyzer", None)
    with pytest.raises(BadInput, match=r"pip install presidio-analyzer .*'\.\[names\]'"):
        Redactor(KEY, names=True)


class FakeAnalyzer:
    """Finds one name, as Presidio would."""

    def __init__(self, **options: object) -> None: ...

    def analyze(self, text: str, entities: list[str], language: str) -> Iterator[types.SimpleNamespace]:
        assert (entities, language) == (["PERSON"], "en")
        return (types.SimpleNamespace(start=m.start(), end=m.end()) for m in re.finditer("Bo Tamm", text))


@pytest.fixture
def presidio(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    models = ["en_core_web_sm"]
    provider = types.SimpleNamespace(create_engine=lambda: None)
    engine = types.SimpleNamespace(NlpEngineProvider=lambda nlp_configuration: provider)
    util = types.SimpleNamespace(is_package=lambda name: name in models)
    for name, module in {
        "presidio_analyzer": types.SimpleNamespace(AnalyzerEngine=FakeAnalyzer, nlp_engine=engine),
        "presidio_analyzer.nlp_engine": engine,
        "spacy": types.SimpleNamespace(util=util),
        "spacy.util": util,
    }.items():
        monkeypatch.setitem(sys.modules, name, module)
    return models


def test_names_are_replaced_in_prose_and_not_in_code(presidio: list[str]) -> None:
    result = Redactor(KEY, names=True).redact(f"Bo Tamm wrote:\n{fenced('Bo Tamm')}")
    assert result.text.count("Bo Tamm") == 1
    assert (dict(result.counts), result.in_code) == ({"name": 1}, ())


def test_a_name_far_into_a_long_text_is_replaced(presidio: list[str]) -> None:
    assert "Bo Tamm" not in Redactor(KEY, names=True).redact("word " * 50_000 + "Bo Tamm").text


def test_names_without_a_model_say_how_to_get_one(presidio: list[str]) -> None:
    presidio.clear()
    with pytest.raises(BadInput, match=r"needs a model of spaCy.*python -m spacy download en_core_web_lg"):
        Redactor(KEY, names=True)


# Minutes where time grows with the square of the length.
@pytest.mark.parametrize(
    "unit",
    ["a", "1", "@", "a@", "'\"", "a1", "1.", "1:", "1 ", "sk-a1", "eyJa1.", "://a:b1", "password=", "```\n", "~~~ a\n", "("],
)
@pytest.mark.parametrize("code", [False, True])
def test_a_long_line_of_one_thing_takes_time_in_proportion(unit: str, code: bool) -> None:
    text = unit * (200_000 // len(unit))
    result = REDACTOR.redact(text, code=code)
    assert result.text == text or not code
    assert len(result.text) <= len(text)


@pytest.mark.parametrize("token", ["sk-" + LONG * 20, "ghp_" + LONG * 20, f"password = {MIXED * 40}", JWT + LONG * 300])
def test_no_tail_of_a_very_long_secret_is_left(token: str) -> None:
    assert LONG[-9:] not in redacted(f"Use {token} here")
    assert MIXED[-9:] not in redacted(f"Use {token} here")


def test_many_keys_that_begin_and_do_not_end_take_time_in_proportion() -> None:
    text = f"-----BEGIN PRIVATE {'KEY'}-----\n" * 10_000
    assert redacted(text) == text
