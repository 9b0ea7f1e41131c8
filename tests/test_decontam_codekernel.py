"""The lexer and the windows of the code channel: against other lexers, against renaming and layout, against broken text."""

from __future__ import annotations

import ast
import io
import re
import sysconfig
import textwrap
import time
import tokenize
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from decontam.kernels import code as codekernel
from decontam.kernels.batches import Longs
from decontam.kernels.code import W
from decontam.kernels.codewords import KEPT
from decontam.matching.grams import Keys
from decontam.matching.index import HoldoutIndex, build_index
from decontam.matching.match import as_column, match_text, scan
from decontam.records import Item

kept = cache(codekernel.kept_table)  # on first use, not when tests are collected: compiling takes time
STDLIB = Path(sysconfig.get_paths()["stdlib"])
FILES = ("bisect.py", "colorsys.py", "fnmatch.py", "graphlib.py", "heapq.py", "queue.py", "shlex.py", "string.py")
SIGNS = "== != <= >= += -= *= /= // ** -> => && || << >> ++ := ?? ?. %= &= |= ^="  # two that are one token
PAIRS = SIGNS.split()


def lexed(source: str) -> tuple[Keys, Longs]:
    """Values and byte spans of the tokens of a text."""
    data = np.frombuffer(source.encode("utf-8", "replace") or b" ", np.uint8)
    values, spans = codekernel.lex_text(data)
    return values, spans


def windows(source: str) -> list[int]:
    """Keys of all windows of a text."""
    return [int(key) for key in codekernel.all_window_keys(lexed(source)[0])]


TEXT, NUMBER = (int(lexed(source)[0][2, 0]) for source in ("x = 'a'", "x = 1"))


def shown(source: str) -> list[str]:
    """Tokens as one reads them: own names with a ``~``, kept ones in lower case, literals as ``0`` and ``''``."""
    data = source.encode("utf-8", "replace")
    tokens: list[str] = []
    values, spans = lexed(source)
    for (code, own), (start, end) in zip(values.tolist(), spans.tolist(), strict=True):
        text = data[start:end].decode("utf-8", "replace")
        if own:
            tokens.append(f"~{text}")
        elif code in (TEXT, NUMBER):
            tokens.append("''" if code == TEXT else "0")
        else:
            tokens.append(code.to_bytes(2, "big").decode().strip("\0") if code <= 0xFFFF else text.lower())
    return tokens


def is_kept(name: str) -> bool:
    return name.lower() in KEPT or name in KEPT


def name_shown(name: str, before: list[str]) -> str:
    return name.lower() if is_kept(name) or before[-1:] == ["."] else f"~{name}"


def literal_added(tokens: list[str]) -> None:
    """Texts in a row are one."""
    if tokens[-1:] != ["''"]:
        tokens.append("''")


def sign_added(sign: str, tokens: list[str]) -> None:
    if sign in ")]}" and tokens[-1:] == [","]:
        tokens.pop()
    if sign != ";":
        tokens.append(sign)


REFERENCE = re.compile(
    r"""(?P<skip>[ \t\r\f\n]+|\\\n|\#[^\n]*)
    |(?P<text>[rbfuRBFU]{0,2}(?:\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
    |(?P<number>\d(?:[\w]|\.\d|(?<=[eE])[+-])*)
    |(?P<name>[^\W\d]\w*)
    |(?P<sign>"""
    + "|".join(map(re.escape, PAIRS))
    + "|.)",
    re.VERBOSE | re.DOTALL,
)


def reference(source: str) -> list[str]:
    """The tokens of a Python source by regular expression."""
    tokens: list[str] = []
    depth, fresh = 0, True
    for match in REFERENCE.finditer(source):
        kind, text = match.lastgroup, match.group()
        if kind == "skip":
            fresh = fresh or "\n" in text
            continue
        rest = source[match.end() :].partition("\n")[0].partition("#")[0]
        if kind == "text" and fresh and depth == 0 and not rest.strip(" \t\r\f;"):
            continue
        if kind == "text":
            literal_added(tokens)
        elif kind == "number":
            tokens.append("0")
        elif kind == "name":
            tokens.append(name_shown(text, tokens))
        else:
            depth = max(depth + (text in "([{") - (text in ")]}"), 0)
            sign_added(text, tokens)
        fresh = fresh and text == ";"
    return tokens


def tokens_of(source: str) -> list[tokenize.TokenInfo]:
    """The standard library's tokens; an f-string is one text also from Python 3.12 on."""
    start, end = getattr(tokenize, "FSTRING_START", -1), getattr(tokenize, "FSTRING_END", -1)
    found: list[tokenize.TokenInfo] = []
    opened: list[tokenize.TokenInfo] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == start:
            opened.append(token)
        elif token.type == end:
            first = opened.pop()
            if not opened:
                found.append(tokenize.TokenInfo(tokenize.STRING, 'f""', first.start, token.end, first.line))
        elif not opened:
            found.append(token)
    return found


def tokenized(source: str) -> list[str]:
    """The tokens of a Python source by the standard library, all signs one by one."""
    skipped = {tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    found = [token for token in tokens_of(source) if token.type not in skipped]
    tokens: list[str] = []
    fresh = True
    for token, following in zip(found, [*found[1:], found[-1]], strict=True):
        if token.type == tokenize.STRING and not (fresh and following.type == tokenize.NEWLINE):
            literal_added(tokens)
        elif token.type == tokenize.NAME:
            tokens.append(name_shown(token.string, tokens))
        elif token.type == tokenize.NUMBER:
            tokens.append("0")
        elif token.type == tokenize.OP:
            for sign in token.string:
                sign_added(sign, tokens)
        fresh = token.type == tokenize.NEWLINE
    return tokens


def one_by_one(tokens: list[str]) -> list[str]:
    return [sign for token in tokens for sign in (token if token in PAIRS else [token])]


@pytest.mark.parametrize("name", FILES)
def test_python_files_have_the_tokens_that_python_sees(name: str) -> None:
    source = (STDLIB / name).read_text()
    tokens = shown(source)
    assert len(tokens) > 100
    assert one_by_one(tokens) == tokenized(source)


PIECES = (
    "def pick(rows, *, key=None):\n", "    return sorted(rows, key=key)[:3]\n", "x = y ** 2 // z\n", "a, b = b, a + 0x1F\n",
    "if x <= 1.5e-3:\n", "    self.total += self.rate * n  # a comment\n", '"""A docstring, "quoted".\n\nMore."""\n',
    "    'nothing'\n", "f(a, 'b' \"c\",)\n", "rows = [\n    'one',\n    \"two\"\n    'three',\n]\n",
    "d = {1: 'it\\'s', **rest}\n", "@cache\n", "lambda q: q @ r\n", "x = rb'\\x00' + f\"{y!r}\"\n", "x = 1;\n",
    "# only a comment\n", "\n", "    ", "for Größe in naïve.Items():\n", "while not (x := next(it)):\n", "print(*a, sep='')\n",
    "s = '''a\nb'''\n", "async with a as b: pass\n", "assert x != y and y >= z\n", "m |= n ^ ~o\n", "key_2 = Key2.KEY\n",
    "a[1:2, ::3]\n", "x = 10_000 + 1e5 - 3j\n",
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
@example("".join(PIECES))
def test_python_sources_have_the_tokens_of_the_reference_lexer(source: str) -> None:
    assert shown(source) == reference(source)


@pytest.mark.parametrize(
    ("source", "tokens"),
    [
        (
            "// adds\nconst add = (a, b) => { /* both */ return a?.value ?? `x ${b}`; };",
            "const add = ( a , b ) => { return a ?. value ?? '' }",
        ),
        (
            "let seen = new Set();\nfor (const x of xs) { seen.add(x) } // all\n",
            "let seen = new set ( ) for ( const x of xs ) { seen . add ( x ) }",
        ),
        (
            'public int sum(List<Integer> xs) {\n    int n = 0; // so far\n    for (int x : xs) { n += x; }\n    return n;\n}',
            "public int sum ( list < integer > xs ) { int n = 0 for ( int x : xs ) { n += x } return n }",
        ),
        (
            'func sum(xs []int) (n int, err error) {\n\tfor _, x := range xs {\n\t\tn += x // add it\n\t}\n\treturn n, nil\n}',
            "func sum ( xs [ ] int ) ( n int , err error ) { for _ , x := range xs { n += x } return n , nil }",
        ),
        (
            'pub fn first(xs: &[u32]) -> Option<u32> {\n    let mut a = None; // nothing yet\n    a = Some(xs[0]);\n    a\n}',
            "pub fn first ( xs : & [ u32 ] ) -> option < u32 > { let mut a = none a = some ( xs [ 0 ] ) a }",
        ),
        (
            '#include <stdio.h>\n/* says\n   hello */\nint main(void) {\n    printf("%d\\n", 0x2A);\n    return p->size << 2;\n}',
            "include < stdio . h > int main ( void ) { printf ( '' , 0 ) return p -> size << 0 }",
        ),
        (
            "-- the best\nSELECT name, COUNT(*) AS n FROM people WHERE age >= 18 -- adults\nGROUP BY name ORDER BY n DESC;",
            "select name , count ( * ) as n from people where age >= 0 group by name order by n desc",
        ),
        ("SELECT id FROM t WHERE name = 'it''s' AND x <> 3", "select id from t where name = '' and x < > 0"),
    ],
    ids=["javascript", "javascript without semicolons", "java", "go", "rust", "c", "sql", "sql quotes"],
)  # fmt: skip
def test_sources_of_other_languages_have_the_tokens_one_reads(source: str, tokens: str) -> None:
    """Which of the names are kept is not asked here."""
    assert [token.removeprefix("~").lower() for token in shown(source)] == tokens.split()


def test_own_names_differ_by_case_and_kept_ones_do_not() -> None:
    values = lexed("total Total return Return RETURN x.Name y.name")[0].tolist()
    assert values[0][1] != values[1][1] and values[0][0] == values[1][0] == 0
    assert len({tuple(value) for value in values[2:5]}) == 1
    assert values[7] == values[10] != values[2]


def test_words_of_sql_are_kept_in_capitals_only() -> None:
    assert shown("SELECT key FROM t GROUP BY KEY") == ["select", "~key", "from", "~t", "group", "by", "key"]


def test_every_token_has_its_own_code() -> None:
    """No two kept names or signs are taken for each other, nor for a literal or an own name's distance."""
    sources = [*(f" {name} " for name in KEPT), *PAIRS, *"()[]{}<>=+-*/%&|^~!?:.,@", "'a'", " 7 "]
    codes = {int(lexed(f"q{source}q")[0][1, 0]) for source in sources}
    distances = {int(code) for code in codekernel.DISTANCE}
    assert len(codes) == len({source.lower() for source in sources})
    assert len(distances) == W and not distances & codes


def stream(tokens: list[tuple[bool, int]]) -> Keys:
    """Values as the lexer gives them: own names and other codes."""
    return np.array([(0, 90 + n) if own else (40 + n, 0) for own, n in tokens], np.uint64).reshape(-1, 2)


STREAMS = st.lists(st.tuples(st.booleans(), st.integers(0, 6)), max_size=60).map(stream)


def codes_by_hand(values: Keys, first: int) -> list[int]:
    """Codes of a window: an own name is how far back in the window it stood before."""
    rows = values[first : first + W].tolist()
    codes = []
    for at, (code, own) in enumerate(rows):
        places = [at - k for k in range(at) if own and rows[k][1] == own]
        codes.append(int(codekernel.DISTANCE[min(places, default=0)]) if own else code)
    return codes


@settings(max_examples=300, deadline=None)
@given(STREAMS)
def test_window_codes_are_distances_within_the_window(values: Keys) -> None:
    out = np.empty(W, np.uint64)
    for first in range(len(values) - W + 1):
        codekernel.window_codes(values, first, out)
        assert out.tolist() == codes_by_hand(values, first)


@settings(max_examples=300, deadline=None)
@given(STREAMS)
@example(stream([(True, n % 2) for n in range(40)]))
@example(stream([(n % 11 == 0, 0) for n in range(60)]))
@example(stream([(n % 12 == 0, 0) for n in range(60)]))
def test_rolling_keys_are_those_of_each_window_alone(values: Keys) -> None:
    keys = [int(key) for key in codekernel.all_window_keys(values)]
    alone = [[(code, 0) for code in codes_by_hand(values, first)] for first in range(max(len(values) - W + 1, 0))]
    assert keys == [int(codekernel.all_window_keys(np.array(codes, np.uint64))[0]) for codes in alone]


@settings(max_examples=200, deadline=None)
@given(STREAMS, st.permutations(range(100, 107)))
def test_keys_do_not_depend_on_names_but_on_which_are_the_same(values: Keys, names: list[int]) -> None:
    renamed = values.copy()
    renamed[:, 1] = [names[own - 90] if own else 0 for own in values[:, 1].tolist()]
    assert codekernel.all_window_keys(renamed).tolist() == codekernel.all_window_keys(values).tolist()


@settings(max_examples=200, deadline=None)
@given(STREAMS)
def test_windows_have_one_key_only_where_they_have_the_same_codes(values: Keys) -> None:
    keys = codekernel.all_window_keys(values).tolist()
    codes = [tuple(codes_by_hand(values, first)) for first in range(len(keys))]
    assert len(set(keys)) == len(set(codes)) == len(set(zip(keys, codes, strict=True)))


Edit = tuple[tuple[int, int], tuple[int, int], str]


def edited(source: str, edits: Iterable[Edit]) -> str:
    """The source with stretches from (line, column) to (line, column) replaced."""
    lines = source.splitlines(keepends=True)
    firsts = [0, *np.cumsum([len(line) for line in lines]).tolist()]
    for (row, column), (end_row, end_column), text in sorted(edits, reverse=True):
        source = source[: firsts[row - 1] + column] + text + source[firsts[end_row - 1] + end_column :]
    return source


def renamed(source: str) -> str:
    tokens = tokens_of(source)
    names: dict[str, str] = {}
    edits = []
    for before, token in pairwise(tokens):
        if token.type == tokenize.NAME and before.string != "." and not is_kept(token.string):
            edits.append((token.start, token.end, names.setdefault(token.string, f"wörd_{len(names)}")))
    return edited(source, edits)


def without_comments(source: str) -> str:
    return edited(source, [(token.start, token.end, "") for token in tokens_of(source) if token.type == tokenize.COMMENT])


def with_comments(source: str) -> str:
    """A comment after each statement, with an apostrophe and brackets in it."""
    return edited(source, [(t.start, t.start, "  # isn't (this") for t in tokens_of(source) if t.type == tokenize.NEWLINE])


def without_docstrings(source: str) -> str:
    edits: list[Edit] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            assert node.end_lineno and node.end_col_offset
            edits.append(((node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset), ""))
    return edited(source, edits)


def with_tabs(source: str) -> str:
    """A tab for each space that a line begins with."""
    within = {row for t in tokens_of(source) if t.type == tokenize.STRING for row in range(t.start[0] + 1, t.end[0] + 1)}
    lines = source.splitlines(keepends=True)
    for row, line in enumerate(lines, 1):
        if row not in within:
            lines[row - 1] = "\t" * (len(line) - len(line.lstrip(" "))) + line.lstrip(" ")
    return "".join(lines)


def with_other_quotes(source: str) -> str:
    edits = []
    for token in tokens_of(source):
        inner = token.string[1:-1]
        if token.type == tokenize.STRING and token.string[0] in "'\"" and not set(inner) & {"'", '"', "\\"}:
            quote = "'" if token.string[0] == '"' else '"'
            edits.append((token.start, token.end, quote + inner + quote))
    return edited(source, edits)


def with_trailing_commas(source: str) -> str:
    tokens = [t for t in tokens_of(source) if t.type not in (tokenize.NL, tokenize.COMMENT)]
    opening, closing = ("(", "[", "{", ","), (")", "]", "}")
    edits = [(b.end, b.end, ",") for b, t in pairwise(tokens) if t.string in closing and b.string not in opening]
    return edited(source, edits)


def with_wide_brackets(source: str) -> str:
    """Lines broken after each opening bracket and each comma within brackets."""
    depth, edits = 0, []
    for token in tokens_of(source):
        depth += (token.string in ("(", "[", "{")) - (token.string in (")", "]", "}"))
        if token.string in ("(", "[", "{", ",") and depth:
            edits.append((token.end, token.end, "\n        "))
    return edited(source, edits)


VARIANTS: tuple[Callable[[str], str], ...] = (
    renamed, without_comments, with_comments, without_docstrings, with_tabs, with_other_quotes, with_trailing_commas,
    with_wide_brackets,
)  # fmt: skip


def functions(name: str) -> Iterator[str]:
    """The functions and methods of a file of the standard library, each as a source of its own."""
    source = (STDLIB / name).read_text()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and (segment := ast.get_source_segment(source, node)):
            yield textwrap.dedent(" " * node.col_offset + segment) + "\n"


def sound(source: str) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:  # a text over several lines kept the source from being dedented
        return False
    return True


@cache
def sound_functions() -> tuple[str, ...]:
    return tuple(source for name in FILES for source in functions(name) if sound(source))


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.__name__)
def test_a_variant_of_a_function_has_the_same_windows(variant: Callable[[str], str]) -> None:
    changed = 0
    for source in sound_functions():
        other = variant(source)
        changed += other != source and len(windows(source)) > 0
        assert windows(other) == windows(source), other
    assert changed > 10


def test_all_variants_at_once_have_the_same_windows() -> None:
    for source in sound_functions():
        other = source
        for variant in VARIANTS:
            other = variant(other)
        assert windows(other) == windows(source), other


@pytest.mark.parametrize(
    ("source", "other"),
    [
        ("total = sum(rows) + min(rows) - max(cells)", "total = sum(rows) + min(cells) - max(cells)"),
        ("total = sum(rows) + min(rows) - max(cells)", "total = sum(rows) + max(rows) - max(cells)"),
        ("total = rows.first(a) + rows.last(b)", "total = rows.first(a) + rows.best(b)"),
        ("total = sum(rows) + min(rows) - 1", "total = sum(rows) + min(rows) - '1'"),
        ("if len(rows) <= 3: return sum(rows)", "if len(rows) < 3: return sum(rows)"),
    ],
    ids=["other name", "other builtin", "other attribute", "other kind of literal", "other sign"],
)
def test_another_meaning_has_other_windows(source: str, other: str) -> None:
    assert windows(source)
    assert windows(source) != windows(other)


BROKEN = (
    "'abc", '"abc', "`abc", "\"\"\"abc", "'''abc\n", "/* abc", "/*/", "// abc", "--", "-- ", "#", "\\", "'\\", "'''\\", "`\\",
    "x'", 'rb"', "1e", "1e+", "0x", "1.", ".", "x.", "(((", ")))", ",)", ",", "''", '""', "''''", "'''''", "```", "```py", "`",
    "\0", "'\0'", "#[", "#i", "=", "\x7f", "é", "'é", "\ud800", "/", "-", "<",
)  # fmt: skip
ITEM = (
    "def safe_hours(tides, draught):\n    floods = [tide for tide in tides if tide.depth > draught]\n"
    "    return sorted({hour for flood in floods for hour in range(flood.start - 1, flood.end + 2)})\n"
)


@cache
def tides_index() -> HoldoutIndex:
    return build_index([Item(key="tides", answer=ITEM)])


SOUP = st.lists(st.one_of(st.sampled_from(BROKEN), st.sampled_from(PIECES), st.text(max_size=3)), max_size=30).map("".join)
ANY_BYTES = st.binary(max_size=300).map(lambda data: data.decode("utf-8", "replace"))


def assert_sound(source: str) -> None:
    values, spans = lexed(source)
    borders = [0, *spans.reshape(-1).tolist(), len(source.encode("utf-8", "replace"))]
    assert borders == sorted(borders)
    assert (spans[:, 0] < spans[:, 1]).all()
    assert ((values[:, 0] == 0) != (values[:, 1] == 0)).all()


@pytest.mark.parametrize("source", ["", " ", *BROKEN])
def test_what_is_not_closed_is_lexed_to_its_end(source: str) -> None:
    for text in (source, f"x = y\n{source}", f"{source} x = y\n", source * 50):
        assert_sound(text)


@settings(max_examples=500, deadline=None)
@given(st.one_of(ANY_BYTES, SOUP, st.text()))
def test_any_text_has_sound_tokens(source: str) -> None:
    assert_sound(source)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(ANY_BYTES, SOUP, st.just(ITEM)), max_size=4))
def test_any_column_can_be_scanned(texts: list[str]) -> None:
    column = as_column(texts)
    for value, _, _, start, end in scan(column, tides_index(), "code").tolist():
        assert 0 <= start < end <= column.offsets[value + 1] - column.offsets[value]


@settings(max_examples=300, deadline=None)
@given(SOUP, st.sampled_from(BROKEN), st.sampled_from(BROKEN))
@example("# Title of a text", "A sentence.", "")
@example("/* abc", "", "*/")
def test_tokens_do_not_depend_on_what_stands_around_a_value_in_the_buffer(source: str, before: str, after: str) -> None:
    low, size = len(before.encode("utf-8", "replace")), len(source.encode("utf-8", "replace"))
    data = np.frombuffer((before + source + after).encode("utf-8", "replace") or b" ", np.uint8)
    values, spans = np.empty((size + 16, 2), np.uint64), np.empty((size + 16, 2), np.int64)
    count = codekernel.lex(data, low, low + size, codekernel.CLASSES, codekernel.PAIRS, kept(), False, values, spans)
    expected, places = lexed(source)
    assert values[:count].tolist() == expected.tolist()
    assert (spans[:count] - low).tolist() == places.tolist()


ENDLESS = ("/* ", '"""\\', "'''\\", "`\\", "'\\", '\\"k\\": ', "'x ", "` ", "# ", "#i", "// ", "x // a b", "-- ", "\\", "(")


@pytest.mark.parametrize("piece", ENDLESS)
def test_lexing_takes_time_in_proportion_to_the_text(piece: str) -> None:
    """A hundredth of a second; what looks for its end again and again takes several."""
    source = piece * (120_000 // len(piece))
    started = time.perf_counter()
    lexed(source)
    assert time.perf_counter() - started < 1.0


def test_a_gram_whose_key_is_another_ones_is_no_hit() -> None:
    grams, column = tides_index().code, as_column([ITEM])
    assert len(scan(column, tides_index(), "code")) > 20
    shifted = np.where(grams.table >= 0, (grams.table + 1) % len(grams.idf), -1).astype(np.int32)
    tampered = replace(tides_index(), code=replace(grams, table=shifted))
    assert len(scan(column, tampered, "code")) == 0


def test_disguised_code_is_found_within_prose_where_it_stands() -> None:
    before = "Ein Schiff fährt übers Meer. " * 200
    other = with_wide_brackets(renamed(ITEM))
    (match,) = match_text(f"{before}\n{other}\n{before}", tides_index(), ["code"])
    assert (match.item, match.coverage) == ("tides", 1.0)
    text, claimed = f"{before}\n{other}"[slice(*match.document_span)], ITEM[slice(*match.item_span)]
    assert (text, other.strip()[-len(text) :]) == (other.strip()[-len(text) :], text)
    assert claimed == ITEM.strip()[-len(claimed) :]
    assert len(shown(text)) == len(shown(claimed)) == match.longest_run


@pytest.mark.parametrize("filler", ["x = y[0] + 1\n", "x[y] = z; "], ids=["lines", "one line"])
def test_an_item_across_the_border_of_two_pieces_is_found(filler: str) -> None:
    """A long text is lexed in pieces; the windows across a border are lost, the item is not."""
    for offset in range(0, len(ITEM), 9):
        before = (filler * 30_000)[: (1 << 18) - offset - 1] + "\n"
        matches = match_text(f"{before}{ITEM}{filler * 50}", tides_index(), ["code"])
        assert [match.item for match in matches] == ["tides"], offset
        assert matches[0].coverage > 0.6
