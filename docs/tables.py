"""What the documentation takes from the code: verbs, keys, reasons, views, functions, the tree of files. One function a table."""

from __future__ import annotations

import ast
import inspect
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("evals", "goldens", "decontam", "trainset", "finetune", "loop")
LONG = 400

_INSIDE = "What runs in the sandbox, and nothing else does; it is sent there as text."

VERB_GROUPS: Mapping[str, str] = {
    "starting": "Start",
    "checking": "Check before a run",
    "running": "Run",
    "evaluating": "Evaluate",
    "scoring": "Evaluate",
    "levers": "Compare levers",
    "judging": "Judge",
    "goldens": "Goldens",
    "suite": "Suites",
    "importing": "Import",
    "holdout": "The holdout",
    "training": "From failures to an adapter",
    "deciding": "Compare, decide, put in use",
    "publishing": "Publish",
    "exporting": "Export a model",
    "ingesting": "Production failures",
    "triaging": "Production failures",
    "reviewing": "Production failures",
    "audit": "Audit",
    "serving": "Look at runs",
    "looking": "Look at runs",
    "images": "Images",
}
"""Modules of ``loop/verbs`` in the order of the page, with their headings."""

VIEW_COLUMNS: Mapping[str, str] = {
    "run": "the run's folder below `runs/`",
    "round": "number of the round",
    "stage": "folder of the stage, such as `before-train`",
    "suite": "name of the suite",
    "id": "the task's id, unique in its suite",
    "key": "the task: `suite/id`",
    "split": "`train`, `dev` or `holdout`",
    "slice": "the task's first tag; `-` without one",
    "group": "the task's group",
    "status": "`pass`, `fail`, `error` or `unsettled`",
    "reason": "why, see [verdicts](verdicts.md#reasons)",
    "evidence": "JSON: what the grader saw",
    "completion": "what the model answered; in `trainset` the turns to learn",
    "code": "the code taken out of the answer",
    "finish_reason": "`stop`, `code_block`, `length` or `error`",
    "completion_tokens": "tokens of the answer",
    "n": "attempts",
    "passed": "those that passed",
    "errors": "those that infrastructure spoiled",
    "unsettled": "those that no run could settle",
    "prompt": "the question; in `trainset` the turns before the answer",
    "golden": "the answer to learn",
    "source": "`golden`, a [target of the model's own](targets.md#sources), or `replay` (its own passing answer)",
    "item": "the holdout item that the pair leaks",
    "part": "`prompt`, `answer` or `tests`",
    "rule": "the rule that matched",
    "coverage": "share of the part's n-grams, weighted by rarity",
    "unique": "matched n-grams that only this item has",
}


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; bars in cells are escaped."""
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    lines += [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return "\n".join(lines)


def config_table() -> str:
    """Every key of goldloop.yaml with its default."""
    from loop.config import config_keys

    return table(("key", "default", "meaning"), ((f"`{key}`", _default(value), said) for key, value, said in config_keys()))


def _default(value: Any) -> str:
    if value == "(needed)":
        return "needed"
    if value is None:
        return "none"
    if value == "":
        return "empty"
    if isinstance(value, (tuple, Mapping)) and not value:
        return "none"
    if isinstance(value, tuple):
        return f"`[{', '.join(map(str, value))}]`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def options_table(target: str) -> str:
    """The options of a class, by its settings model as ``module:Class``."""
    module, _, name = target.partition(":")
    fields = getattr(import_module(module), name).model_fields
    rows = []
    for key, info in fields.items():
        default = "" if info.default is None else _default(info.default)
        rows.append((f"`{key}`", default, info.description or ""))
    return table(("option", "default", "meaning"), rows)


def verbs() -> Iterator[tuple[str, Any]]:
    """Every verb by its full name, with its command, in the order of ``VERB_GROUPS``."""
    import typer.main

    from loop.app import app
    from loop.verbs import load

    load()
    root: Any = typer.main.get_command(app)
    both = [(name, command) for name, command in root.commands.items() if not hasattr(command, "commands")]
    for name, group in root.commands.items():
        both += [(f"{name} {below}", command) for below, command in getattr(group, "commands", {}).items()]
    order = list(VERB_GROUPS)
    yield from sorted(both, key=lambda pair: (order.index(_module(pair[1])), pair[1].callback.__code__.co_firstlineno))


def _module(command: Any) -> str:
    return str(inspect.unwrap(command.callback).__module__.rpartition(".")[2])


def verbs_list() -> str:
    """Every verb with its first line."""
    rows = []
    for name, command in verbs():
        rows.append((f"[`goldloop {name}`](verbs.md#goldloop-{name.replace(' ', '-')})", _first(command.help)))
    return table(("verb", "does"), rows)


def verbs_reference() -> str:
    """Every verb with its help, examples and options."""
    parts, group = [], ""
    for name, command in verbs():
        if (heading := VERB_GROUPS[_module(command)]) != group:
            parts.append(f"## {heading}")
            group = heading
        parts.append(f"### goldloop {name}\n\n{_help(command.help)}\n\n{_parameters(command)}")
    return "\n\n".join(parts)


def _help(text: str) -> str:
    """A verb's docstring, its examples as blocks."""
    parts = []
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(text)):
        said = " ".join(paragraph.split())
        if match := re.match(r"Example(?:, ([^:]+))?: (goldloop .+)", said):
            intro = f"{match[1][0].upper()}{match[1][1:]}:\n\n" if match[1] else ""
            parts.append(f"{intro}```console\n$ {match[2]}\n```")
        else:
            parts.append(said)
    return "\n\n".join(parts)


def _parameters(command: Any) -> str:
    rows = []
    for parameter in command.params:
        if "--json" in parameter.opts:
            continue
        argument = parameter.param_type_name == "argument"
        flag = not argument and parameter.is_flag
        name = parameter.opts[0].upper() if argument else ", ".join(f"`{one}`" for one in parameter.opts)
        value = "" if argument or flag else f" `{parameter.metavar or _wanted(parameter)}`"
        rows.append((f"`{parameter.metavar or name}`" if argument else name + value, _given(parameter), parameter.help or ""))
    return table(("argument or option", "default", "meaning"), rows) if rows else "No options beside `--json`."


def _wanted(parameter: Any) -> str:
    annotation = str(parameter.type_descriptor.annotation)
    return next((word.upper() for word in ("int", "float", "path") if word in annotation.lower()), "TEXT")


def _given(parameter: Any) -> str:
    if parameter.required:
        return "needed"
    if parameter.default in (None, "", False):
        return ""
    return f"`{parameter.default}`"


def reasons_table() -> str:
    """Every reason of a verdict."""
    from evals.reasons import REASONS

    rows = ((f"`{name}`", row.words.replace("{detail}", "..."), row.kind, row.feedback) for name, row in REASONS.items())
    return table(("reason", "in reports", "kind", "said to the model in a repair turn"), rows)


def kinds_table() -> str:
    """Every kind of failure."""
    from evals.reasons import KINDS

    return table(("kind", "meaning", "what may help"), ((name, kind.meaning, kind.advice) for name, kind in KINDS.items()))


def views_tables() -> str:
    """Every view of ``goldloop sql`` with its columns, as DuckDB describes them."""
    from loop.store import _VIEWS, open_store

    parts = []
    with tempfile.TemporaryDirectory() as folder:
        for pattern, _, _ in _VIEWS.values():  # without files a view has no columns
            file = Path(folder, "runs", pattern.replace("*/*/", "*/before-train/").replace("*", "1"))
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
        with open_store(Path(folder, "runs")) as connection:
            for name, (pattern, _, _) in _VIEWS.items():
                described = connection.execute(f"DESCRIBE {name}").fetchall()
                rows = [(f"`{column}`", kind, VIEW_COLUMNS[column]) for column, kind, *_ in described]
                parts.append(f"### {name}\n\nOf `runs/{pattern}`.\n\n{table(('column', 'type', 'meaning'), rows)}")
    return "\n\n".join(parts)


def modules(package: str) -> Iterator[tuple[str, Path]]:
    """The modules of a package by their dotted names, without data and what only runs in a sandbox."""
    for file in sorted((ROOT / package).rglob("*.py")):
        parts = file.relative_to(ROOT).with_suffix("").parts
        if not {"shipped", "inside", "examples", "__pycache__"} & set(parts):
            yield ".".join(parts).removesuffix(".__init__"), file


def functions_table(package: str) -> str:
    """Every public function of a package that has a docstring, by module."""
    rows = []
    for module, file in modules(package):
        rows += [(f"`{module}`", f"`{name}`", said) for name, said in public_functions(file)]
    return table(("module", "function", "does"), rows)


def public_functions(file: Path) -> Iterator[tuple[str, str]]:
    """Name and first line of each function at the top of a module that has no leading underscore."""
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not node.name.startswith("_"):
            yield node.name, _first(ast.get_docstring(node) or "")


def exported_table() -> str:
    """What ``goldloop.py`` exports."""
    import goldloop

    rows = []
    for name in goldloop.__all__:
        value = getattr(goldloop, name)
        rows.append((f"`goldloop.{name}`", "class" if inspect.isclass(value) else "function", _first(value.__doc__ or "")))
    return table(("name", "is", "does"), rows)


def tree() -> str:
    """Every file of the packages with the first line of its docstring; a folder's own files before those of the folders in it."""
    lines: list[str] = []
    for package in PACKAGES:
        files = [ROOT / package / "graders" / "inside" / "__init__.py"] if package == "evals" else []
        files += [file for _, file in modules(package)]
        folders = sorted({file.parent for file in files})
        for folder in folders:
            place = f"{folder.relative_to(ROOT)}/"
            start = folder / "__init__.py"
            lines.append(f"{place:27} {_first(_docstring(start)) if start.is_file() else _INSIDE}")
            own = [file for file in files if file.parent == folder and file != start and file.is_file()]
            lines += [f"  {file.name:25} {_first(_docstring(file))}" for file in own]
    return "```text\n" + "\n".join(lines) + "\n```"


def _docstring(file: Path) -> str:
    return ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""


def _first(text: str) -> str:
    """The first sentence or line of a docstring."""
    paragraph = " ".join(re.split(r"\n\s*\n", inspect.cleandoc(text))[0].split())
    sentence = re.match(r".*?[.?!](?=\s+[A-Z]|$)", paragraph)
    return (sentence[0] if sentence else paragraph).replace("``", "`")


def long_files() -> dict[str, int]:
    """Files of the packages of more than 400 lines, with their lines."""
    counted = {}
    for package in PACKAGES:
        for _, file in modules(package):
            lines = len(file.read_text(encoding="utf-8").splitlines())
            if lines > LONG:
                counted[str(file.relative_to(ROOT))] = lines
    return counted


TABLES: Mapping[str, Callable[..., str]] = {
    "config": config_table,
    "options": options_table,
    "verbs": verbs_list,
    "verbs reference": verbs_reference,
    "reasons": reasons_table,
    "kinds": kinds_table,
    "views": views_tables,
    "exported": exported_table,
    "functions": functions_table,
    "tree": tree,
}
"""By the name in a page's marker."""
