"""YAML that people write, read strictly: a key that is given twice is an error, and every key knows its line.

Covers one document per text. Does not check what the keys mean: see ``loop.config`` and ``evals.suites``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from evals.errors import BadInput

Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class YamlText:
    """A parsed document. ``lines`` has the line, from 1, of each key and list item by its path, as pydantic's ``loc`` has it."""

    value: Any
    lines: Mapping[Place, int] = field(default_factory=dict)

    def line(self, place: Place) -> int | None:
        """The line of a key, or of the nearest one above it; None if neither is in the text."""
        return nearest_line(self.lines, place)


def nearest_line(lines: Mapping[Place, int], place: Place) -> int | None:
    """The line of a path, or of the nearest one above it."""
    return next((lines[place[:length]] for length in range(len(place), 0, -1) if place[:length] in lines), None)


def read_yaml(file: Path) -> YamlText:
    """Parse a file.

    Raises:
        BadInput: the file is missing, unreadable, not UTF-8, or not strict YAML; the message names file and line.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise BadInput(f"{file}: no such file") from None
    except IsADirectoryError:
        raise BadInput(f"{file}: is a folder; give a file") from None
    except UnicodeDecodeError as error:
        raise BadInput(f"{file}: not UTF-8 text (byte {error.start}); save it as UTF-8") from None
    except OSError as error:
        raise BadInput(f"{file}: cannot be read: {error.strerror or error}") from None
    return parse_yaml(text, str(file))


def parse_yaml(text: str, place: str, *, first_line: int = 1, problems: list[str] | None = None) -> YamlText:
    """Parse a text; ``place`` names it in messages, ``first_line`` is the number of its first line there.

    With ``problems``, keys that are given twice are appended to it, and the last one counts.

    Raises:
        BadInput: not YAML, more than one document, or keys that are given twice: all of these, each with both lines.
    """
    loader = yaml.SafeLoader(text)
    shift = first_line - 1
    try:
        tree = loader.get_single_node()
        if tree is None:
            return YamlText(value=None)
        if twice := [f"{place}:{message}" for message in _twice(tree, shift, set())]:
            if problems is None:
                raise BadInput("\n".join(twice))
            problems += twice
        lines = dict(_lines(tree, (), shift, set()))
        return YamlText(value=loader.construct_document(tree), lines=lines)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1 + shift}" if mark else ""
        raise BadInput(f"{place}{line}: not YAML: {getattr(error, 'problem', None) or error}") from None
    except (ValueError, RecursionError) as error:  # a date that does not exist; thousands of brackets
        raise BadInput(f"{place}: not YAML: {str(error) or type(error).__name__}") from None
    finally:
        loader.dispose()


def _twice(node: yaml.Node, shift: int, seen: set[int]) -> Iterator[str]:
    """A message for each key that occurs twice in its mapping."""
    if id(node) in seen:  # an alias, possibly of a mapping that contains it
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        first: dict[tuple[str, str], int] = {}
        for key, child in node.value:
            line = key.start_mark.line + 1 + shift
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                name = key.tag, key.value
                if name in first:
                    yield f"{line}: key {key.value!r} is given twice, first in line {first[name]}; keep one"
                first.setdefault(name, line)
            yield from _twice(child, shift, seen)
    elif isinstance(node, yaml.SequenceNode):
        for child in node.value:
            yield from _twice(child, shift, seen)


def _lines(node: yaml.Node, place: Place, shift: int, seen: set[int]) -> Iterator[tuple[Place, int]]:
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        for key, child in node.value:
            if isinstance(key, yaml.ScalarNode):
                yield (*place, key.value), key.start_mark.line + 1 + shift
                yield from _lines(child, (*place, key.value), shift, seen)
    elif isinstance(node, yaml.SequenceNode):
        for number, child in enumerate(node.value):
            yield (*place, number), child.start_mark.line + 1 + shift
            yield from _lines(child, (*place, number), shift, seen)
