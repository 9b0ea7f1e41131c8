"""What secrets and personal data look like: cheap scans of a text that give spans, and what is known to be no secret.

Covers keys and tokens by their prefix, private-key blocks, bearer headers, assignments of passwords, passwords in URLs, e-mail
addresses, telephone and card numbers, IP addresses. Every scan takes time in proportion to the text, whatever stands in it:
repetitions are bounded or give nothing back. Does not cover what other packages find (``evals.logs.detectors``), where code
begins, or what is done with a span (``evals.logs.redact``).

No secrets are: names and addresses reserved for documentation (RFC 2606, RFC 5737, RFC 3849), loopback, ``1.2.3.4``, the
well-known public resolvers, telephone numbers of the fictional range 555-0100 to 555-0199, card numbers that payment services
publish for tests, domains of one letter, variables (``$TOKEN``, ``<token>``, ``{{ token }}``) and dummies (``your-api-key``, ``xxxx``, ``changeme``). ``password123`` and its like are dummies, too: they
lead every list of guesses, so a placeholder would protect nobody, and examples are full of them.
"""

from __future__ import annotations

import ipaddress
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise


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
_VARIABLE = re.compile(
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
    if PLACEHOLDER.search(value) or _DUMMY_PART.search(value[:2000]) or _DUMMY_WHOLE.fullmatch(value):
        return True
    lowered = value.lower()
    if len(set(lowered)) < 4 or _DOUBLED.fullmatch(lowered) or any(lowered in row for row in _ALPHABETS):
        return True
    shown = lowered[:200]
    steps = sum(ord(second) - ord(first) == 1 for first, second in pairwise(shown))
    return 2 * steps > len(shown)


def is_mixed(value: str) -> bool:
    """Whether a value has digits and letters, as random keys do and words and numbers do not."""
    return any(map(str.isdigit, value)) and any(map(str.isalpha, value))


# Keys and tokens that say whose they are. Searched only within long words.
LONG_WORD = re.compile(r"[A-Za-z0-9_+/=.~:%\\-]{16,}+")
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
    for found in _PREFIXED.finditer(text, start, end):
        value = found[0]
        if is_mixed(value[4:]) and not is_dummy(value.split("-")[-1] or value) and not is_dummy(value):
            yield Span(start=found.start(), end=found.end(), kind="secret", value=value)


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


KEYWORDS = (b"pass", b"pwd", b"secret", b"token", b"key", b"credential", b"bearer", b"authorization")
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
_OF_KEYS += (b"license", b"subscription", b"client", b"app", b"webhook", b"ssh", b"admin", b"secret")
# What follows a keyword. The name goes on, the quote of a key of JSON closes, then comes what assigns.
_ASSIGNED = re.compile(
    r"(?P<name>(?:word|wd|code|phrase|s)?[\w-]{0,24}+)(?:\\?[\"'`]?\]?|\*\*)[ \t]{0,8}"
    r"(?P<sign>===?|!==?|:=|=>|=|:|(?i:\bis\b):?)(?:\*\*)?[ \t]{0,8}"
    r"(?:(?P<prefix>[bBuUrR]{0,2}|@)\\?(?P<quote>[\"'`])(?P<quoted>[^\"'`\n\\]{4,300})\\?(?P=quote)|(?P<bare>[^\s\"'`<>,;|]{5,300}+))"
)
_CREDENTIAL = re.compile(r"(?i:bearer|basic|token|apikey)[ \t]{1,4}(?P<value>[A-Za-z0-9._~+/=-]{12,4096}+)")
_HEADER = re.compile(
    r"(?i:authorization)\\?[\"']?[ \t]{0,4}[:=][ \t]{0,4}\\?[\"']?(?:[A-Za-z]{3,10}[ \t]{1,4})?"
    r"(?P<value>[A-Za-z0-9._~+/=-]{12,4096}+)"
)
_PLAIN_END = re.compile(r"[.!?)*]*\s*(?:\n|\Z)")
_ROW = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
_TYPE = re.compile(r"(?:int|float|base|sha|utf|md|str|bytes|v)\d", re.IGNORECASE)
_CONFIGURED = re.compile(r"^[ \t]*(?:export[ \t]+|set[ \t]+|ENV[ \t]+|-e[ \t]+|--env[ \t]+|- )?[A-Z][A-Z0-9_]*$")


def assignments(text: str, lowered: bytes, keyword: bytes, *, code: bool) -> Iterator[Span]:
    """Values that a name such as ``password`` or ``api_key`` is given; in code quoted ones and those of environment files."""
    at = lowered.find(keyword)
    while at >= 0:
        after = at + len(keyword)
        if keyword == b"bearer" or keyword == b"authorization":
            found = (_CREDENTIAL if keyword == b"bearer" else _HEADER).match(text, at)
            if found and is_mixed(found["value"]) and not is_dummy(found["value"]):
                yield Span(start=found.start("value"), end=found.end("value"), kind="secret", value=found["value"])
        elif keyword != b"key" or lowered[max(0, at - 14) : at].rstrip(b"_- ").endswith(_OF_KEYS):
            found = _ASSIGNED.match(text, after)
            group = _secret_group(found, text, at, keyword, code=code) if found else ""
            if found and group:
                value = found[group].rstrip(".!?)*") if group == "bare" else found[group]
                start = found.start(group)
                yield Span(start=start, end=start + len(value), kind="secret", value=value)
        at = lowered.find(keyword, after)


def _secret_group(found: re.Match[str], text: str, at: int, keyword: bytes, *, code: bool) -> str:
    """The name of the group that holds a secret, or an empty string."""
    quoted, bare, is_said = found["quoted"], found["bare"], found["sign"].lower().startswith("is")
    is_password = keyword in {b"pass", b"pwd", b"secret", b"credential"}
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
        is_password and not value.isalnum() and any(map(str.isalpha, value)) and not _VARIABLE.fullmatch(value)
    ):
        return "bare"
    alone = is_password and not is_said and value.isalpha() and len(value) >= 6 and _PLAIN_END.match(text, found.end("bare"))
    return "bare" if alone and value == value.lower() and keyword in {b"pass", b"pwd"} else ""


def _may_be_password(value: str) -> bool:
    """Whether a quoted value of a password is one, and no variable or name of a column."""
    return len(value) >= 5 and not _VARIABLE.fullmatch(value) if not value.isalpha() else len(value) >= 6


_IN_URL = re.compile(
    r"://(?P<user>[^\s/?#@:\"'<>`|]{0,100}):(?P<password>[^\s/@\"'<>`|]{1,200})@(?P<host>\[[0-9A-Fa-f:.]{2,40}\]|[\w.-]{1,253})"
)


def passwords_in_urls(text: str) -> Iterator[Span]:
    """``user:password@host`` of URLs, those of databases among them."""
    for found in _IN_URL.finditer(text):
        password = found["password"]
        if len(password) < 3 or is_dummy(password) or (_VARIABLE.fullmatch(password) and not password.isalnum()):
            continue
        if password != found["user"] and not is_example_host(found["host"]):
            yield Span(
                start=found.start("user"),
                end=found.end("host"),
                kind="secret",
                value=text[found.start("user") : found.end("host")],
            )


_EXAMPLE_HOST = re.compile(
    r"(?:.*\.)?(?:[\w-]+\.tld|[a-z]\.(?:com|org|net)|(?:test|foo|bar|baz|(?:your|my)?(?:domain|company))\.(?:com|org|net)|example(?:\.(?:com|org|net|edu))?|(?:test|invalid|localhost|local)|localhost\.localdomain)",
    re.IGNORECASE,
)


def is_example_host(host: str) -> bool:
    """Whether a host is reserved for documentation and tests (RFC 2606) or an address that is nobody's."""
    if _EXAMPLE_HOST.fullmatch(host) and not host.lower().endswith(".local"):
        return True
    return _address(host.strip("[]")) == ""


_AT = re.compile(r"(?<=[\w.%+-])@(?=[A-Za-z0-9\u00c0-\u024f])")
_LOCAL = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._%+-" + "".join(map(chr, range(0xC0, 0x250)))
_DOMAIN = re.compile(r"(?:[A-Za-z0-9\u00c0-\u024f](?:[\w-]{0,62})\.){1,8}(?P<top>[A-Za-z]{2,24}|xn--[a-z0-9-]{2,59})(?![\w@])")
_NOT_TOP = re.compile(
    "png|jpe?g|gif|svg|webp|ico|css|m?js|tsx?|jsx|html|py|json|ya?ml|txt|md|pdf|mp[34]|zip|gz|tar|whl|exe", re.IGNORECASE
)
_TOPS_IN_CODE = re.compile(
    "com|org|net|edu|gov|mil|int|info|biz|io|dev|ai|app|co|me|tv|xyz|online|site|tech|cloud|name|eu|uk|de|fr|es|nl|be|ch|at|se|no"
    "|dk|fi|pl|cz|ru|ua|in|cn|jp|kr|au|nz|ca|us|mx|br|ar|cl|za|il|tr|gr|pt|hu|ro|ie|sg|hk|tw"
)


def email_addresses(text: str, *, code: bool) -> Iterator[Span]:
    """E-mail addresses; ``git@host`` is none. In code only those with a usual top-level domain, for ``a@b.mean``."""
    for at in _AT.finditer(text):
        before = text[max(0, at.start() - 64) : at.start()]
        local = before[len(before.rstrip(_LOCAL)) :].lstrip(".%+-")
        domain = _DOMAIN.match(text, at.end())
        if not local or domain is None or local.lower() == "git" or is_example_host(domain[0]):
            continue
        top = domain["top"].lower()
        if _NOT_TOP.fullmatch(top) or (
            code and (not _TOPS_IN_CODE.fullmatch(top) or text[domain.end() : domain.end() + 1] in {"(", "["})
        ):
            continue
        start = at.start() - len(local)
        yield Span(start=start, end=domain.end(), kind="email", value=text[start : domain.end()].lower())


# Digits with what stands between them in numbers of telephones and cards.
_DIGITS = re.compile(r"\d[\d ()./\u00a0-]{5,}+")
_PHONE = re.compile(
    r"(?<![\w+#$\u20ac=/])(?<![\d)][.,-])(?:"
    r"\+[1-9]\d{0,3}(?:[ .\u00a0/-]?\(?\d{1,5}\)?){2,6}(?!\d)"  # international
    r"|00[1-9]\d{0,2}[ ./-]\(?\d{1,5}\)?(?:[ .-]?\d{2,8}){1,4}"
    r"|(?:1[ .-])?(?:\([2-9]\d\d\)[ ]?|[2-9]\d\d(?P<nanp>[ .-]))[2-9]\d\d[ .-]\d{4}"  # North America
    r"|0[1-9](?:[ .\u00a0-]\d\d){4}"  # France
    r"|\(0\d{1,4}\)[ ]?\d{2,8}(?:[ -]\d{2,8}){0,3}|\(\d{2}\)[ ]9?\d{4}[ -]\d{4}"
    r"|0[1-9]\d{0,4}(?P<between>[ /-])\d{2,8}(?:[ -]\d{2,8}){0,3}"  # a zero for the trunk: most of Europe, Japan, Australia
    r"|[6-9]\d{4}[ ]\d{5}|1[3-9]\d(?P<china>[ -])\d{4}(?P=china)\d{4}"  # India, China
    r")(?![\w%]|[.,-]\d|[ ]\d\d(?!\d))"
)
_DATE = re.compile(r"(?<!\d)(?:\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d\d|(?:19|20)\d\d[./-]\d{1,2}[./-]\d{1,2})(?!\d)")
_FLOAT = re.compile(r"\+\d+\.\d+")
_FICTIONAL = re.compile(r"1?[2-9]\d\d55501\d\d")
_CALLED = re.compile(
    r"(?:phone|mobile|cell|tel|call|fax|sms|whatsapp)\w{0,8}(?:[ ](?:number|no\.?|me|us|is|at|on)){0,3}[ :.=\"']{1,4}\Z",
    re.IGNORECASE,
)
_PLAIN_NUMBER = re.compile(r"\d{7,15}(?!\w|[.,-]\d)")
_CARD = re.compile(
    r"(?<![\w+-])(?<!\d[., ])(?:\d{14,16}|\d{4}(?P<by>[ -])\d{4}(?P=by)\d{4}(?P=by)\d{4}"
    r"|\d{4}(?P<of>[ -])\d{6}(?P=of)\d{4,5})(?!\w|[.,-]\d|[ ]\d)"
)
_TEST_CARDS = frozenset(
    ("4111111111111111", "4242424242424242", "4012888888881881", "5555555555554444", "5105105105105100", "378282246310005")
)
_ISSUED = re.compile(
    r"4\d{15}|5[1-5]\d{14}|2(?:2[2-9]|[3-6]\d|7[01])\d{13}|6(?:011|4[4-9]\d|5\d\d)\d{12}|35\d{14}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}"
)


def numbers(text: str) -> Iterator[Span]:
    """Telephone and card numbers."""
    for run in _DIGITS.finditer(text):
        start, end = max(0, run.start() - 2), min(len(text), run.end() + 3)
        for found in _CARD.finditer(text, start, end):
            digits = "".join(filter(str.isdigit, found[0]))
            if _ISSUED.fullmatch(digits) and _luhn(digits) and digits not in _TEST_CARDS:
                yield Span(start=found.start(), end=found.end(), kind="card", value=digits)
        for found in _PHONE.finditer(text, start, end):
            digits = "".join(filter(str.isdigit, found[0]))
            enough = 8 if found[0].startswith(("+", "(")) else 9
            if (
                enough <= len(digits) <= 15
                and not _FLOAT.fullmatch(found[0])
                and not _DATE.search(found[0])
                and not _FICTIONAL.fullmatch(digits)
            ):
                plus = "+" if found[0].startswith("+") else ""
                yield Span(start=found.start(), end=found.end(), kind="phone", value=plus + digits)
        plain = _PLAIN_NUMBER.match(text, run.start())
        if plain and _CALLED.search(text, max(0, run.start() - 40), run.start()) and not _FICTIONAL.fullmatch(plain[0]):
            yield Span(start=plain.start(), end=plain.end(), kind="phone", value=plain[0])


def _luhn(digits: str) -> bool:
    """The check digit of ISO/IEC 7812-1, annex B; one digit over and over passes it, and is no card."""
    doubled = [sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2]]
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0 and len(set(digits)) > 1


_IPV4 = re.compile(r"(?<![\w.])\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\w]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{1,4})?(?::[0-9A-Fa-f]{0,4}){2,7}(?::?\d{1,3}(?:\.\d{1,3}){3})?(?![\w:])")
_VERSION_BEFORE = re.compile(
    r"(?:(?<=\w)(?:[=~<>!]=|/)|[\^~]"
    r"|(?:\bv(?:er(?:sion)?)?|releases?|versions?|sections?|chapters?|\u00a7)[ .]{0,2}[\"']?[:=]{0,2}[ ]?[\"']?)\Z",
    re.IGNORECASE,
)
_NETWORK_BEFORE = re.compile(
    r"(?:\bip|addr|host|server|client|gateway|router|dns|\bfrom|ping|ssh|://|@)[^\n]{0,16}\Z", re.IGNORECASE
)
_RESOLVERS = frozenset({"8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "1.2.3.4", "255.255.255.255"})


def ip_addresses(text: str, *, v4: bool, v6: bool) -> Iterator[Span]:
    """Addresses of networks, private ranges among them; not version numbers, netmasks, or what is nobody's address."""
    if v4:
        for found in _IPV4.finditer(text):
            value = _address(found[0])
            if value and not _is_version(value, text[max(0, found.start() - 30) : found.start()]):
                yield Span(start=found.start(), end=found.end(), kind="ip", value=value)
    if v6:
        for found in _IPV6.finditer(text):
            value = _address(found[0])
            if value:
                yield Span(start=found.start(), end=found.end(), kind="ip", value=value)


def _is_version(value: str, before: str) -> bool:
    """Whether four numbers say a version: by the word before them, or as all are small and nothing speaks of a network."""
    first, *others = map(int, value.split("."))
    is_small = first < 20 and first != 10 and max(others) < 40
    return bool(_VERSION_BEFORE.search(before)) or (is_small and not _NETWORK_BEFORE.search(before))


def _address(host: str) -> str:
    """The canonical form of an address that is somebody's; empty for one that is nobody's; the text itself where it is none."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host if re.search("[A-Za-z]", host) and ":" not in host else ""
    return "" if _is_nobodys(address, host) else str(address)


_DOCUMENTATION = tuple(
    map(
        ipaddress.ip_network, ("192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20")
    )
)
_HOSTS_V6 = tuple(map(ipaddress.ip_network, ("2000::/3", "fc00::/7", "fe80::/10")))


def _is_nobodys(address: ipaddress.IPv4Address | ipaddress.IPv6Address, written: str) -> bool:
    if (
        any(address in network for network in _DOCUMENTATION)
        or address.is_loopback
        or address.is_multicast
        or address.is_unspecified
    ):
        return True
    if address.version == 4:
        return int(address) < 1 << 24 or written in _RESOLVERS or written.startswith("255.") or address.is_reserved
    # A slice such as [2000::3000] is no address.
    return not any(address in network for network in _HOSTS_V6) or (
        written.isascii() and not re.search("[A-Fa-f]", written) and written.count(":") < 3
    )
