"""Which checks need more than the value of one call, and which run code: read from the source, nothing is run.

Covers Python. Tells who decides a check, not whether the check is a good one.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Sequence
from functools import lru_cache

from evals.checks import Step
from evals.fences import blocks_of
from evals.languages import language_of
from evals.records import Task
from evals.source import python_tree, read_tree

BUILTINS = frozenset(dir(builtins))
_RUNNING = {
    *(
        "eval",
        "exec",
        "compile",
        "__import__",
        "breakpoint",
        "FunctionType",
        "CodeType",
        "run_path",
        "run_module",
        "import_module",
    ),
    *("system", "popen"),
}
_LOADING = {
    *("pickle", "_pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "joblib", "runpy", "importlib", "imp", "code"),
    *("codeop", "subprocess", "multiprocessing", "timeit", "doctest", "pdb", "profile", "cProfile", "ctypes", "yaml", "pty"),
}
"""Names of functions and modules that run code which they are given as data."""


def needing(steps: Sequence[Step], task: Task) -> frozenset[int]:
    """The checks that something other than the value of one call of the candidate's decides."""
    bound = _bound(task.checks) | BUILTINS
    return frozenset(
        index
        for index, step in enumerate(steps)
        if step.kind == "inside" or (step.kind == "value" and not _is_call(step, bound, _names(task.golden)))
    )


def _is_call(step: Step, bound: frozenset[str], own: frozenset[str]) -> bool:
    """Whether a step's value is what a function of the candidate returns, untouched by any other code."""
    call = read_tree(step.source, mode="eval").body
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name)):
        return False
    return call.func.id not in bound and (not own or call.func.id in own)


def has_set_up(steps: Sequence[Step]) -> bool:
    """Whether checks bring anything but imports into the namespace that they share with the answer: tables, helpers."""
    imports = (ast.Import, ast.ImportFrom)
    sources = (step.source for step in steps if step.kind == "run")
    return not all(isinstance(node, imports) for source in sources for node in read_tree(source).body)


def public_set_up(steps: Sequence[Step], task: Task) -> tuple[Step, ...]:
    """The set-up that an answer may use and has seen: imports, and what stands word for word in code of the prompt."""
    blocks = blocks_of(task.prompt, language_of("python"))
    trees = (python_tree(block.body) for block in blocks)
    shown = {ast.dump(node) for tree in trees if tree is not None for node in tree.body}
    imports = (ast.Import, ast.ImportFrom)

    def is_public(step: Step) -> bool:
        nodes = read_tree(step.source).body
        return all(isinstance(node, imports) or ast.dump(node) in shown for node in nodes)

    return tuple(step for step in steps if step.kind == "run" and is_public(step))


def running(steps: Sequence[Step]) -> frozenset[int]:
    """The steps that may run, as code, what an answer returned as data, and those that use what such a step binds.

    They must not be decided in the process of the referee, which they could take over.
    """
    names = [_used_and_bound(step.source) for step in steps]
    tainted = {*_RUNNING, *_LOADING}
    found: set[int] = set()
    while new := {index for index, (used, _) in enumerate(names) if index not in found and used & tainted}:
        found |= new
        tainted |= {name for index in new for name in names[index][1]}
    return frozenset(found)


def runs_code(source: str) -> bool:
    """Whether source may run data as code."""
    return bool(_used_and_bound(source)[0] & {*_RUNNING, *_LOADING})


@lru_cache(maxsize=4096)
def _used_and_bound(source: str) -> tuple[frozenset[str], frozenset[str]]:
    """The names that a step uses, with those of the attributes and modules, and those that it binds."""
    try:
        tree = read_tree(source)
    except (SyntaxError, ValueError, RecursionError):
        return frozenset(_RUNNING), frozenset()
    used: set[str] = set()
    bound: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (bound if isinstance(node.ctx, ast.Store) else used).add(node.id)
        elif isinstance(node, ast.Attribute):
            if node.attr in _RUNNING and not (isinstance(node.value, ast.Name) and node.value.id in {"re", "regex"}):
                used.add(node.attr)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            bound.add(node.name)
        elif isinstance(node, ast.alias):
            used |= {*node.name.split(".")} & _LOADING
            bound.add((node.asname or node.name).partition(".")[0])
        if isinstance(node, ast.ImportFrom):
            used |= {*(node.module or "").split(".")} & _LOADING
    return frozenset(used), frozenset(bound)


def is_weak(step: Step) -> bool:
    """Whether the candidate gains by deciding a check itself.

    It cannot guess a value that a literal outside is compared with, and a method of its own object may answer what it
    likes, as any call may; but it can guess that an expression with only two outcomes should be true.
    """
    if step.kind == "inside":
        return True
    return (step.truth or step.expected is None or isinstance(step.expected, bool)) and not _is_chain(step)


def _is_chain(step: Step) -> bool:
    node = read_tree(step.source, mode="eval").body
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return isinstance(node, ast.Name) and node.id not in BUILTINS


@lru_cache(maxsize=4096)
def _bound(checks: str) -> frozenset[str]:
    """The names that the checks bind at their top level: their own helpers, imports and values."""
    names = set()
    for node in read_tree(checks).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
            continue
        for inner in ast.walk(node):
            if isinstance(inner, ast.alias):
                names.add((inner.asname or inner.name).partition(".")[0])
            elif isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                names.add(inner.id)
    return frozenset(names)


@lru_cache(maxsize=4096)
def _names(golden: str) -> frozenset[str]:
    """What a golden defines at its top level: functions, classes, values; not what it imports."""
    try:
        body = read_tree(golden).body
    except (SyntaxError, ValueError, RecursionError):
        return frozenset()
    names = {node.name for node in body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))}
    targets = [target for node in body if isinstance(node, ast.Assign) for target in node.targets]
    return frozenset(names | {target.id for target in targets if isinstance(target, ast.Name)})


@lru_cache(maxsize=4096)
def defined(golden: str) -> tuple[tuple[str, ...], str]:
    """The functions that a golden defines at its top level, and its imports as source."""
    try:
        body = read_tree(golden).body
    except (SyntaxError, ValueError, RecursionError):
        return (), ""
    functions = [node.name for node in body if isinstance(node, ast.FunctionDef)]
    functions += [
        node.targets[0].id
        for node in body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda) and isinstance(node.targets[0], ast.Name)
    ]
    imports = [node for node in body if isinstance(node, (ast.Import, ast.ImportFrom))]
    return tuple(dict.fromkeys(functions)), "\n".join(ast.unparse(node) for node in imports)
