"""Rewrites of JavaScript and SQL source by a small lexer: renamed, stripped, reformatted, commented, small edits.

Covers what the benchmarks' answers are made of. Not a parser: regular expression literals are known only after ``(``, ``,``,
``=`` and ``return``; a destructured name is not renamed. ``node --check`` passes on the results (see the report of the bench).
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from python_code import NAMES, REMARKS, VERBS

_JS = re.compile(
    r"(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<space>\s+)|(?P<regex>(?<=[(,=:])\s?/(?![/*])(?:\\.|\[[^\]\n]*\]|[^/\\\n])+/[gimsuy]*)"
    r"|(?P<string>\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`)|(?P<name>[A-Za-z_$][\w$]*)|(?P<number>\d[\w.]*)"
    r"|(?P<mark>=>|[=!]==?|[<>]=|&&|\|\||\+\+|--|[-+*/]=|\.\.\.|.)",
    re.DOTALL,
)
_SQL = re.compile(
    r"(?P<comment>--[^\n]*|/\*.*?\*/)|(?P<space>\s+)|(?P<string>'(?:''|[^'])*'|\"[^\"]*\")|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<number>\d[\d.]*)|(?P<mark>::|[<>!]=|<>|\|\||.)",
    re.DOTALL,
)
_JS_WORDS = (
    "arguments await break case catch class const continue default delete do else export false finally for function if import in "
    "instanceof let new null of return static super switch this throw true try typeof undefined var void while yield async "
    "Array Boolean Date Error Infinity JSON Map Math NaN Number Object Promise RegExp Set String Symbol console isNaN parseFloat "
    "parseInt require module md5 crypto"
)
JS_FIXED = frozenset(_JS_WORDS.split())
_CLAUSES = re.compile(
    r"\s+\b(FROM|WHERE|GROUP BY|HAVING|ORDER BY|LIMIT|UNION(?: ALL)?|SELECT|AND|ON|"
    r"(?:LEFT |RIGHT |INNER |FULL |CROSS )?(?:OUTER )?JOIN)\b\s*",
    re.IGNORECASE,
)
_SWAPS = {
    "+": "-",
    "-": "+",
    "*": "+",
    "<": "<=",
    ">": ">=",
    "<=": "<",
    ">=": ">",
    "===": "!==",
    "==": "!=",
    "!=": "==",
    "&&": "||",
    "||": "&&",
    "ASC": "DESC",
    "DESC": "ASC",
    "AND": "OR",
}


def tokens(source: str, language: str) -> Iterator[tuple[str, str]]:
    """Tokens as (kind, text); the texts joined are the source."""
    for match in (_SQL if language == "sql" else _JS).finditer(source):
        yield match.lastgroup or "mark", match[0]


def renamed(source: str, language: str, rng: random.Random) -> str | None:
    """Own names replaced, consistently: functions, parameters and variables; in SQL the aliases."""
    own = _sql_names(source) if language == "sql" else js_names(source)
    if not own:
        return None
    pool = [name for name in NAMES if not re.search(rf"\b{name}\b", source)]
    rng.shuffle(pool)
    mapping = {}
    for name in sorted(own):
        noun = pool.pop()
        verbed = language == "javascript" and re.search(rf"\b{re.escape(name)}\s*=\s*(?:async\s*)?\([^)]*\)\s*=>", source)
        parts = [*rng.choice(VERBS).split("_"), *noun.split("_")] if verbed else noun.split("_")
        mapping[name] = noun if language == "sql" else parts[0] + "".join(part.title() for part in parts[1:])
    return mapped(source, language, mapping)


def tokens_without_comments(source: str) -> str:
    """JavaScript source without its comments and without the blank lines that they leave."""
    return re.sub(r"\n\s*\n+", "\n", "".join(text for kind, text in tokens(source, "javascript") if kind != "comment")).lstrip(
        "\n"
    )


def stripped(source: str, language: str) -> str | None:
    """Without comments; None where there are none."""
    kept = [(kind, text) for kind, text in tokens(source, language)]
    if not any(kind == "comment" for kind, _ in kept):
        return None
    text = "".join(text for kind, text in kept if kind != "comment")
    return re.sub(r"\n\s*\n+", "\n", text).strip() + "\n"


def reformatted(source: str, language: str, rng: random.Random) -> str | None:
    """Another layout: for JavaScript other quotes, indentation, semicolons and line ends; for SQL one clause a line."""
    if language == "sql":
        return _sql_layout(source, rng)
    pieces = []
    for kind, text in tokens(source, language):
        if kind == "string" and re.fullmatch(r"'[^'\"\\]*'|\"[^'\"\\]*\"", text):
            text = ("'" if text[0] == '"' else '"') + text[1:-1] + ("'" if text[0] == '"' else '"')
        pieces.append(text)
    lines = []
    given = "".join(pieces).split("\n")
    for line, following in zip(given, [*given[1:], ""], strict=True):
        indent = re.match(r"\s*", line)[0]  # type: ignore[index]
        body = line.strip()
        pad = "\t" * (len(indent) // 2)
        if (
            re.search(r"[\w)\]\"'`]$", body)
            and not body.startswith(("*", "/", ">"))
            and re.match(r"(return|let|const|var)\b", body)
        ):
            body += ";" if body.count("(") == body.count(")") and not re.match(r"[.?:+*/&|-]", following.strip()) else ""
        one = re.fullmatch(r"(if \([^{}]*\)|else if \([^{}]*\)) (return [^{};]*;?|continue;?|break;?)", body)
        array = re.fullmatch(r"((?:const|let|var|return)\b[^\[\](){}]*)\[([^\[\]{}()\"'`]+,[^\[\]{}()\"'`]+)\](;?)", body)
        if one:
            lines += [f"{pad}{one[1]} {{", f"{pad}\t{one[2]}", f"{pad}}}"]
        elif array:
            inner = [f"{pad}\t{part.strip()}," for part in array[2].split(",")]
            lines += [f"{pad}{array[1]}[", *inner, f"{pad}]{array[3]}"]
        else:
            lines.append(pad + body)
    return "\n".join(lines)


def commented(source: str, language: str, rng: random.Random) -> str | None:
    """A comment line above every second line."""
    mark = "--" if language == "sql" else "//"
    text = source if language == "javascript" else _sql_layout(source, rng)
    lines: list[str] = []
    count = 0
    block = False
    for line in text.split("\n"):
        block = block or line.lstrip().startswith("/*")
        if line.strip() and not block and "`" not in text:
            count += 1
            if count % 2 == 0:
                lines.append(f"{line[: len(line) - len(line.lstrip())]}{mark} {rng.choice(REMARKS)}")
        block = block and "*/" not in line
        lines.append(line)
    return "\n".join(lines) if len(lines) > text.count("\n") + 1 else None


def edited(source: str, language: str, rng: random.Random, share: float) -> str:
    """A share of the tokens replaced by others of their kind."""
    parts = list(tokens(source, language))
    code = [n for n, (kind, _) in enumerate(parts) if kind not in ("comment", "space")]
    fixed = JS_FIXED if language == "javascript" else frozenset()
    can = [
        n
        for n in code
        if parts[n][0] == "number"
        or parts[n][1] in _SWAPS
        or (parts[n][0] == "name" and parts[n][1] in _changeable(parts, fixed))
    ]
    for n in rng.sample(can, min(len(can), max(1, round(share * len(code))))):
        kind, text = parts[n]
        new = str(rng.randrange(2, 30)) if kind == "number" else _SWAPS.get(text) or rng.choice(NAMES)
        parts[n] = (kind, new)
    return "".join(text for _, text in parts)


def _changeable(parts: list[tuple[str, str]], fixed: frozenset[str]) -> set[str]:
    return {text for kind, text in parts if kind == "name" and text not in fixed and not text.isupper()}


def js_names(source: str) -> set[str]:
    plain = "".join(text for kind, text in tokens(source, "javascript") if kind not in ("comment", "string", "regex"))
    found = set(re.findall(r"\b(?:const|let|var|function)\s+([A-Za-z_$][\w$]*)", plain))
    found.update(re.findall(r"(?<![.\w$])([A-Za-z_$][\w$]*)\s*=>", plain))
    lists = re.findall(r"\(([^()]*)\)\s*=>", plain) + re.findall(r"\bfunction\b\s*[\w$]*\s*\(([^()]*)\)", plain)
    lists += re.findall(r"\b(?:let|var|const)\s+([^;\n{}()\[\]]+)", plain)
    found.update(part.split("=")[0].strip(" .\n") for group in lists for part in group.split(","))
    return {name for name in found if re.fullmatch(r"[A-Za-z_$][\w$]*", name)} - JS_FIXED


def _sql_names(source: str) -> set[str]:
    aliases = set(re.findall(r"\b(?:FROM|JOIN)\s+[\w.]+\s+(?:AS\s+)?([A-Za-z_]\w*)", source, re.IGNORECASE))
    named = set(re.findall(r"\bAS\s+([A-Za-z_]\w*)", source, re.IGNORECASE))
    tables = set(re.findall(r"(?:\bWITH\s+|\)\s*,\s*)([A-Za-z_]\w*)\s+AS\s*\(", source, re.IGNORECASE))
    words = (  # noqa: SIM905
        "on where group order limit join left right inner full cross outer union select having and or as set using natural "
        "integer int float numeric decimal date text varchar timestamp bigint double interval real"
    ).split()
    used = aliases | named | tables
    columns = {name for name in used if re.search(rf"\.{name}\b", source)}
    return {name for name in used - columns if name.lower() not in words}


def mapped(source: str, language: str, mapping: dict[str, str]) -> str:
    pieces: list[str] = []
    before = ""
    parts = list(tokens(source, language))
    for place, (kind, text) in enumerate(parts):
        after = next((text for kind, text in parts[place + 1 :] if kind not in ("space", "comment")), "")
        key = language == "javascript" and after == ":" and before in ("{", ",")
        if kind == "name" and text in mapping and before != "." and not key:
            pieces.append(mapping[text])
        elif kind == "string" and text[0] == "`":
            pieces.append(_in_template(text, mapping))
        else:
            pieces.append(text)
        if kind not in ("space", "comment"):
            before = text
    return "".join(pieces)


def _in_template(text: str, mapping: dict[str, str]) -> str:
    def inner(match: re.Match[str]) -> str:
        return re.sub(r"(?<![.\w$])[A-Za-z_$][\w$]*", lambda name: mapping.get(name[0], name[0]), match[1])

    return re.sub(r"\$\{([^{}]*)\}", lambda match: "${" + inner(match) + "}", text)


def _sql_layout(source: str, rng: random.Random) -> str:
    lower = rng.random() < 0.5
    text = _CLAUSES.sub(lambda match: "\n" + (match[1].lower() if lower else match[1].upper()) + " ", source.strip())
    text = re.sub(r",\s*", ",\n    ", text) if rng.random() < 0.5 else text
    return (re.sub(r"^(SELECT|WITH)\b", lambda match: match[0].lower() if lower else match[0], text)).strip() + "\n"
