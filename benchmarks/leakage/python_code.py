"""Rewrites of Python source that keep it valid: renamed, stripped, reformatted, commented, temporaries in or out, small edits.

Every rewrite returns None where it does not apply or its result would not parse, so that a caller never plants broken code.
Renaming keeps attributes, module names and the keywords of foreign calls; it looks into f-strings, not into other strings.
"""

from __future__ import annotations

import ast
import builtins
import io
import itertools
import keyword
import random
import re
import tokenize
from collections.abc import Callable, Iterator
from typing import TypeVar

NAMES = (  # noqa: SIM905
    "amount answer area batch bound bucket buffer candidate cell chunk collected count current cursor data_in depth digits done "
    "edge element entries extra field final first_part flag found fragment gap group_a guess head height holder inner inputs "
    "keys_left known label last_seen left_side length_a level limit_a line_no lookup lower_end mapping mark matched middle "
    "needle node_a numbers_in offset other outcome outer output pairs part passed peak pending piece place pointer pool position "
    "previous queue_a quota rate ready record remaining result_a right_side row_no running score second_part seen_so_far "
    "selected series share slot source_a span stack_a start_at state step_a stop_at store subtotal table_a tail target_a "
    "temp_a term text_in threshold_a tick token_a top_end total_a tracker trail unit upper value_a values_in weight_a width "
    "window_a work"
).split()
VERBS = (  # noqa: SIM905
    "build calc check collect compute count_up derive determine evaluate extract figure gather get handle make obtain process "
    "run_over solve work_out"
).split()
REMARKS = (
    "keep track of what we have so far",
    "this is the part that matters",
    "nothing special here",
    "move on to the following step",
    "handle the usual situation",
    "work on a copy of the state",
    "careful with the borders",
    "same idea as before",
    "we need this further down",
    "TODO: maybe make it faster",
    "see the notes in the wiki",
    "this took me a while to understand",
    "update the bookkeeping",
    "leave early when possible",
    "combine both sides",
    "the simple approach is fine for small inputs",
)
NAMED = frozenset((*keyword.kwlist, *dir(builtins)))
"""Words that no renaming changes."""
_LINE_WIDTH = 88
_Tree = TypeVar("_Tree", bound=ast.AST)


def parses(text: str) -> bool:
    """Whether the text is Python."""
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True


def renamed(source: str, rng: random.Random) -> str | None:
    """All own names replaced, consistently: functions, classes, parameters, variables."""
    tree = parse(source)
    if tree is None:
        return None
    own = own_names(tree)
    if not own:
        return None
    mapping = new_names(sorted(own), source, rng, functions=_functions(tree))
    foreign = _foreign_keywords(tree, own)
    pieces = []
    for token, before in _tokens(source):
        text = token.string
        if token.type == tokenize.NAME and text in mapping and before != "." and token.start not in foreign:
            text = mapping[text]
        elif token.type == tokenize.STRING and "f" in re.match(r"\w*", text)[0].lower():  # type: ignore[index]
            text = _in_fstring(text, mapping)
        pieces.append((token, text))
    return _valid(_replaced(source, pieces))


def own_names(tree: ast.AST) -> set[str]:
    """Names that the program defines itself; not its imports and methods, not names that shadow one of Python's."""
    own: set[str] = set()
    fixed: set[str] = set(dir(builtins))
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)):
            own.add(node.name)
        elif isinstance(node, ast.arg):
            own.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            own.add(node.id)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            own.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            fixed.update(part for alias in node.names for part in (alias.asname or alias.name).split("."))
        if isinstance(node, ast.ClassDef):
            fixed.update(child.name for child in node.body if isinstance(child, ast.FunctionDef))
    return own - fixed


def new_names(names: list[str], source: str, rng: random.Random, functions: set[str]) -> dict[str, str]:
    """A new name for each name: other words, none of them in the source."""
    pool = [name for name in NAMES if not re.search(rf"\b{name}\b", source)]
    rng.shuffle(pool)
    nouns = iter(pool)
    mapping = {}
    for number, name in enumerate(names):
        noun = next(nouns, f"v{number}")
        mapping[name] = f"{rng.choice(VERBS)}_{noun}" if name in functions else noun
    return mapping


def stripped(source: str) -> str | None:
    """Without comments and docstrings; names and layout kept."""
    tree = parse(source)
    if tree is None:
        return None
    lines = source.split("\n")
    for token, _ in _tokens(source):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column].rstrip()
    for node in ast.walk(tree):
        if not isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)):
            continue
        first = node.body[0] if node.body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            start, end = first.lineno - 1, (first.end_lineno or first.lineno) - 1
            rest = (lines[end].encode()[first.end_col_offset or 0 :]).decode().lstrip("; \t")
            lone = len(node.body) == 1 and not isinstance(node, ast.Module)
            lines[start] = lines[start].encode()[: first.col_offset].decode() + ("pass" if lone and not rest else rest)
            for row in range(start + 1, end + 1):
                lines[row] = ""
    text = re.sub(r"\n[ \t]*(\n[ \t]*)+\n", "\n\n", "\n".join(line.rstrip() for line in lines)).strip("\n") + "\n"
    text = re.sub(r":\n\n+(?=[ \t])", ":\n", text)
    return _valid(text)


def reformatted(source: str, rng: random.Random) -> str | None:
    """The same tree in another layout: double quotes, long lines broken, trailing commas, parentheses. Comments are lost."""
    tree = parse(source)
    if tree is None:
        return None
    text = _double_quotes(ast.unparse(tree))
    lines = text.split("\n")
    wanted = ast.dump(tree)
    row = 0
    while row < len(lines):
        for change in (_parenthesised, _exploded):
            if len(lines[row]) > _LINE_WIDTH or rng.random() < 0.5:
                trial = change(lines[row])
                if trial and _dump("\n".join([*lines[:row], *trial, *lines[row + 1 :]])) == wanted:
                    lines[row : row + 1] = trial
                    row += len(trial) - 1
                    break
        row += 1
    result = re.sub(r"\n(?=(def|class) )", "\n\n", "\n".join(lines)) + "\n"
    return result if _dump(result) == wanted and result.strip() != source.strip() else None


def commented(source: str, rng: random.Random, remark: Callable[[random.Random], str] | None = None) -> str | None:
    """A comment line above every second line of code."""
    tree = parse(source)
    if tree is None:
        return None
    inside: set[int] = set()
    for token, _ in _tokens(source):
        if token.type == tokenize.STRING:
            inside.update(range(token.start[0] + 1, token.end[0] + 1))
    lines: list[str] = []
    count = 0
    for row, line in enumerate(source.split("\n"), 1):
        if line.strip() and row not in inside and not line.rstrip().endswith("\\"):
            count += 1
            if count % 2 == 0 and not (lines and lines[-1].endswith("\\")):
                indent = line[: len(line) - len(line.lstrip())]
                lines.append(f"{indent}# {remark(rng) if remark else rng.choice(REMARKS)}")
        lines.append(line)
    return _valid("\n".join(lines))


def temporaries(source: str, rng: random.Random) -> str | None:
    """Temporaries used once, in the next statement, put in their place; where there are none, new ones for what is returned,
    tested or looped over. The order of statements stays. None where neither applies.
    """
    tree = parse(source)
    if tree is None:
        return None
    changed = _inline(tree)
    if not changed or rng.random() < 0.3:
        changed += _introduce(tree, source, rng)
    return _valid(ast.unparse(ast.fix_missing_locations(tree)) + "\n") if changed else None


def edited(source: str, rng: random.Random, share: float) -> str | None:
    """A share of the tokens replaced by others of their kind: names, numbers, operators. Valid, not equivalent."""
    swaps = {
        "+": "-",
        "-": "+",
        "*": "+",
        "<": "<=",
        ">": ">=",
        "<=": "<",
        ">=": ">",
        "==": "!=",
        "!=": "==",
        "and": "or",
        "or": "and",
    }
    for _ in range(8):
        tokens = [(token, token.string) for token, before in _tokens(source) if before != "."]
        names = [text for token, text in tokens if token.type == tokenize.NAME and not keyword.iskeyword(text)]
        code = [n for n, (token, text) in enumerate(tokens) if token.type in (tokenize.NAME, tokenize.NUMBER, tokenize.OP)]
        can = [n for n in code if tokens[n][1] in swaps or tokens[n][0].type == tokenize.NUMBER or tokens[n][1] in names]
        for n in rng.sample(can, min(len(can), max(1, round(share * len(code))))):
            token, text = tokens[n]
            if token.type == tokenize.NUMBER:
                new = str(rng.randrange(2, 30))
            elif text in swaps:
                new = swaps[text]
            else:
                new = rng.choice(NAMES)
            tokens[n] = (token, new)
        result = _valid(_replaced(source, tokens))
        if result and result != source:
            return result
    return None


def parse(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError):
        return None


def _dump(source: str) -> str | None:
    tree = parse(source)
    return ast.dump(tree) if tree is not None else None


def _valid(text: str) -> str | None:
    return text if parses(text) else None


def _tokens(source: str) -> Iterator[tuple[tokenize.TokenInfo, str]]:
    """Tokens, each with the text of the one before it."""
    before = ""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        yield token, before
        before = token.string


def _replaced(source: str, pieces: list[tuple[tokenize.TokenInfo, str]]) -> str:
    lines = source.split("\n")
    for token, text in reversed(pieces):
        if text != token.string and token.type not in (tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT):
            (row, column), (last, end) = token.start, token.end
            lines[row - 1 : last] = (lines[row - 1][:column] + text + lines[last - 1][end:]).split("\n")
    return "\n".join(lines)


def _functions(tree: ast.AST) -> set[str]:
    return {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}


def _foreign_keywords(tree: ast.AST, own: set[str]) -> set[tuple[int, int]]:
    """Places of ``name=`` in calls of what is not ours."""
    places: set[tuple[int, int]] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and not (isinstance(node.func, ast.Name) and node.func.id in own):
            places.update((word.lineno, word.col_offset) for word in node.keywords if word.arg)
    return places


def _in_fstring(text: str, mapping: dict[str, str]) -> str:
    def inner(match: re.Match[str]) -> str:
        return re.sub(r"(?<![.\w])[A-Za-z_]\w*", lambda name: mapping.get(name[0], name[0]), match[0])

    return re.sub(r"\{[^{}]*\}", inner, text)


def _double_quotes(source: str) -> str:
    """Strings in double quotes, where they hold no quote or backslash."""
    pieces = []
    for token, _ in _tokens(source):
        text = token.string
        match = re.fullmatch(r"(\w*)'([^'\"\\\n]*)'", text) if token.type == tokenize.STRING else None
        pieces.append((token, f'{match[1]}"{match[2]}"' if match else text))
    return _replaced(source, pieces)


def _parenthesised(line: str) -> list[str] | None:
    """``return x + y`` in parentheses over several lines."""
    match = re.fullmatch(r"( *)(return|[A-Za-z_]\w* =) (.*[^:])", line)
    if not match or len(match[3]) < 8 or match[3][0] in "([{":
        return None
    indent = match[1]
    parts = re.split(r" (?=(?:and|or|\+|-|\*|if|else) )", match[3])
    return [f"{indent}{match[2]} (", *(f"{indent}    {part}" for part in parts), f"{indent})"]


def _exploded(line: str) -> list[str] | None:
    """The line's widest bracket with one element per line and a trailing comma."""
    indent = line[: len(line) - len(line.lstrip())]
    best: tuple[int, int, list[int]] | None = None
    stack: list[tuple[int, list[int]]] = []
    quote = ""
    for place, letter in enumerate(line):
        if quote:
            quote = "" if letter == quote and line[place - 1] != "\\" else quote
        elif letter in "\"'":
            quote = letter
        elif letter in "([{":
            stack.append((place, []))
        elif letter == "," and stack:
            stack[-1][1].append(place)
        elif letter in ")]}" and stack:
            start, commas = stack.pop()
            if commas and (best is None or place - start > best[1] - best[0]):
                best = (start, place, commas)
    if best is None:
        return None
    start, end, commas = best
    edges = [start, *commas, end]
    elements = [line[a + 1 : b].strip() for a, b in itertools.pairwise(edges)]
    return [line[: start + 1], *(f"{indent}    {element}," for element in elements if element), indent + line[end:]]


def blocks(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                yield block


def _inline(tree: ast.Module) -> int:
    """``x = f(y)`` and a next statement that uses ``x`` once, at once, and nobody else: becomes one statement."""
    changed = 0
    for block in blocks(tree):
        place = 0
        while place + 1 < len(block):
            first, second = block[place], block[place + 1]
            if (
                isinstance(first, ast.Assign)
                and len(first.targets) == 1
                and isinstance(first.targets[0], ast.Name)
                and _uses(tree, first.targets[0].id) == (1, 1)
                and _put(second, first.targets[0].id, first.value)
            ):
                del block[place]
                changed += 1
                place = max(0, place - 1)
            else:
                place += 1
    return changed


def _uses(tree: ast.AST, name: str) -> tuple[int, int]:
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == name]
    stores = sum(isinstance(node.ctx, ast.Store) for node in nodes)
    return stores, len(nodes) - stores


_HOSTS = {ast.Return: "value", ast.Assign: "value", ast.Expr: "value", ast.AugAssign: "value", ast.If: "test", ast.For: "iter"}


class _Put(ast.NodeTransformer):
    def __init__(self, name: str, value: ast.expr) -> None:
        self.name, self.value, self.done = name, value, False

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id != self.name:
            return node
        self.done = True
        return self.value

    def _skip(self, node: _Tree) -> _Tree:
        return node

    # what is evaluated later, or more than once, keeps its temporary
    visit_Lambda = visit_ListComp = visit_GeneratorExp = visit_SetComp = visit_DictComp = _skip  # noqa: N815


def _put(statement: ast.stmt, name: str, value: ast.expr) -> bool:
    field = _HOSTS.get(type(statement))
    host = getattr(statement, field) if field else None
    if host is None:
        return False
    put = _Put(name, value)
    setattr(statement, field, put.visit(host))  # type: ignore[arg-type]
    return put.done


def _introduce(tree: ast.Module, source: str, rng: random.Random) -> int:
    """A temporary for what is returned, tested or looped over, where that is more than a name."""
    free = [name for name in NAMES if not re.search(rf"\b{name}\b", source)]
    rng.shuffle(free)
    changed = 0
    for block in list(blocks(tree)):
        place = 0
        while place < len(block):
            statement = block[place]
            field = _HOSTS[type(statement)] if isinstance(statement, (ast.Return, ast.If, ast.For)) else ""
            value = getattr(statement, field) if field else None
            chained = isinstance(statement, ast.If) and len(block) == 1  # may be an elif
            if free and not chained and isinstance(value, ast.expr) and not isinstance(value, (ast.Name, ast.Constant)):
                name = free.pop()
                block.insert(place, ast.Assign(targets=[ast.Name(name, ast.Store())], value=value, lineno=0))
                setattr(statement, field, ast.Name(name, ast.Load()))
                changed += 1
                place += 1
            place += 1
    return changed
