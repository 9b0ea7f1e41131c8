"""Disguises: the ways in which a holdout item turns up in training data, each a pure function of the item and a random source.

A disguise gives the text that stands in for the item, or None where it does not apply (no comments to strip in a one-liner, no
names to change). ``DISGUISES`` says of each what a detector can still see in it: ``text`` where words of the prompt or the
answer stay in a row, ``code`` where the answer's tokens or structure stay. Paraphrases and translations are not here: nothing
literal or structural is left of them.
"""

from __future__ import annotations

import json
import random
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import layers
import line_rewrites
import other_code
import python_code
import rewrites
from items import Item

Reach = Literal["text", "code"]
Function = Callable[[Item, random.Random], str | None]
_OTHER_WORDS = (  # noqa: SIM905
    "amber basket candle distant eager factory gentle harbour island journal kettle lantern meadow narrow orchard pebble quiet "
    "ribbon saddle timber useful velvet window yellow anchor bridge copper driver engine forest garden hammer insect jacket"
).split()


@dataclass(frozen=True, slots=True, kw_only=True)
class Disguise:
    """A disguise with what stays visible in it. ``far``: it stands in the middle of a long document."""

    function: Function
    reach: frozenset[Reach]
    far: bool = False


def exact(item: Item, rng: random.Random) -> str | None:
    """Prompt and answer as they are."""
    return item.whole


def case_and_space(item: Item, rng: random.Random) -> str | None:
    """Upper and lower case and all white space changed; no longer code."""
    change: Callable[[str], str] = rng.choice([str.upper, str.lower, str.title, str.swapcase])
    gaps = rng.choice([["  ", "   ", "\t"], ["\n", " ", " ", " "], [" ", " \n\n", "    "]])
    words = [change(word) for word in item.whole.split()]
    return "".join(word + rng.choice(gaps) for word in words)


def punctuation(item: Item, rng: random.Random) -> str | None:
    """The same words with other marks between them; no longer code."""
    swaps = {
        ",": ";",
        ".": " -",
        '"': "“",
        "'": "’",
        "(": "[",
        ")": "]",
        "`": "*",
        ":": " —",
        "=": " := ",
        "_": "-",
        "?": "!",
        "*": "×",
    }
    kept = rng.sample(sorted(swaps), 3)
    return "".join(letter if letter in kept else swaps.get(letter, letter) for letter in item.whole)


def partial_half(item: Item, rng: random.Random) -> str | None:
    """Half of the words of prompt and answer, in one piece."""
    words = list(re.finditer(r"\S+", item.whole))
    half = len(words) // 2
    if half < 8:
        return None
    first = rng.randrange(len(words) - half + 1)
    return item.whole[words[first].start() : words[first + half - 1].end()]


def prompt_only(item: Item, rng: random.Random) -> str | None:
    """The prompt, with no answer."""
    return item.prompt.strip("\n") or None


def answer_only(item: Item, rng: random.Random) -> str | None:
    """The answer as it is laid out, without the prompt's words; under its own signature where the prompt opens the function."""
    if not item.opens:
        return item.answer
    if item.language == "python":
        body = item.prompt.split('"""' if '"""' in item.prompt else "'''")[0]
        text = body.rstrip() + "\n" + item.answer
        return text if body.rstrip().endswith(":") and python_code.parses(text) else None
    return other_code.tokens_without_comments(item.prompt) + item.answer


def renamed(item: Item, rng: random.Random) -> str | None:
    """Every own name of the answer replaced; docstring, comments and layout stay."""
    if item.language == "python":
        return python_code.renamed(item.code, rng)
    return other_code.renamed(item.code, item.language, rng)


def comments_stripped(item: Item, rng: random.Random) -> str | None:
    """The answer without docstrings and comments; names stay."""
    text = python_code.stripped(item.code) if item.language == "python" else other_code.stripped(item.code, item.language)
    return text if text and text.strip() != item.code.strip() else None


def renamed_and_stripped(item: Item, rng: random.Random) -> str | None:
    """Only the structure of the code is left."""
    if item.language == "python":
        return python_code.renamed(python_code.stripped(item.code) or "", rng)
    return other_code.renamed(other_code.stripped(item.code, item.language) or item.code, item.language, rng)


def reformatted(item: Item, rng: random.Random) -> str | None:
    """Names and docstring kept in another layout: quotes, line breaks, trailing commas, parentheses."""
    if item.language == "python":
        return python_code.reformatted(item.code, rng)
    text = other_code.reformatted(item.code, item.language, rng)
    return text if text and text != item.code else None


def comments_added(item: Item, rng: random.Random) -> str | None:
    """A comment above every second line of the answer."""
    if item.language == "python":
        text = python_code.commented(python_code.stripped(item.code) or item.code, rng)
    else:
        text = other_code.commented(item.code, item.language, rng)
    return text if text and text.strip() != item.code.strip() else None


def edits_10(item: Item, rng: random.Random) -> str | None:
    """One in ten of the prompt's words and of the answer's tokens is another."""
    if item.opens and item.language == "python":
        source = python_code.edited(item.code, rng, 0.1)
        return _edit_docstring(source, rng) if source else None
    code = (
        python_code.edited(item.code, rng, 0.1)
        if item.language == "python"
        else other_code.edited(item.code, item.language, rng, 0.1)
    )
    if code is None:
        return None
    return code if item.opens else f"{_edit_words(item.prompt, rng)}\n\n{code}"


def embedded(item: Item, rng: random.Random) -> str | None:
    """Prompt and answer, in the middle of a long document."""
    return item.whole


def wrapped(item: Item, rng: random.Random) -> str | None:
    """The prompt wrapped again at 40 columns, each line behind ``#`` or ``>``; no answer."""
    prefix = rng.choice(["# ", "> ", "// ", ";; "])
    words = " ".join(item.prompt.split())
    return "\n".join(textwrap.wrap(words, 40, initial_indent=prefix, subsequent_indent=prefix)) or None


def string_quoted(item: Item, rng: random.Random) -> str | None:
    """Inside a string literal of other code, line ends written as ``\\n``."""
    name = rng.choice(["PROMPT", "SAMPLE", "template", "CASE", "source"])
    text = json.dumps(item.whole, ensure_ascii=rng.random() < 0.5)
    forms = (
        f"{name} = {item.whole!r}\n\n\ndef load():\n    return {name}.splitlines()\n",
        f'{{"id": {rng.randrange(9000)}, "kind": "{name.lower()}", "text": {text}, "ok": true}}',
        f"const {name} = {text};\nmodule.exports = {{ {name} }};\n",
    )
    return rng.choice(forms)


def notebook(item: Item, rng: random.Random) -> str | None:
    """As the cells of a Jupyter notebook, in JSON."""
    cells = [
        _cell(
            "markdown", f"## Exercise {rng.randrange(1, 60)}\n\n" + (item.prompt if not item.opens else "Solve the task below.")
        )
    ]
    cells += [_cell("code", item.code), _cell("code", "# try it out\n")]
    book = {"cells": cells, "metadata": {"language_info": {"name": item.language}}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(book, indent=rng.choice([None, 1, 2]))


def inlined_temporaries(item: Item, rng: random.Random) -> str | None:
    """Temporaries put in their places or new ones made; the same statements in the same order; names stay in half of them."""
    if item.language != "python":
        return None
    text = python_code.temporaries(python_code.stripped(item.code) or "", rng)
    return python_code.renamed(text, rng) if text and rng.random() < 0.5 else text


def chat(item: Item, rng: random.Random) -> str | None:
    """A conversation: the prompt asked, the answer given, other words around both."""
    opening = rng.choice(
        ["Hey, can you help me with this one?", "I'm stuck on an exercise.", "Quick question for you:", "Please solve:"]
    )
    reply = rng.choice(
        ["Sure! Here is one way to do it:", "Of course. Try this:", "Here you go.", "No problem, this should work:"]
    )
    closing = rng.choice(["Let me know if anything is unclear.", "Hope that helps!", "It runs in a moment on small inputs."])
    code = (
        item.code
        if not item.opens
        else (python_code.stripped(item.code) if item.language == "python" else item.code) or item.code
    )
    turns = [
        ("user", f"{opening}\n\n{item.prompt}"),
        ("assistant", f"{reply}\n\n```{item.language}\n{code.rstrip()}\n```\n\n{closing}"),
    ]
    if rng.random() < 0.5:
        turns += [("user", "Thanks, that was it."), ("assistant", "Glad to hear it.")]
    form = rng.randrange(3)
    if form == 0:
        return json.dumps({"messages": [{"role": role, "content": text} for role, text in turns]})
    if form == 1:
        return "\n".join(f"<|im_start|>{role}\n{text}<|im_end|>" for role, text in turns)
    return "\n\n".join(f"### {role.title()}:\n{text}" for role, text in turns)


def other_language_comments(item: Item, rng: random.Random) -> str | None:
    """The prompt as the block comment of a Java or C function that does not answer it."""
    words = item.prompt.strip().replace("/*", "").replace("*/", "").replace('"""', "").splitlines()
    block = "/**\n" + "".join(f" * {line.strip()}\n" for line in words if line.strip()) + " */\n"
    java = 'public static Object solve(Object... input) {\n    throw new UnsupportedOperationException("todo");\n}\n'
    c = "int solve(const char *input, size_t length)\n{\n    (void) input;\n    (void) length;\n    return -1;\n}\n"
    return block + rng.choice([java, c])


def _edit_words(text: str, rng: random.Random) -> str:
    """One in ten words replaced."""
    words = list(re.finditer(r"[A-Za-z]+", text))
    chosen = sorted(rng.sample(range(len(words)), min(len(words), max(1, len(words) // 10))), reverse=True) if words else []
    for n in chosen:
        text = text[: words[n].start()] + rng.choice(_OTHER_WORDS) + text[words[n].end() :]
    return text


def _edit_docstring(source: str, rng: random.Random) -> str | None:
    edited = re.sub(
        r'("""|\'\'\')(.*?)\1', lambda match: match[1] + _edit_words(match[2], rng) + match[1], source, flags=re.DOTALL
    )
    return edited if python_code.parses(edited) else None


def _cell(kind: str, text: str) -> dict[str, object]:
    cell: dict[str, object] = {"cell_type": kind, "metadata": {}, "source": text.splitlines(keepends=True)}
    return cell | {"execution_count": None, "outputs": []} if kind == "code" else cell


_TEXT: frozenset[Reach] = frozenset({"text"})
_CODE: frozenset[Reach] = frozenset({"code"})
_BOTH: frozenset[Reach] = frozenset({"text", "code"})

DISGUISES: dict[str, Disguise] = {
    "exact": Disguise(function=exact, reach=_BOTH),
    "case_and_space": Disguise(function=case_and_space, reach=_TEXT),
    "punctuation": Disguise(function=punctuation, reach=_TEXT),
    "partial_half": Disguise(function=partial_half, reach=_BOTH),
    "prompt_only": Disguise(function=prompt_only, reach=_TEXT),
    "answer_only": Disguise(function=answer_only, reach=_BOTH),
    "renamed": Disguise(function=renamed, reach=_BOTH),  # text: only where the code holds the prompt
    "comments_stripped": Disguise(function=comments_stripped, reach=_BOTH),
    "renamed_and_stripped": Disguise(function=renamed_and_stripped, reach=_CODE),
    "reformatted": Disguise(function=reformatted, reach=_BOTH),
    "comments_added": Disguise(function=comments_added, reach=_CODE),
    "edits_10": Disguise(function=edits_10, reach=_BOTH),
    "embedded": Disguise(function=embedded, reach=_BOTH, far=True),
    "wrapped": Disguise(function=wrapped, reach=_TEXT),
    "string_quoted": Disguise(function=string_quoted, reach=_BOTH),
    "notebook": Disguise(function=notebook, reach=_BOTH),
    "inlined_temporaries": Disguise(function=inlined_temporaries, reach=_CODE),
    "chat": Disguise(function=chat, reach=_BOTH),
    "other_language_comments": Disguise(function=other_language_comments, reach=_TEXT),
    # Text within text: nothing is lost.
    "tags_every_word": Disguise(function=layers.tags_every_word, reach=_BOTH),
    "html_entities": Disguise(function=layers.html_entities, reach=_BOTH),
    "json_escapes": Disguise(function=layers.json_escapes, reach=_BOTH),
    "percent_block": Disguise(function=layers.percent_block, reach=_BOTH),
    "base64_block": Disguise(function=layers.base64_block, reach=_BOTH),
    "ansi": Disguise(function=layers.ansi, reach=_BOTH),
    "homoglyphs": Disguise(function=layers.homoglyphs, reach=_BOTH),
    "line_numbers": Disguise(function=layers.line_numbers, reach=_BOTH),
    "grep_n": Disguise(function=layers.grep_n, reach=_BOTH),
    "git_blame": Disguise(function=layers.git_blame, reach=_BOTH),
    "log_prefix": Disguise(function=layers.log_prefix, reach=_BOTH),
    "irc_nicks": Disguise(function=layers.irc_nicks, reach=_BOTH),
    # Code written in another way.
    "minified": Disguise(function=rewrites.minified, reach=_CODE),
    "restyled_tests": Disguise(function=rewrites.restyled_tests, reach=_CODE),
    "changed_literals": Disguise(function=rewrites.changed_literals, reach=_CODE),
    "reordered": Disguise(function=rewrites.reordered, reach=_CODE),
    "commented_out": Disguise(function=rewrites.commented_out, reach=_CODE),
    "half_of_code": Disguise(function=rewrites.half_of_code, reach=_CODE),
    "inserted_statements": Disguise(function=rewrites.inserted_statements, reach=_CODE),
    "wrapped_in_class": Disguise(function=rewrites.wrapped_in_class, reach=_CODE),
    "arrow_functions": Disguise(function=rewrites.arrow_functions, reach=_CODE),
    "typescript": Disguise(function=rewrites.typescript, reach=_CODE),
    "code_in_prompt": Disguise(function=rewrites.code_in_prompt, reach=_CODE),
    "cases_of_lines": Disguise(function=line_rewrites.cases_of_lines, reach=_CODE),
    "named_results": Disguise(function=line_rewrites.named_results, reach=_CODE),
    "shuffled_functions": Disguise(function=line_rewrites.shuffled_functions, reach=_CODE),
}
