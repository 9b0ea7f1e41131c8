"""The compiled scan for windows of code tokens that look through renaming, comments and layout.

Comments and docstrings go, literals fold into one code for text and one for numbers, keywords, builtins and attribute names keep
their hash, and an own name is coded by how far back in the window it stood before (Baker 1993, parameterized matching: the same
classes as numbering names by first use). Statement ends, line breaks and trailing commas do not count. One lexer serves Python,
JavaScript, TypeScript, Java, C, C++, Go, Rust and SQL, mixed in one text, too: what opens a comment is told by what stands around
it.
Does not see reordered statements, other control flow or translations. Releases the GIL.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numba import njit, uint64

from decontam.kernels.codewords import KEPT
from decontam.kernels.literals import POWER as LITERALS_POWER
from decontam.kernels.literals import L, literal_key, literal_marks, literals_of
from decontam.kernels.text import BASE, MASKS, hash_bytes, mix, powers, safe_load
from decontam.kernels.vectors import byte_mask, code_mask, load64, name_mask, ones, trailing_zeros

U = np.uint64
W = 12  # code tokens in a window
_K1, _K3 = U(0x9E3779B97F4A7C15), U(0xC2B2AE3D27D4EB4F)
_PIECE = 1 << 18  # a longer text is lexed in pieces of this many bytes
_TEMPLATE = 4096  # bytes that a text within backticks may have
_MARGIN = 4096  # and a region of code this much before and after where it is dense

SPACE, NAME, DIGIT, QUOTE, SIGN = range(5)


def _classes() -> np.ndarray:
    table = np.full(256, SIGN, np.uint8)
    table[:33] = SPACE
    for c in range(128):
        if chr(c).isalpha() or chr(c) in "_$":
            table[c] = NAME
        if chr(c).isdigit():
            table[c] = DIGIT
    table[128:] = NAME
    for quote in "'\"`":
        table[ord(quote)] = QUOTE
    table[127] = SPACE
    return table


CLASSES = _classes()
_PAIRS = "== != <= >= += -= *= /= // ** -> => && || << >> ++ := ?? ?. %= &= |= ^=".split()
PAIRS = np.zeros(1 << 14, np.bool_)
for _pair in _PAIRS:
    PAIRS[ord(_pair[0]) << 7 | ord(_pair[1])] = True


def _seed(number: int) -> int:
    return int.from_bytes((number * 0x9E3779B97F4A7C15 ^ 0xD6E8FEB86659FD93).to_bytes(16, "little")[:8], "little")


_LOWER, _SPACES = U(0x2020202020202020), U(0x2020202020202020)
_TEXT, _NUMBER = U(_seed(1001)), U(_seed(1002))
_DIRECTIVES = ("if", "elif", "else", "include", "define", "ifdef", "ifndef", "endif", "pragma", "undef")
DIRECTIVES = np.array([int.from_bytes(word.encode(), "little") for word in _DIRECTIVES], np.uint64)
LITERALS = frozenset((int(_TEXT), int(_NUMBER)))
DISTANCE = np.array([_seed(2000 + n) for n in range(W)], np.uint64)  # code of a name that stood n tokens before; 0 is new


POWERS = powers(W)


@njit(nogil=True, cache=True)
def _kept_table(data, offsets):
    table = np.zeros(1 << 12, np.uint64)
    for n in range(len(offsets) - 1):
        capital = 65 <= data[offsets[n]] <= 90
        hash_ = hash_bytes(data, offsets[n], offsets[n + 1]) if capital else _lower_hash(data, offsets[n], offsets[n + 1])
        probe = hash_ & U(4095)
        while table[probe] != U(0):
            probe = (probe + U(1)) & U(4095)
        table[probe] = hash_
    return table


@cache
def kept_table() -> Any:
    """Hashes of the names that keep their meaning, as an open-addressing table of 4,096 slots."""
    names = [name.encode() for name in KEPT]
    data = np.frombuffer(b"".join(names), np.uint8)
    return _kept_table(data, np.cumsum([0, *map(len, names)]).astype(np.int64))


@njit(nogil=True, cache=True)
def _lower_hash(data, start, end):
    """Hash of a name, capitals like small letters; other bytes keep apart."""
    state = U(0)
    position = start
    while True:
        left = min(end - position, 8)
        if position + 8 <= len(data):
            chunk = load64(data, position) & MASKS[uint64(left)]
        else:
            chunk = safe_load(data, position, end)
        state = mix(state, chunk | (_LOWER & MASKS[uint64(left)]))
        position += 8
        if position >= end:
            return state


@njit(inline="always")
def _name_end(data, position, high, classes):
    """The first byte that is not a part of the name or number that stands at ``position``."""
    if position + 64 <= len(data):
        beyond = ~name_mask(data, position)
        if beyond:
            return min(position + np.int64(trailing_zeros(beyond)), high)
        position += 64
    while position < high and (classes[data[position]] == NAME or classes[data[position]] == DIGIT):
        position += 1
    return position


@njit(nogil=True, cache=True)
def _find(data, position, high, byte):
    """The next place of a byte from ``position`` on, ``high`` where there is none; 64 bytes at a time."""
    while position + 64 <= len(data) and position < high:
        mask = byte_mask(data, position, np.uint8(byte))
        if mask:
            return min(position + np.int64(trailing_zeros(mask)), high)
        position += 64
    while position < high and data[position] != byte:
        position += 1
    return min(position, high)


@njit(nogil=True, cache=True)
def _closing(data, position, high, quote):
    """Where a text that began before ``position`` ends (after its quote), or -1: not on its line, or too far for a template."""
    limit = position + _TEMPLATE
    while position < high:
        byte = data[position]
        if quote == 96 and position >= limit:
            return -1
        if byte == 92:
            position += 2
        elif byte == quote:
            return position + 1
        elif byte == 10 and quote != 96:
            return -1
        else:
            position += 1
    return -1


@njit(nogil=True, cache=True)
def _closing_triple(data, position, high, quote):
    """Where a text within triple quotes ends, or -1."""
    begin = position
    while True:
        position = _find(data, position, high, quote)
        if position + 2 >= high:
            return -1
        slashes = 0
        while position - slashes > begin and data[position - slashes - 1] == 92:
            slashes += 1
        if slashes & 1:
            position += 1
        elif data[position + 1] == quote and data[position + 2] == quote:
            return position + 3
        else:
            position += 1


@njit(nogil=True, cache=True)
def _line_end(data, position, high):
    return _find(data, position, high, 10)


@njit(nogil=True, cache=True)
def _ends_line(data, position, high):
    """Whether nothing but white space, a semicolon or a comment follows on the line."""
    while position < high:
        byte = data[position]
        if byte == 10 or byte == 35:
            return True
        if byte > 32 and byte != 59:
            return False
        position += 1
    return True


@njit(inline="always")
def _is_kept(kept, hash_):
    probe = hash_ & U(4095)
    while kept[probe] != U(0) and kept[probe] != hash_:
        probe = (probe + U(1)) & U(4095)
    return kept[probe] == hash_


@njit(inline="always")
def _is_access(code):
    """Whether a token is what an attribute's name follows at once: ``.``, ``->`` or ``?.``."""
    return code == U(46) or code == U(45 << 8 | 62) or code == U(63 << 8 | 46)


@njit(inline="always")
def _is_letter(byte):
    return 97 <= (byte | 0x20) <= 122


@njit(nogil=True, cache=True)
def _is_remark(data, position, high, fresh, before):
    """Whether ``//`` opens a comment and is not a floor division: after a statement, or where two words follow one another."""
    if fresh or before == 59 or before == 123 or before == 125 or before == 44:  # ; { } ,
        return True
    position += 2
    for word in range(2):
        while position < high and data[position] == 32:
            position += 1
        begin = position
        while position < high and (_is_letter(data[position]) or data[position] == 39):
            position += 1
        size = position - begin
        if size == 0 or (position < high and data[position] > 32):
            return False
        if word == 1 and size <= 4:
            first, second = data[begin], data[begin + 1] if size > 1 else np.uint8(0)
            two = size == 2 and ((first == 105 and (second == 102 or second == 110 or second == 115)) or first == 111)
            three = size == 3 and ((first == 97 and second == 110) or (first == 110 and second == 111) or first == 102)
            if two or three or (size == 4 and first == 101):  # if, in, is, or; and, not, for; else: an expression goes on
                return False
    return True


@njit(nogil=True, cache=True)
def _is_directive(data, position, low, high, fresh, classes):
    """Whether ``#`` opens a directive of the C preprocessor, a Rust attribute or a private name rather than a comment."""
    begin = position + 1
    if (begin < high and data[begin] == 91) or (position > low and data[position - 1] == 46):  # #[attribute], this.#name
        return True
    if not fresh or begin >= high or classes[data[begin]] != NAME:
        return False
    end = _name_end(data, begin, high, classes)
    if end - begin > 8:
        return False
    word = safe_load(data, begin, end)
    for known in range(len(DIRECTIVES)):
        if word == DIRECTIVES[known]:
            if known >= 3:
                return True
            last = _line_end(data, end, high) - 1  # if, elif, else: a colon at the end makes it Python, out of use
            while last > end and data[last] <= 32:
                last -= 1
            return data[last] != 58
    return False


@njit(nogil=True, cache=True)
def lex(data, low, high, classes, pairs, kept, keep_texts, values, spans):
    """Tokens of a region. Fills ``values`` (uint64, 2 columns: code or 0, hash of an own name or 0) and ``spans`` (bytes).

    Both need a row a byte of the region. Returns the number of tokens.
    """
    count, depth = 0, 0
    position = low
    fresh = True  # nothing on this line yet
    unclosed = np.zeros(4, np.int64)  # by kind of quote (" 2, ' 3, ` 0): none ends before this byte
    open_triple = np.ones(2, np.bool_)
    closes = True  # until a /* is met that no */ follows: looked for once, not at every /*
    before = np.uint8(0)  # last byte of what stands before on the line
    while position < high:
        byte = data[position]
        kind = classes[byte]
        begin = position
        code, own = U(0), U(0)
        if kind == SPACE:
            if byte == 10 and (position == low or data[position - 1] != 92):
                fresh = True
            position += 1
            while position + 8 <= high and load64(data, position) == _SPACES:
                position += 8
            continue
        if kind == NAME:
            position = _name_end(data, position, high, classes)
            if position - begin <= 2 and position < high and classes[data[position]] == QUOTE and data[position] != 96:
                prefix = True
                for at in range(begin, position):
                    lower = data[at] | 0x20
                    if not (lower == 114 or lower == 98 or lower == 102 or lower == 117):  # r b f u
                        prefix = False
                if prefix:
                    continue
            hash_ = _lower_hash(data, begin, position)
            if count and spans[count - 1, 1] == begin and _is_access(values[count - 1, 0]):
                code = hash_
            else:
                if _is_kept(kept, hash_):
                    code = hash_
                else:
                    own = hash_bytes(data, begin, position)
                    if data[begin] <= 90 and _is_kept(kept, own):  # SQL in capitals
                        code, own = own, U(0)
        elif kind == DIGIT:
            position = _name_end(data, position, high, classes)
            while position + 1 < high:
                next_, exponent = (
                    data[position],
                    data[position - 1] | 0x20 == 101 and data[begin + 1] | 0x20 != 120,
                )  # 1e-5, not 0xe-5
                point = next_ == 46 and classes[data[position + 1]] == DIGIT
                if not (point or ((next_ == 43 or next_ == 45) and exponent)):
                    break
                position = _name_end(data, position + 1, high, classes)
            code = _NUMBER
        elif kind == QUOTE:
            end = np.int64(-1)
            if byte == 96 and position + 2 < high and data[position + 1] == 96 and data[position + 2] == 96:
                position = _line_end(data, position, high)  # a fence
                continue
            if byte != 96 and position + 2 < high and data[position + 1] == byte and data[position + 2] == byte:
                # What was looked for once and not found is not looked for again: time stays in proportion to the text.
                end = _closing_triple(data, position + 3, high, byte) if open_triple[byte & 1] else np.int64(-1)
                if end < 0:
                    open_triple[byte & 1] = False
                    position += 3
                    continue
            elif position >= unclosed[byte & 3]:
                end = _closing(data, position + 1, high, byte)
                if end < 0:
                    unclosed[byte & 3] = min(position + _TEMPLATE, high) if byte == 96 else _line_end(data, position, high)
            if end < 0 or end > high:
                position += 1
                continue
            position = end
            if fresh and depth <= 0 and not keep_texts and _ends_line(data, position, high):
                continue  # a docstring, or another text that nobody uses
            fresh = False
            if count and values[count - 1, 0] == _TEXT:
                spans[count - 1, 1] = position
                continue
            code = _TEXT
        else:
            next_ = data[position + 1] if position + 1 < high else np.uint8(0)
            if byte == 35 and not _is_directive(data, position, low, high, fresh, classes):
                position = _line_end(data, position, high)
                continue
            if byte == 47 and next_ == 47 and _is_remark(data, position, high, fresh, before):
                position = _line_end(data, position, high)
                continue
            if byte == 47 and next_ == 42 and closes:
                end = position + 2
                while end + 1 < high and not (data[end] == 42 and data[end + 1] == 47):
                    end += 1
                if end + 1 < high:
                    position = end + 2
                    continue
                closes = False
            if (
                byte == 45
                and next_ == 45
                and (fresh or data[position - 1] <= 32)
                and position + 2 < high
                and data[position + 2] <= 32
            ):
                position = _line_end(data, position, high)
                continue
            position += 1
            if byte == 59 or byte == 92 or byte == 35:
                before = byte
                continue
            code = uint64(byte)
            if byte < 128 and next_ < 128 and pairs[np.int64(byte) << 7 | np.int64(next_)]:
                code = code << U(8) | uint64(next_)
                position += 1
            elif byte == 40 or byte == 91 or byte == 123:
                depth += 1
            elif byte == 41 or byte == 93 or byte == 125:
                depth = max(depth - 1, 0)
                if count and values[count - 1, 0] == U(44):  # a trailing comma is layout
                    count -= 1
        fresh = False
        before = data[position - 1]
        values[count, 0], values[count, 1] = code, own
        spans[count, 0], spans[count, 1] = begin, position
        count += 1
        if position < high:
            position += np.int64(data[position] == 32)  # one space more often than not: no branch to guess
    return count


@njit(nogil=True, cache=True)
def window_codes(values, first, out):
    """The W codes of the window from token ``first`` on, own names by their distance."""
    for k in range(W):
        own = values[first + k, 1]
        if own == U(0):
            out[k] = values[first + k, 0]
            continue
        distance = 0
        for back in range(1, k + 1):
            if values[first + k - back, 1] == own:
                distance = back
                break
        out[k] = DISTANCE[distance]


@njit(inline="always")
def _key(hash_):
    key = (hash_ + _K3) * _K1
    return key ^ (key >> U(32))


@njit(nogil=True, cache=True)
def window_keys(values, count, keys, later):
    """Keys of all windows, by first token, into ``keys``; rolling, so that a window costs the same whatever W is.

    ``later`` is room for the distance to the next use of a name, 0 if none within a window.
    """
    total = U(0)
    for token in range(count):
        later[token] = 0
        own = values[token, 1]
        value = values[token, 0]
        if own != U(0):
            distance = 0
            for back in range(1, min(W, token + 1)):
                if values[token - back, 1] == own:
                    distance = back
                    later[token - back] = back
                    break
            value = DISTANCE[distance]
        total = total * BASE + value
        gone = token - W
        if gone >= 0:
            # The token that leaves counts as a new name; the next use of its name is new from now on.
            left = values[gone, 0] if values[gone, 1] == U(0) else DISTANCE[0]
            total -= left * POWERS[W]
            if later[gone]:
                total += (DISTANCE[0] - DISTANCE[later[gone]]) * POWERS[W - later[gone]]
        if token >= W - 1:
            keys[token - W + 1] = _key(total)


@njit(nogil=True, cache=True)
def all_window_keys(values):
    """Keys of all windows of a text's tokens, by first token."""
    keys, later = np.empty(len(values), np.uint64), np.empty(len(values), np.int64)
    window_keys(values, len(values), keys, later)
    return keys[: max(len(values) - W + 1, 0)]


@njit(nogil=True, cache=True)
def _code_region(data, low, high):
    """First and last byte of where code stands densely, or (-1, -1): 12 of its signs in 512 bytes, or in a shorter text 2%."""
    first, last = np.int64(-1), np.int64(-1)
    if high - low < 512:
        signs = 0
        for position in range(low, high):
            byte = data[position]
            signs += byte in (40, 41, 91, 93, 123, 125, 61, 59, 95, 60, 62)
        if signs >= 4 and signs * 50 >= high - low:
            return low, high
        return first, last
    recent = np.zeros(8, np.int64)
    block, total = 0, 0
    position = low
    while position + 64 <= high:
        signs = np.int64(ones(code_mask(data, position)))
        total += signs - recent[block & 7]
        recent[block & 7] = signs
        if total >= 12:
            if first < 0:
                first = max(position - 448, low)
            last = position + 64
        block += 1
        position += 64
    return first, last


@cache
def marks() -> Any:
    """Codes of the tokens that are literals."""

    def name_hash(name: bytes) -> int:
        return int(_lower_hash(np.frombuffer(name, np.uint8), 0, len(name)))

    return literal_marks(int(_TEXT), int(_NUMBER), name_hash)


def scan_code(data, offsets, *tables):
    """All verified windows of the index in the values of one column, of tokens and of literals.

    Args:
        data: bytes of all values.
        offsets: n + 1 int64.
        tables: bitmap and its shift; keys and grams of the table and its shift; the W codes of each gram (of a gram of literals
            their L hashes, and zeros); CLASSES, PAIRS, the table of kept names, and the codes that are literals.

    Returns:
        int64 rows (value, gram, ordinal of the window's first token in the value, first byte, end byte in the value).
    """
    hits = np.empty((max(4096, len(data) // 4), 5), np.int64)  # what is not filled takes no memory
    while True:
        count = _scan(data, offsets, hits, *tables)
        if count <= len(hits):
            return hits[:count]
        hits = np.empty((count, 5), np.int64)


@njit(nogil=True, cache=True)
def _same_window(values, token, codes, wanted):
    window_codes(values, token, codes)
    for k in range(W):
        if codes[k] != wanted[k]:
            return False
    return True


@njit(nogil=True, cache=True)
def _same_literals(literals, first, wanted):
    for k in range(L):
        if literals[first + k] != wanted[k]:
            return False
    return wanted[L] == U(0)


@njit(nogil=True, cache=True)
def _scan(data, offsets, hits, bitmap, bitmap_shift, keys, grams, table_shift, gram_codes, classes, pairs, kept, marks):
    """Fill ``hits`` as far as it goes; returns how many there are."""
    total = 0
    room = 16
    for value in range(len(offsets) - 1):
        room = max(room, min(offsets[value + 1] - offsets[value], _PIECE) + 16)
    values, spans = np.empty((room, 2), np.uint64), np.empty((room, 2), np.int64)
    windows, later = np.empty(room, np.uint64), np.empty(room, np.int64)
    codes = np.empty(W, np.uint64)
    literals, places = np.empty(room, np.uint64), np.empty(room, np.int64)
    table_mask = uint64(len(keys) - 1)
    for value in range(len(offsets) - 1):
        low, end = offsets[value], offsets[value + 1]
        ordinal = 0
        start = low
        while start < end:
            stop = min(start + _PIECE, end)
            if stop < end:
                cut = stop
                while cut > start and data[cut - 1] != 10:
                    cut -= 1
                stop = cut if cut > start else stop
            first, last = _code_region(data, start, stop)
            if first >= 0:
                first, last = max(first - _MARGIN, start), min(last + _MARGIN, stop)
                while first > start and data[first - 1] != 10:
                    first -= 1
                count = lex(data, first, last, classes, pairs, kept, False, values, spans)
                window_keys(values, count, windows, later)
                for token in range(count - W + 1):
                    key = windows[token]
                    bit = key >> bitmap_shift
                    if not (bitmap[bit >> U(6)] >> (bit & U(63))) & U(1):
                        continue
                    probe = key >> table_shift
                    while grams[probe] >= 0:
                        if keys[probe] == key and _same_window(values, token, codes, gram_codes[grams[probe]]):
                            if total < len(hits):
                                hits[total, 0], hits[total, 1], hits[total, 2] = value, grams[probe], ordinal + token
                                hits[total, 3], hits[total, 4] = spans[token, 0] - low, spans[token + W - 1, 1] - low
                            total += 1
                            break
                        probe = (probe + U(1)) & table_mask
                if marks[0] != U(0):
                    used = literals_of(data, values, spans, count, marks, literals, places)
                    rolling = U(0)
                    for n in range(used):
                        rolling = rolling * BASE + literals[n]
                        if n >= L:
                            rolling -= literals[n - L] * LITERALS_POWER
                        if n < L - 1:
                            continue
                        key = literal_key(rolling)
                        bit = key >> bitmap_shift
                        if not (bitmap[bit >> U(6)] >> (bit & U(63))) & U(1):
                            continue
                        probe = key >> table_shift
                        while grams[probe] >= 0:
                            if keys[probe] == key and _same_literals(literals, n - L + 1, gram_codes[grams[probe]]):
                                if total < len(hits):
                                    hits[total, 0], hits[total, 1], hits[total, 2] = value, grams[probe], ordinal + n - L + 1
                                    hits[total, 3] = spans[places[n - L + 1], 0] - low
                                    hits[total, 4] = spans[places[n], 1] - low
                                total += 1
                                break
                            probe = (probe + U(1)) & table_mask
                ordinal += count + W  # so that no run crosses pieces
            start = stop
    return total


@njit(nogil=True, cache=True)
def lex_regions(data, lows, highs, classes, pairs, kept, keep_texts):
    """Tokens of regions of a text, each as if it stood alone: values (n, 2), byte spans (n, 2), and where each region's begin."""
    room, count = np.int64(16), 0
    for region in range(len(lows)):
        room += highs[region] - lows[region]
    values, spans = np.empty((room, 2), np.uint64), np.empty((room, 2), np.int64)
    bounds = np.zeros(len(lows) + 1, np.int64)
    for region in range(len(lows)):
        count += lex(data, lows[region], highs[region], classes, pairs, kept, keep_texts, values[count:], spans[count:])
        bounds[region + 1] = count
    return values[:count].copy(), spans[:count].copy(), bounds


def lex_text(data: Any) -> tuple[Any, Any]:
    """Tokens of one text, whole: values (n, 2) and byte spans (n, 2)."""
    low, high = np.zeros(1, np.int64), np.full(1, len(data), np.int64)
    return lex_regions(data, low, high, CLASSES, PAIRS, kept_table(), False)[:2]  # type: ignore[no-any-return]
