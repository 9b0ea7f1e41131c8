"""A task's values by jinja2 templates over a table's row: ``assert {{ entry_point }}({{ input }}) == {{ output }}``.

A template sees the row's columns by name (``row["odd name"]`` where that is no identifier), at any depth (``meta.io.inputs``),
and these filters beside jinja2's: ``fromjson`` reads JSON text, ``python`` writes a value as Python, ``lines`` joins a list,
``doctests`` gives the examples of a docstring as assertions, ``third_party`` leaves names of modules that are not of Python's
library. Templates run in jinja2's sandbox: a map may come with a dataset.
"""

from __future__ import annotations

import ast
import doctest
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from evals.errors import TaskFault
from evals.importers.partial import python_literal
from evals.source import python_tree

_LONGEST = 1_000_000  # characters that one value may have
ROW = "row"
LEAVE_OUT = "leave_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowTemplates:
    """Compiled templates by a task's key; a key of files has one a file. ``columns`` are those that they read, None all."""

    texts: Mapping[str, Template | Mapping[Template, Template]]
    leave_out: Template | None
    columns: frozenset[str] | None
    problems: tuple[str, ...] = field(default=())

    def reason(self, values: Mapping[str, Any]) -> str:
        """Why a row is left out, in one line; empty where it is not.

        Raises:
            TaskFault: as ``fill``.
        """
        return " ".join(_rendered(LEAVE_OUT, self.leave_out, values).split()) if self.leave_out else ""

    def fill(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values of the task that a row is, by key.

        Raises:
            TaskFault: a template reads what the row does not have, or fails on it; the message names the key.
        """
        return {key: _filled(key, template, values) for key, template in self.texts.items()}


def compile_templates(texts: Mapping[str, str | Mapping[str, str]], leave_out: str = "") -> RowTemplates:
    """Templates of a map, and the one of its ``leave_out``; what is wrong with them is in ``problems``, by key and line."""
    environment = _environment()
    compiled: dict[str, Template | Mapping[Template, Template]] = {}
    read: set[str] = set()
    problems: list[str] = []

    def template(place: str, text: str) -> Template:
        try:
            read.update(meta.find_undeclared_variables(environment.parse(text)))
            return environment.from_string(text)
        except TemplateSyntaxError as error:
            problems.append(f"{place}: line {error.lineno}: {error.message}")
            return environment.from_string("")

    for key, text in texts.items():
        place = f"templates.{key}"
        if isinstance(text, str):
            compiled[key] = template(place, text)
        else:
            compiled[key] = {template(place, name): template(f"{place}.{name}", inner) for name, inner in text.items()}
    why = template(f"templates.{LEAVE_OUT}", leave_out) if leave_out else None
    columns = None if ROW in read else frozenset(read - set(environment.globals))
    return RowTemplates(texts=compiled, leave_out=why, columns=columns, problems=tuple(problems))


def doctests(text: str) -> str:
    """The examples of a docstring as assertions, those whose result is written out as a literal.

    An example that only prints, raises, or prepares what the next one reads is no assertion and is left out.
    """
    lines = []
    for example in doctest.DocTestParser().get_examples(text):
        tree = python_tree(example.source)
        wanted = python_tree(example.want)
        if tree is None or wanted is None or len(tree.body) != 1 or len(wanted.body) != 1:
            continue
        (asked,), (said,) = tree.body, wanted.body
        if isinstance(asked, ast.Expr) and isinstance(said, ast.Expr) and _is_literal(said.value):
            lines.append(f"assert {ast.unparse(asked)} == {ast.unparse(said)}\n")
    return "".join(lines)


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return False
    return True


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, keep_trailing_newline=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "fromjson": json.loads,
        "python": python_literal,
        "lines": _lines,
        "doctests": doctests,
        "third_party": _third_party,
    }
    for name in ("range", "lipsum", "cycler", "joiner"):  # loops over what the row has, not over a billion numbers
        del environment.globals[name]
    return environment


def _lines(values: Any) -> str:
    return values if isinstance(values, str) else "".join(f"{value}\n" for value in values)


def _third_party(modules: Any) -> list[str]:
    """Of names of modules, in a list or in the text of one, those outside of Python's library."""
    named = ast.literal_eval(modules) if isinstance(modules, str) and modules.strip() else modules or []
    return sorted({str(name).partition(".")[0] for name in named} - sys.stdlib_module_names)


def _filled(key: str, template: Template | Mapping[Template, Template], values: Mapping[str, Any]) -> Any:
    if isinstance(template, Template):
        return _rendered(key, template, values)
    return {_rendered(key, name, values): _rendered(key, text, values) for name, text in template.items()}


def _rendered(key: str, template: Template, values: Mapping[str, Any]) -> str:
    try:
        text = template.render({**values, ROW: values})
    except (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError) as error:
        there = ", ".join(map(str, values))
        raise TaskFault(f"templates.{key}: {type(error).__name__}: {error}; the row has: {there:.200}") from None
    if len(text) > _LONGEST:
        raise TaskFault(f"templates.{key}: gave {len(text):,} characters, more than {_LONGEST:,}")
    return text
