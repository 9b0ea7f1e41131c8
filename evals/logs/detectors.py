"""What other packages find in a text: secrets by detect-secrets' plugins, names of people by Presidio.

Both are imported at first use. Of detect-secrets only the patterns are used: nothing is verified over a network, and no setting
of its command line is read. Its patterns are not written for hostile text, so they get short windows around what could be a
secret; its plugins for addresses, JWTs, private keys and passwords in URLs give way to ``evals.logs.patterns``. Does not decide
what is done with a find.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from evals.errors import BadInput, install_command
from evals.logs.patterns import Span, is_dummy, is_mixed

if TYPE_CHECKING:
    from detect_secrets.plugins.high_entropy_strings import HighEntropyStringsPlugin
    from detect_secrets.plugins.keyword import KeywordDetector

_REPLACED = frozenset({"IPPublicDetector", "PrivateKeyDetector", "BasicAuthDetector", "JwtTokenDetector"})
_WORD = re.compile("[g-z][a-z]{4,}|[a-z]{4,}[g-z]")
_SHORTEST = 12  # characters of a token; detect-secrets groups may be as short as a prefix
_SHORTEST_RANDOM = 16
_LONGEST_PIECE = 100_000  # characters that Presidio gets at once; spaCy takes a million
_MODELS = ("en_core_web_lg", "en_core_web_trf", "en_core_web_md", "en_core_web_sm")


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
