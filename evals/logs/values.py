"""What readers of logs share for single values: ids, numbers, times, JSON text, errors, ids made of content.

Nothing here raises, whatever a log holds. Does not cover messages and their content (see ``evals.logs.messages``).
"""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from evals.files import digest_bytes
from evals.logs.base import LogEntry, Other

_EARLIEST = 1_420_070_400.0  # 2015-01-01: no log of a language model is older
_DAY_SECONDS = 86_400.0
_LONGEST_NUMBER = 40  # characters; longer text is no number of a log
_DEEPEST = 3  # levels of JSON text in JSON text that exports are seen with
_LONGEST_LITERAL = 1_000_000  # characters
_ARRAY = re.compile(r"array\((.*), dtype=object\)", re.DOTALL)  # of a data frame that came from Parquet
_ARRAY_WITHIN = re.compile(r"array\((\[.*?\]), dtype=object\)", re.DOTALL)
_NAN = re.compile(r"(?<![\w'\"])nan(?![\w'\"])")
_TRUE, _FALSE = frozenset({"true", "yes"}), frozenset({"false", "no"})


def note(notes: list[str], name: str) -> None:
    """Name something that was left out, once."""
    if name not in notes:
        notes.append(name)


def string(value: Any) -> str:
    """An id or a name as text: text as it is, a whole number in digits, anything else empty."""
    if type(value) is str:
        return value
    return str(value) if type(value) is int and value.bit_length() < 128 else ""


def keep(held: dict[Any, Any], key: Any, value: Any, most: int) -> None:
    """Keep what waits for its other part; the oldest goes when there are more than ``most``."""
    held[key] = value
    if len(held) > most:
        del held[next(iter(held))]


def first(record: Mapping[str, Any], *keys: str) -> Any:
    """The value of the first key that is there and neither None nor empty text."""
    for key in keys:
        value = record.get(key)
        if value is not None and value != "":
            return value
    return None


def mapping(value: Any) -> Mapping[str, Any]:
    """The value if it is an object, or JSON text of one; an empty object otherwise."""
    if type(value) is str:
        value = decoded(value)
    return value if isinstance(value, dict) else {}


def objects(value: Any) -> list[Any]:
    """The objects in a list, or in JSON text of one."""
    if type(value) is list and len(value) == 1 and type(value[0]) is dict:
        return value
    if type(value) is str:
        value = decoded(value)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def number(value: Any) -> float | None:
    """A finite number, also as text; True is 1. None for anything else."""
    if type(value) is int and -(1 << 60) < value < 1 << 60:
        return float(value)
    if isinstance(value, str):
        value = value.strip()
        lower = value.lower() if len(value) <= _LONGEST_NUMBER else ""
        if lower in _TRUE or lower in _FALSE:
            return float(lower in _TRUE)
        try:
            value = float(lower)
        except ValueError:
            return None
    if not isinstance(value, (int, float)):
        return None
    try:
        result = float(value)
    except OverflowError:
        return None
    return result if -1e300 < result < 1e300 else None


def boolean(value: Any) -> bool | None:
    """True or False, also as a number or text; None where neither is said."""
    if isinstance(value, bool):
        return value
    found = number(value)
    return None if found is None else found != 0


def time_of(value: Any, notes: list[str]) -> str:
    """ISO 8601 in UTC to the millisecond, from ISO text or seconds, milli-, micro- or nanoseconds since 1970.

    Text without a zone is taken as UTC. What is no time, is before 2015 or more than a day ahead gives empty text and the
    note ``clock``; a missing value gives empty text only.
    """
    if value is None or value == "":
        return ""
    seconds = _seconds(value)
    if seconds is None or not _EARLIEST <= seconds <= time.time() + _DAY_SECONDS:
        note(notes, "clock")
        return ""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def _seconds(value: Any) -> float | None:
    """Seconds since 1970 of a time of any usual form."""
    if isinstance(value, str) and (not value.isdecimal() or len(value) == 8):
        try:
            moment = datetime.fromisoformat(value.strip().removesuffix(" UTC"))
            return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            pass
    count = number(value)
    if count is None or isinstance(value, bool):
        return None
    return count / (1 if count < 1e11 else 1e3 if count < 1e14 else 1e6 if count < 1e17 else 1e9)


def decoded(text: str) -> Any:
    """The list or object that JSON text holds, also where it was encoded twice; None where it holds neither."""
    value: Any = text
    for _ in range(_DEEPEST):
        head = value[:1] if value[:1] not in " \n\r\t" else value.lstrip()[:1]
        if head not in ("{", "[", '"'):
            return None
        try:
            value = orjson.loads(value)
        except ValueError:
            return None
        if not isinstance(value, str):
            return value if isinstance(value, (dict, list)) else None
    return None


def literal(text: str) -> Any:
    """The list or object that a Python literal holds, as data frames write them into cells; None where it holds neither."""
    found = _ARRAY.fullmatch(text.strip())
    text = found[1] if found else text.strip()
    if text[:1] not in ("[", "{") or len(text) > _LONGEST_LITERAL:
        return None
    for source in (text, _NAN.sub("None", _ARRAY_WITHIN.sub(r"\1", text))):
        try:
            value = ast.literal_eval(source)
        except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
            continue
        return value if isinstance(value, (dict, list)) else None
    return None


def decoded_cell(value: Any) -> Any:
    """A cell of a table that holds a list or an object as JSON or as a Python literal, decoded; anything else as it is."""
    if not isinstance(value, str) or value.lstrip()[:1] not in ("[", "{", "a", '"'):
        return value
    found = decoded(value)
    found = literal(value) if found is None else found
    return value if found is None else found


def json_text(value: Any) -> str:
    """A value as compact JSON text; text as it is, None as empty text."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # deeper or larger than JSON text may be
        return f"{value!r:.10000}" if isinstance(value, (int, float)) else f"a {type(value).__name__} that is no JSON"


def error_text(value: Any) -> str:
    """One text of an error: its type or code with its message, from text, an object or anything else."""
    if value is None or value is False or value == "":
        return ""
    if isinstance(value, str):
        inner = decoded(value)
        return error_text(inner) if isinstance(inner, dict) else _last_cause(value.strip())
    if not isinstance(value, dict):
        return json_text(value)
    if isinstance(value.get("error"), dict):
        value = value["error"]
    kind = first(value, "type", "error_type", "name", "code", "status_code")
    message = first(value, "message", "detail", "msg", "error")
    return joined_error(json_text(kind), json_text(message)) or (json_text(value) if value else "")


def joined_error(kind: str, message: str) -> str:
    """``kind: message``, without saying one of them twice."""
    if not kind or not message:
        return kind or message
    return message if message.startswith(kind) else f"{kind}: {message}"


def _last_cause(text: str) -> str:
    """The exception of a Python traceback, which stands before it or in its last line."""
    head, mark, trace = text.partition("Traceback (most recent call last)")
    if not mark:
        return text
    return head.strip() or trace.strip().rsplit("\n", 1)[-1].strip()


def made_id(*parts: str) -> str:
    """An id for what has none: the digest of its content, the same whenever it is read again."""
    return digest_bytes(orjson.dumps([part.encode(errors="replace").decode() for part in parts]))


def sequence(value: Any) -> Sequence[Any]:
    """The value if it is a list; an empty one otherwise."""
    return value if isinstance(value, list) else ()


def answered(entry: LogEntry) -> LogEntry | Other:
    """The entry, or what the record is instead: without content, or a question that nothing answers.

    An empty answer with a finish reason is an answer.
    """
    if not entry.turns and not entry.answer and not entry.corrected:
        return Other(why="no content", id=entry.id, trace=entry.trace, parent=entry.parent)
    if entry.answer or entry.error or entry.finish or entry.corrected:
        return entry
    return Other(why="no answer", id=entry.id, trace=entry.trace, parent=entry.parent)
