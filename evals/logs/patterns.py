"""What secrets look like: scans of a text that give spans, and what is known to be no secret.

Covers keys and tokens by their prefix, private-key blocks, bearer headers, values of names such as ``password``, random strings
in quotes, and the tokens of detect-secrets' plugins. Of detect-secrets, imported at first use, only the patterns are used:
nothing is verified over a network, and no setting of its command line is read. They are not written for hostile text, so they get
short windows around what could be a secret. All else takes time in proportion to the text, whatever stands in it: repetitions
are bounded or give nothing back. Does not cover passwords in URLs and personal data (``evals.logs.personal``), where code begins,
or what is done with a span (``evals.logs.redact``).

No secrets are variables (``$TOKEN``, ``<token>``, ``{{ token }}``) and dummies (``your-api-key``, ``xxxx``, ``changeme``).
``password123`` and its like are dummies, too: they lead every list of guesses, so a placeholder would protect nobody, and
examples are full of them.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detect_secrets.plugins.high_entropy_strings import HighEntropyStringsPlugin
    from detect_secrets.plugins.keyword import KeywordDetector


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of a text, in characters, that is of a kind; ``value`` is what two ways of writing it have in common."""

    start: int
    end: int
    kind: str
    value: str


PLACEHOLDER = re.compile(r"<[A-Z]{2,8}_[0-9a-f]{8}>")

# Values that stand for a secret.
_DUMMY_PART = re.compile(
    r"example|your|x{4}|placeholder|dummy|change[-_ ]?(?:me|it|this)|redacted|replace|insert|sample|todo|not[-_]a|\*{3}|\.{3}"
    r"|\u2026|\{\{|\$\{|<[^<>]*>|(?:my|some|the|super)[-_ ]?(?:secret|pass|token|key|api)",
    re.IGNORECASE,
)
_DUMMY_WHOLE = re.compile(
    r"(?:p[a4@][s5$]{2}(?:w(?:[o0]r)?d|phrase)?|pwd|s[e3]cr[e3]t|something|anything|whatever|admin|root|postgres|mysql|guest|user(?:name)?|test(?:ing)?|tester|demo|token|(?:api|secret)"
    r"[-_]?key|key|value|foo|bar|baz|foobar|abc|qwerty|letmein|hello|hunter|str(?:ing)?|text|varchar|bool(?:ean)?|int(?:eger)?"
    r"|number|object|none|null|undefined|true|false|empty|hash(?:ed)?|required|optional|valid|invalid|incorrect|correct"
    r"|wrong|missing|expired|hidden|forgot(?:ten)?|reset|here|this|that|not|too|very|weak|strong|short|long|unknown"
    r"|default|bearer|basic|oauth2?|jwt|float|bytes|list|dict|field|input|column|label|title|error)"
    r"[-_]?[\d!@#.]{0,4}",
    re.IGNORECASE,
)
VARIABLE = re.compile(
    r"%?\$?[({]?[A-Za-z_][A-Za-z_.]*[)}]?%?|\$\w*+|[$%@&#({\[<].*[)}\]>%@]|%[a-z(].*|process\.env.*|os\.(?:environ|getenv).*"
)
_DOUBLED = re.compile(r"(?:(.)\1)++")
_ALPHABETS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiopasdfghjklzxcvbnm",
    "zyxwvutsrqponmlkjihgfedcba9876543210",
)


def is_dummy(value: str) -> bool:
    """Whether a value visibly stands for a secret and is none: a variable, ``xxxx``, a row of the alphabet."""
    if PLACEHOLDER.search(value) or _DUMMY_PART.search(value[:200]) or _DUMMY_WHOLE.fullmatch(value):
        return True
    lowered = value.lower()
    if len(set(lowered)) < 4 or _DOUBLED.fullmatch(lowered) or any(lowered in row for row in _ALPHABETS):
        return True
    shown = lowered[:100]
    steps = sum(ord(second) - ord(first) == 1 for first, second in pairwise(shown))
    return 2 * steps > len(shown)


def is_mixed(value: str) -> bool:
    """Whether a value has digits and letters, as random keys do and words and numbers do not."""
    return any(map(str.isdigit, value)) and any(map(str.isalpha, value))


# Keys and tokens that say whose they are. Searched only within long words, of these characters.
IN_LONG_WORDS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+/=.~:%\\-")
SHORTEST_LONG_WORD = 16
_PREFIXED = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?:AKIA|ASIA|AGPA|AIDA|AROA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])"
    r"|AIza[\w-]{30,64}|ya29\.[\w-]{20,512}|GOCSPX-[\w-]{20,64}"
    r"|gh[pousr]_\w{20,255}|github_pat_\w{20,255}|gl(?:pat|dt|ft|soat|rt|cbt|ptt|agent|oas|imt)-[\w.-]{20,1024}|GR1348941[\w-]{20,50}"
    r"|xox[abceoprs]-[\w-]{10,255}|xapp-[\w-]{20,255}|hooks\.slack\.com/services/[\w/]{20,255}"
    r"|[sr]k_(?:live|test)_\w{10,255}|whsec_[\w+/=]{16,255}"
    r"|sk-[\w-]{20,255}|hf_[A-Za-z0-9]{20,64}|gsk_\w{20,128}|xai-\w{20,128}|r8_\w{20,64}|nvapi-[\w-]{20,128}|pplx-\w{20,128}"
    r"|npm_\w{30,64}|pypi-[\w-]{50,512}|dckr_pat_[\w-]{20,64}|dop_v1_\w{40,80}|shp(?:at|ca|pa|ss)_\w{20,64}"
    r"|SG\.[\w-]{16,64}\.[\w-]{16,64}|ATATT3[\w=-]{20,512}|lin_api_\w{20,64}|gls?a_\w{20,64}|figd_[\w-]{20,64}|ntn_\w{20,64}"
    r"|AGE-SECRET-KEY-1[A-Z0-9]{20,64}|tskey-[\w-]{16,128}|sq0\w{3}-[\w-]{20,64}|discord(?:app)?\.com/api/webhooks/\d{5,20}/[\w-]{20,128}"
    r"|eyJ[\w-]{8,4096}\.[\w-]{8,16384}(?:\.[\w-]{0,4096})?"
    r"|(?:AccountKey|SharedAccessKey)=[A-Za-z0-9+/]{30,128}={0,2}|sig=(?:[A-Za-z0-9+/]|%[0-9A-Fa-f]{2}){30,128}"
    r")"
)
# A character class cannot say "somewhere a digit" of a bounded run without looking twice, so that is asked afterwards.


def prefixed_tokens(text: str, start: int, end: int) -> Iterator[Span]:
    """Tokens with a known prefix within one long word."""
    after = start
    for found in _PREFIXED.finditer(text, start, end):
        if found.start() < after:
            continue
        after = found.end()
        while after < end and (text[after].isalnum() or text[after] in "_-"):  # no tail of a longer one is left
            after += 1
        value = text[found.start() : after]
        if is_mixed(value[4:]) and not is_dummy(value.split("-")[-1] or value) and not is_dummy(value):
            yield Span(start=found.start(), end=after, kind="secret", value=value)


_BEGINS_KEY = re.compile(r"-----BEGIN (?:[A-Z0-9]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_ENDS_KEY = re.compile(r"-----END (?:[A-Z0-9]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_KEY_BODY = re.compile(r"(?:[A-Za-z0-9+/=\s\\\"']|(?:Proc-Type|DEK-Info|Version|Comment):[^\n]{0,200})*+")


def private_keys(text: str) -> Iterator[Span]:
    """Blocks of private keys, to their end, or as far as the key goes where the end was cut off."""
    ends = [found.end() for found in _ENDS_KEY.finditer(text)]
    after = 0
    for begin in _BEGINS_KEY.finditer(text):
        if begin.start() < after:
            continue
        body = _KEY_BODY.match(text, begin.end())
        stop = body.end() if body else begin.end()
        at = bisect_left(ends, stop)
        if at < len(ends) and ends[at] - stop < 60:
            stop = ends[at]
        content = text[begin.end() : stop].partition("-----END")[0]
        if sum(map(str.isalnum, content)) >= 20 and not is_dummy("".join(content.split())[:200]):
            after = begin.start() + len(text[begin.start() : stop].rstrip())
            yield Span(start=begin.start(), end=after, kind="secret", value=text[begin.start() : after])


KEYWORDS = (b"pass", b"pwd", b"secret", b"token", b"key")
KEYWORDS_OF_WORDS = (b"pass", b"pwd", b"secret")  # whose values may have no digit
_OF_KEYS: tuple[bytes, ...] = (
    b"api",
    b"access",
    b"auth",
    b"private",
    b"account",
    b"service",
    b"signing",
    b"encryption",
    b"storage",
    b"master",
)
_OF_KEYS += (b"license", b"subscription", b"client", b"app", b"webhook", b"ssh", b"admin", b"secret", b"db", b"database", b"priv")
# What follows a keyword. The name goes on, the quote of a key of JSON closes, then comes what assigns.
_ASSIGNED = re.compile(
    r"(?P<name>(?:word|wd|code|phrase|s)?[\w-]{0,24}+)(?:\\?[\"'`]?\]?|\*\*)[ \t]{0,8}"
    r"(?P<sign>===?|!==?|:=|=>|=|:|(?i:\bis\b):?)(?:\*\*)?[ \t]{0,8}"
    r"(?:(?P<prefix>[bBuUrR]{0,2}|@)\\?(?P<quote>[\"'`])(?P<quoted>[^\"'`\n\\]{4,300})\\?(?P=quote)|(?P<bare>[^\s\"'`<>,;|]{5,300}+))"
)
_BARE_REST = re.compile(r"[^\s\"'`<>,;|]*+")
_CREDENTIAL = re.compile(r"(?i:bearer)[ \t]{1,4}(?P<value>[A-Za-z0-9._~+/=-]{16,4096}+)")
_HEADER = re.compile(
    r"(?i:authorization)\\?[\"']?[ \t]{0,4}[:=][ \t]{0,4}\\?[\"']?(?:[A-Za-z]{3,10}[ \t]{1,4})?"
    r"(?P<value>[A-Za-z0-9._~+/=-]{16,4096}+)"
)
_PLAIN_END = re.compile(r"[.!?)*]*\s*(?:\n|\Z)")
_ROW = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
_TYPE = re.compile(r"(?:int|float|base|sha|utf|md|str|bytes|v)\d", re.IGNORECASE)
_CONFIGURED = re.compile(r"^[ \t]*(?:export[ \t]+|set[ \t]+|ENV[ \t]+|-e[ \t]+|--env[ \t]+|- )?[A-Z][A-Z0-9_]*$")


def assignments(text: str, places: Iterable[int], keyword: bytes, *, code: bool) -> Iterator[Span]:
    """Values that a name such as ``password`` or ``api_key`` is given; in code quoted ones and those of environment files."""
    after = 0
    for at in places:
        if at < after:  # within a value
            continue
        found = _ASSIGNED.match(text, at + len(keyword))
        group = _secret_group(found, text, at, keyword, code=code) if found else ""
        if found and group:
            start, after = found.span(group)
            if group == "bare":
                after = _BARE_REST.match(text, after).end()  # type: ignore[union-attr]  # it matches nothing, too
                after = start + len(text[start:after].rstrip(".!?)*"))
            yield Span(start=start, end=after, kind="secret", value=text[start:after])


def headers(text: str, lowered: bytes) -> Iterator[Span]:
    """What follows ``Bearer`` and ``Authorization:``, from 16 characters on."""
    for keyword, pattern in ((b"bearer", _CREDENTIAL), (b"authorization", _HEADER)):
        for at in places_of(lowered, keyword):
            found = pattern.match(text, at)
            if found and is_mixed(found["value"]) and not is_dummy(found["value"]):
                yield Span(start=found.start("value"), end=found.end("value"), kind="secret", value=found["value"])


def places_of(lowered: bytes, keyword: bytes) -> list[int]:
    """Where a keyword stands in a text in lower case; ``key`` only behind a word that makes it one of a service."""
    places = []
    at = lowered.find(keyword)
    while at >= 0:
        if keyword != b"key" or lowered[max(0, at - 14) : at].rstrip(b"_- ").endswith(_OF_KEYS):
            places.append(at)
        at = lowered.find(keyword, at + len(keyword))
    return places


def _secret_group(found: re.Match[str], text: str, at: int, keyword: bytes, *, code: bool) -> str:
    """The name of the group that holds a secret, or an empty string."""
    quoted, bare, is_said = found["quoted"], found["bare"], found["sign"].lower().startswith("is")
    is_password = keyword in {b"pass", b"pwd", b"secret"}
    if (
        keyword == b"pass"
        and not found["name"].lower().startswith(("word", "wd", "phrase", "code"))
        and found["name"].strip("_-")
    ):
        return ""  # passes, passed, passenger
    if keyword == b"secret" and found["name"].lower().startswith(("ary", "ion", "ly")):
        return ""
    if quoted is not None:
        has_blank = any(map(str.isspace, quoted))
        if is_dummy(quoted) or (has_blank and not found["name"].lower().startswith("phrase")) or (code and is_said):
            return ""
        return "quoted" if (is_password and _may_be_password(quoted)) or (is_mixed(quoted) and len(quoted) >= 12) else ""
    value = (bare or "").rstrip(".!?)*")
    if is_dummy(value) or len(value) < (5 if is_password else 12) or any(mark in value for mark in "([{") or "://" in value:
        return ""
    if code:
        line = text[max(text.rfind("\n", max(0, at - 80), at) + 1, at - 80) : found.start("sign")]
        is_set = found["sign"] == "=" and found.start("bare") == found.end("sign") and (_CONFIGURED.match(line) or ";" in line)
        is_row = _ROW.match(text, found.end("bare")) and value != value.lower() and value != value.upper() and value.isalnum()
        is_random = is_row and not _TYPE.search(value) and len(value) >= (8 if found["sign"] == ":" and is_password else 16)
        return "bare" if is_mixed(value) and len(value) >= 6 and (is_set or is_random) else ""
    if is_mixed(value) or (
        is_password and not value.isalnum() and any(map(str.isalpha, value)) and not VARIABLE.fullmatch(value)
    ):
        return "bare"
    alone = is_password and not is_said and value.isalpha() and len(value) >= 6 and _PLAIN_END.match(text, found.end("bare"))
    return "bare" if alone and value == value.lower() and keyword in {b"pass", b"pwd"} else ""


def _may_be_password(value: str) -> bool:
    """Whether a quoted value of a password is one, and no variable or name of a column."""
    return len(value) >= 5 and not VARIABLE.fullmatch(value) if not value.isalpha() else len(value) >= 6


# What detect-secrets finds. Its plugins for addresses, JWTs, private keys and passwords in URLs give way to ours.
_REPLACED = frozenset({"IPPublicDetector", "PrivateKeyDetector", "BasicAuthDetector", "JwtTokenDetector"})
_WORD = re.compile("[g-z][a-z]{4,}|[a-z]{4,}[g-z]")
_SHORTEST = 12  # characters of a token; detect-secrets groups may be as short as a prefix
_SHORTEST_RANDOM = 16


@lru_cache(maxsize=1)
def _token_patterns() -> tuple[re.Pattern[str], ...]:
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
    from detect_secrets.plugins.base import RegexBasedDetector

    classes: dict[str, type] = get_mapping_from_secret_type_to_class()
    plugins = [plugin() for plugin in classes.values() if issubclass(plugin, RegexBasedDetector)]
    return tuple(pattern for plugin in plugins if type(plugin).__name__ not in _REPLACED for pattern in plugin.denylist)


@lru_cache(maxsize=1)
def _entropy_plugins() -> tuple[HighEntropyStringsPlugin, ...]:
    from detect_secrets.plugins.high_entropy_strings import Base64HighEntropyString, HexHighEntropyString

    return (Base64HighEntropyString(), HexHighEntropyString())


@lru_cache(maxsize=1)
def _keyword_plugin() -> KeywordDetector:
    from detect_secrets.plugins.keyword import KeywordDetector

    return KeywordDetector()


def tokens_of_plugins(window: str, offset: int) -> Iterator[Span]:
    """Tokens of services in a window of a text; ``offset`` is where the window begins."""
    for pattern in _token_patterns():
        for found in pattern.finditer(window):
            longest = max(range(len(found.groups()) + 1), key=lambda group: (group > 0, found.end(group) - found.start(group)))
            start, end = found.span(longest if found.end(longest) - found.start(longest) >= _SHORTEST else 0)
            value = window[start:end].strip(" \t\r\n\"'=:")
            start += window[start:end].find(value)
            if len(value) >= _SHORTEST and is_mixed(value) and not is_dummy(value):
                yield Span(start=offset + start, end=offset + start + len(value), kind="secret", value=value)


def random_strings(window: str, offset: int) -> Iterator[Span]:
    """Quoted strings that look random: hexadecimal digits, or base64 with letters of both cases and digits."""
    for plugin in _entropy_plugins():
        for found in plugin.regex.finditer(window):
            value = found[2]
            if len(value) < _SHORTEST_RANDOM or not is_mixed(value) or is_dummy(value) or _is_of_words(value):
                continue
            if plugin.calculate_shannon_entropy(value[:4000]) > plugin.entropy_limit and (
                set(value) <= set("0123456789abcdefABCDEF") or (value != value.lower() and value != value.upper())
            ):
                yield Span(start=offset + found.start(2), end=offset + found.end(2), kind="secret", value=value)


def _is_of_words(value: str) -> bool:
    """Whether much of a value is words, as in a path; random base64 has few lower-case letters in a row."""
    return 10 * sum(map(len, _WORD.findall(value))) > 3 * len(value)


def values_of_keywords(window: str, offset: int) -> Iterator[Span]:
    """Quoted values next to names such as ``password`` in forms of several languages."""
    for value in _keyword_plugin().analyze_string(window):
        start = window.find(value)
        is_one = len(value) >= 6 and not any(map(str.isspace, value)) and is_mixed(value) and not is_dummy(value)
        if is_one and start >= 0 and not any(mark in value for mark in "([{<$"):
            yield Span(start=offset + start, end=offset + start + len(value), kind="secret", value=value)
