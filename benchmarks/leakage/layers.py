"""Disguises of text within text: the item as another format or tool shows it, with nothing of it lost.

Markup around words, escapes of JSON, HTML and URLs, base64, colours of terminals, letters of other alphabets that look the same,
and what tools write before each line (numbers, places, authors, times, nicks). A reader sees the item in each of them.
"""

from __future__ import annotations

import base64
import html
import json
import random
import re
import urllib.parse
from collections.abc import Callable

from items import Item

_NICKS = ("marlow", "tess_", "kbd", "Ishmael2", "o_rly", "pavel-k", "nan0")
_AUTHORS = ("Jane Doe", "M. Okafor", "pavel", "Li Wei", "Not Committed Yet")
_PATHS = ("src/solutions/part_2.py", "lib/util.js", "a.py", "app/models/task.rb", "./notes/day 3.txt")
_LOOKALIKES = dict(zip("aceopxyijsABEHKMOPTX", "асеорхуіјѕАВЕНКМОРТХ", strict=True))


def tags_every_word(item: Item, rng: random.Random) -> str | None:
    """Every word, or every token of code, within a tag of its own."""
    name = rng.choice(["span", "b", "w", "td"])
    pattern = rng.choice([r"\S+", r"\w+|[^\w\s]"])

    def tag(match: re.Match[str]) -> str:
        given = rng.choice([f' class="{rng.choice("kns")}{rng.randrange(9)}"', "", f" id='w{rng.randrange(999)}'"])
        return f"<{name}{given}>{html.escape(match[0])}</{name}>"

    return f"<div><pre>{re.sub(pattern, tag, item.whole)}</pre></div>"


def html_entities(item: Item, rng: random.Random) -> str | None:
    """As the source of a web page: marks, and sometimes letters, as entities."""
    text = html.escape(item.whole)
    if rng.random() < 0.5:
        text = text.replace(" ", "&nbsp;").replace("\n", "<br/>\n")
    form = rng.choice(["&#{};", "&#x{:x};"])
    marks = rng.choice([r"[=()\[\]:.,]", r"[aeiou]", r"[^\w\s&;#]"])
    return "".join(re.sub(marks, lambda m: form.format(ord(m[0])), part) if n % 2 == 0 else part
                   for n, part in enumerate(re.split(r"(&[\w#]+;|<br/>)", text)))  # fmt: skip


def json_escapes(item: Item, rng: random.Random) -> str | None:
    """In a string of JSON, as some encoders write it: marks, white space or letters as ``\\uXXXX``; or JSON within JSON."""
    if rng.random() < 0.4:
        return json.dumps({"record": json.dumps({"payload": item.whole, "n": rng.randrange(99)}), "v": 1})
    marks = rng.choice([r"[<>&'\"=\n ]", r"[aeiou]", r"[^\w]", r"."])
    escaped = re.sub(marks, lambda match: f"\\u{ord(match[0]):04x}", item.whole, flags=re.DOTALL)
    body = json.dumps(escaped, ensure_ascii=True).replace("\\\\u", "\\u")
    return f'{{"id": {rng.randrange(9999)}, "body": {body}}}'


def percent_block(item: Item, rng: random.Random) -> str | None:
    """In the query of an address."""
    quote = rng.choice([urllib.parse.quote, urllib.parse.quote_plus])
    return f"GET https://play.example.org/run?lang={item.language}&code={quote(item.whole)}&share=1"


def base64_block(item: Item, rng: random.Random) -> str | None:
    """As a block of base64, in one line or wrapped."""
    encode = rng.choice([base64.standard_b64encode, base64.urlsafe_b64encode])
    block = encode(item.whole.encode()).decode()
    if rng.random() < 0.6:
        width = rng.choice([60, 64, 76])
        block = "\n".join(block[n : n + width] for n in range(0, len(block), width))
    opening = rng.choice(["data:text/plain;base64,{}", "Content-Transfer-Encoding: base64\n\n{}\n", '{{"blob": "{}"}}', "{}"])
    return opening.format(block)


def ansi(item: Item, rng: random.Random) -> str | None:
    """As a terminal shows it: colours around words, the lines' ends erased."""

    def colour(match: re.Match[str]) -> str:
        return f"\x1b[{rng.choice(['1', '31', '38;5;81', '0;32'])}m{match[0]}\x1b[0m" if rng.random() < 0.7 else match[0]

    return re.sub(r"\w+|[^\w\s]", colour, item.whole).replace("\n", "\x1b[K\n")


def homoglyphs(item: Item, rng: random.Random) -> str | None:
    """Letters of other alphabets that look the same in place of some; a few that cannot be seen at all."""
    share = rng.choice([0.08, 0.3, 1.0])
    text = "".join(_LOOKALIKES.get(c, c) if rng.random() < share else c for c in item.whole)
    return re.sub(r"(?<=\w)(?=\w)", lambda _: "\u200b" if rng.random() < 0.02 else "", text)


def line_numbers(item: Item, rng: random.Random) -> str | None:
    """A number before each line, as editors, ``cat -n``, forums and debuggers show it."""
    first, form = (
        rng.choice([1, 1, 17, 203]),
        rng.choice(["{:6}\t", "{:>3}: ", "{} | ", "{:3}  ", "{:04} ", "{}. ", "[{}] ", "{:>4}│"]),
    )
    return _prefixed(item, lambda n: form.format(first + n))


def grep_n(item: Item, rng: random.Random) -> str | None:
    """As ``grep -n`` prints files."""
    path, first, mark = rng.choice(_PATHS), rng.randrange(1, 300), rng.choice("::-")
    return _prefixed(item, lambda n: f"{path}{mark}{first + n}{mark}")


def git_blame(item: Item, rng: random.Random) -> str | None:
    """As ``git blame`` prints a file."""
    commits = [(f"{rng.randrange(1 << 32):08x}", rng.choice(_AUTHORS), rng.randrange(10, 29)) for _ in range(3)]
    commits[0] = (rng.choice([commits[0][0], "^" + commits[0][0][:7]]), *commits[0][1:])

    def before(n: int) -> str:
        commit, author, day = rng.choice(commits)
        return f"{commit} ({author:<18} 2023-04-{day} 11:{day}:09 +0200 {n + 1:>3}) "

    return _prefixed(item, before)


def log_prefix(item: Item, rng: random.Random) -> str | None:
    """Line by line in a log."""
    form = rng.choice(
        [
            "2024-05-{d:02} 10:{m:02}:{s:02},{ms:03} INFO runner: ",
            "[2024-05-{d:02}T10:{m:02}:{s:02}.{ms:03}Z] ",
            "May {d:02} 10:{m:02}:{s:02} build-7 agent[{pid}]: ",
            "10:{m:02}:{s:02} | DEBUG | worker-3 | ",
            "2024/05/{d:02} 10:{m:02}:{s:02} ",
            "INFO:app.jobs:",
            "I0{m:03} 10:{m:02}:{s:02}.{ms:06} {pid} main.cc:{s}] ",
        ]
    )
    pid, day, minute = rng.randrange(100, 30000), rng.randrange(1, 29), rng.randrange(60)
    return _prefixed(item, lambda n: form.format(d=day, m=minute, s=n % 60, ms=rng.randrange(1000), pid=pid))


def irc_nicks(item: Item, rng: random.Random) -> str | None:
    """Pasted line by line into a chat."""
    nicks = rng.sample(_NICKS, rng.choice([1, 2]))
    form = rng.choice(["<{nick}> ", "[10:{m:02}] <{nick}> ", "10:{m:02} < {nick}> ", "10:{m:02}:{s:02} <@{nick}> ", "{nick}: "])
    return _prefixed(item, lambda n: form.format(nick=rng.choice(nicks), m=n % 60, s=rng.randrange(60)))


def _prefixed(item: Item, before: Callable[[int], str]) -> str:
    return "\n".join(before(n) + line for n, line in enumerate(item.whole.strip("\n").split("\n")))
