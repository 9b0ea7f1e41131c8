"""What personal data and addresses look like: scans of a text that give spans, and what is known to be nobody's.

Covers e-mail addresses, passwords in URLs, telephone and card numbers, IP addresses, and names of people where Presidio is
installed (imported at first use). Every scan but Presidio's takes time in proportion to the text, whatever stands in it. Does not
cover postal addresses, numbers of accounts and documents, or other secrets (``evals.logs.patterns``).

Nobody's are: names and addresses reserved for documentation (RFC 2606, RFC 5737, RFC 3849) or benchmarks (RFC 2544), loopback,
``1.2.3.4``, the well-known public resolvers, telephone numbers of the fictional range 555-0100 to 555-0199, card numbers that
payment services publish for tests, and domains of one letter.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import Any

from evals.errors import BadInput, install_command
from evals.logs.patterns import VARIABLE, Span, is_dummy

_IN_URL = re.compile(
    r"://(?P<user>[^\s/?#@:\"'<>`|]{0,100}):(?P<password>[^\s/@\"'<>`|]{1,200})@(?P<host>\[[0-9A-Fa-f:.]{2,40}\]|[\w.-]{1,253})"
)


def passwords_in_urls(text: str) -> Iterator[Span]:
    """``user:password@host`` of URLs, those of databases among them."""
    for found in _IN_URL.finditer(text):
        password = found["password"]
        if len(password) < 3 or is_dummy(password) or (VARIABLE.fullmatch(password) and not password.isalnum()):
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


_AT = re.compile(r"@(?=[A-Za-z0-9\u00c0-\u024f])")  # patterns that start with a character are the fast ones
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


_IPV4 = re.compile(r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?!\w|\.\d)")
_IPV6 = re.compile(r":[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]{0,40}+(?!\w)")
_HEX_DIGITS = "0123456789abcdefABCDEF"
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
    for found in _IPV4.finditer(text) if v4 else ():
        if not _continues(text, found.start()):
            value = _address(found[0])
            if value and not _is_version(value, text[max(0, found.start() - 30) : found.start()]):
                yield Span(start=found.start(), end=found.end(), kind="ip", value=value)
    for found in _IPV6.finditer(text) if v6 else ():
        before = text[max(0, found.start() - 5) : found.start()]
        start = found.start() - len(before) + len(before.rstrip(_HEX_DIGITS))
        written = text[start : found.end()].rstrip(".")
        value = "" if _continues(text, start) else _address(written)
        if value:
            yield Span(start=start, end=start + len(written), kind="ip", value=value)


def _continues(text: str, start: int) -> bool:
    """Whether what begins here goes on from a word or number before it."""
    before = text[start - 1 : start]
    return before.isalnum() or before in {"_", ".", ":"} if before else False


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


_LONGEST_PIECE = 100_000  # characters that Presidio gets at once; spaCy takes a million
_MODELS = ("en_core_web_lg", "en_core_web_trf", "en_core_web_md", "en_core_web_sm")


class NameFinder:
    """Finds names of people in English prose with Presidio and an installed model of spaCy; downloads nothing."""

    def __init__(self) -> None:
        """Loads the largest model that is installed.

        Raises:
            BadInput: Presidio or a model is missing.
        """
        try:
            import presidio_analyzer
            import presidio_analyzer.nlp_engine
            import spacy.util
        except ImportError:
            raise BadInput(f"redaction of names needs a package: {install_command('presidio-analyzer', 'names')}") from None
        model = next((name for name in _MODELS if spacy.util.is_package(name)), None)
        if model is None:
            raise BadInput(
                f"redaction of names needs a model of spaCy, one of {', '.join(_MODELS)}; none is installed: "
                f"python -m spacy download {_MODELS[0]}"
            )
        models = {"nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": model}]}
        engine = presidio_analyzer.nlp_engine.NlpEngineProvider(nlp_configuration=models).create_engine()
        self._analyzer: Any = presidio_analyzer.AnalyzerEngine(nlp_engine=engine, supported_languages=["en"])

    def spans(self, text: str) -> Iterator[Span]:
        """Where names of people stand."""
        start = 0
        while start < len(text):
            end = min(len(text), start + _LONGEST_PIECE)
            if end < len(text):
                end = max(text.rfind("\n", start, end), text.rfind(" ", start, end), start) + 1
            piece = text[start:end] if end > start + 1 else text[start : start + _LONGEST_PIECE]
            for found in self._analyzer.analyze(text=piece, entities=["PERSON"], language="en"):
                yield Span(start=start + found.start, end=start + found.end, kind="name", value=piece[found.start : found.end])
            start += len(piece)
