"""The outline of a text of code, read from its syntax and never run.

Covers Python, SQL, JavaScript and TypeScript by a parser or a scan; of other languages only names after words such as
``func``. Every reading takes time in proportion to the text's length.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator, Sequence

from evals.languages import Language
from evals.outlines import PROGRAM, QUERY, Outline, names_by_words
from evals.reading import DiffReader, PythonReader, QueryReader, TreeReader, reader_of
from evals.source import python_tree

_GIVEN = frozenset(dir(builtins)) | {"__name__", "__file__", "__doc__", "__builtins__", "__class__", "__annotations__"}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_SILENT = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Pass, *_FUNCTIONS, ast.ClassDef)
_SQL_TOKEN = re.compile(r"'(?:[^']|'')*+'?|\"[^\"]*+\"?|--[^\n]*+|/\*(?:[^*]|\*(?!/))*+(?:\*/)?|[();]")
_SELECTS = re.compile(r"\b(?:select|from|values|table|insert|update|delete|pivot|summarize|describe|show)\b", re.IGNORECASE)
_OPEN_ENDED = re.compile(r"(?:,|\b(?:select|from|where|and|or|on|by|join|as|with|in|not|having|union))\Z", re.IGNORECASE)


def outline_of(text: str, row: Language) -> Outline:
    """The outline of a text in a language; never raises for what a model wrote.

    Raises:
        TaskFault: the language names no reader.
    """
    reader = reader_of(row)
    if isinstance(reader, PythonReader):
        tree = python_tree(text)
        return _python(tree) if tree is not None else Outline(whole=False, defines=names_by_words(text))
    if isinstance(reader, TreeReader):
        from evals.javascript.outline import script_outline  # a grammar is loaded only where it is needed

        return script_outline(text, reader.grammar) or Outline(whole=False, defines=names_by_words(text))
    if isinstance(reader, QueryReader):
        return _query(text, row)
    if isinstance(reader, DiffReader):
        return Outline(whole=True, defines=frozenset(re.findall(r"^\+\+\+ ([^\t\n]++)", text, re.MULTILINE)))
    return Outline(whole=reader.is_whole(text), defines=names_by_words(text))


def _python(tree: ast.Module) -> Outline:
    defines, imports, undone = set[str](), set[str](), set[str]()
    acts = guarded = False
    for statement in _statements(tree.body):
        if isinstance(statement, (*_FUNCTIONS, ast.ClassDef)):
            defines.add(statement.name)
            if isinstance(statement, ast.ClassDef):
                members = [node for node in statement.body if isinstance(node, _FUNCTIONS)]
                defines.update(f"{statement.name}.{node.name}" for node in members)
                undone.update(f"{statement.name}.{node.name}" for node in members if _is_undone(node.body))
            if _is_undone_whole(statement):
                undone.add(statement.name)
        elif isinstance(statement, (ast.Import, ast.ImportFrom)):
            imports.update(alias.asname or alias.name.partition(".")[0] for alias in statement.names)
        elif isinstance(statement, (ast.Assign, ast.AnnAssign)):
            defines |= _assigned(statement)
        guarded = guarded or _is_main_guard(statement)
        acts = acts or not (isinstance(statement, _SILENT) or _is_quiet(statement))
    if acts or guarded:
        defines.add(PROGRAM)
    lacks = frozenset() if "*" in imports else _used(tree) - _bound(tree) - _GIVEN
    return Outline(
        whole=True,
        defines=frozenset(defines),
        imports=frozenset(imports),
        undone=frozenset(undone),
        lacks=frozenset(lacks),
        acts=acts,
    )


def _statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Those of the top level, and those in its branches."""
    stack = list(reversed(body))
    while stack:
        statement = stack.pop()
        yield statement
        if isinstance(statement, (ast.If, ast.Try, ast.With)) and not _is_main_guard(statement):
            handlers = getattr(statement, "handlers", [])
            inner = [*statement.body, *getattr(statement, "orelse", []), *(n for h in handlers for n in h.body)]
            stack.extend(reversed(inner))


def _is_main_guard(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and "__name__" in {n.id for n in ast.walk(statement.test) if isinstance(n, ast.Name)}


def _is_quiet(statement: ast.stmt) -> bool:
    """Text that stands for itself, and branches, whose statements are looked at one by one."""
    return _is_constant(statement) or _is_main_guard(statement) or isinstance(statement, (ast.If, ast.Try))


def _is_constant(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _assigned(statement: ast.Assign | ast.AnnAssign) -> set[str]:
    """The names that get a value, but for ``total = total(..)``, the use of a function."""
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    if statement.value is None:
        return set()
    names = {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}
    return names - {node.id for node in ast.walk(statement.value) if isinstance(node, ast.Name)}


def _is_undone(body: Sequence[ast.stmt]) -> bool:
    """Whether a body does nothing yet: blank but for its docstring, or it says that it is not implemented."""
    for statement in body:
        if isinstance(statement, ast.Raise):
            raised = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
            if not (isinstance(raised, ast.Name) and raised.id == "NotImplementedError"):
                return False
        elif not (isinstance(statement, ast.Pass) or _is_constant(statement)):
            return False
    return True


def _is_undone_whole(node: ast.stmt) -> bool:
    if isinstance(node, ast.ClassDef):
        members = [inner for inner in node.body if isinstance(inner, _FUNCTIONS)]
        if members:
            return all(_is_undone(member.body) for member in members)
        return not node.bases and not node.decorator_list and _is_undone(node.body)
    return isinstance(node, _FUNCTIONS) and _is_undone(node.body)


def _used(tree: ast.Module) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def _bound(tree: ast.Module) -> set[str]:
    """Every name that is bound anywhere, whatever the scope."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.alias):
            names.add(node.asname or node.name.partition(".")[0])
        elif isinstance(node, ast.MatchMapping):
            names.add(node.rest or "")
        else:  # functions, classes, handlers, patterns, type parameters
            name = getattr(node, "name", None)
            if isinstance(name, str):
                names.add(name)
    return names


def _query(text: str, row: Language) -> Outline:
    """Whether quotes and brackets are closed, and whether what follows ``WITH`` is there; by what stands in no bracket."""
    outside, depth, at, broken = list[str](), 0, 0, False
    for token in _SQL_TOKEN.finditer(text):
        found = token[0]
        if depth == 0:
            outside.append(text[at : token.start()])
            outside.append("" if found.startswith(("--", "/*")) else found if found == ";" else "()")
        depth += (found == "(") - (found == ")")
        broken = broken or depth < 0 or (found[0] in "'\"" and (len(found) == 1 or found[-1] != found[0]))
        broken = broken or (found.startswith("/*") and not found.endswith("*/"))
        at = token.end()
    if depth == 0:
        outside.append(text[at:])
    said = [statement.strip() for statement in "".join(outside).split(";") if statement.strip()]
    last = said[-1] if said else ""
    cut = bool(_OPEN_ENDED.search(last)) or (last[:4].lower() == "with" and not _SELECTS.search(last))
    asks = bool(said) and row.definition.search(text) is not None
    defines = frozenset({QUERY}) if asks else frozenset[str]()
    undone = defines if any("..." in statement for statement in said) else frozenset[str]()
    return Outline(whole=not broken and depth == 0 and not cut, defines=defines, undone=undone)
