"""The compiled scoring of hits: for each text and each part of a holdout item, the best window and its evidence.

Works for both channels; a gram is 8 words or 12 code tokens. Releases the GIL.
"""

from __future__ import annotations

import numpy as np
from numba import njit

VALUE, PART, FIRST, LAST, GRAMS, UNIQUE, RUN_FIRST, RUN_LAST, FIELDS = range(9)


@njit(nogil=True, cache=True)
def score(hits, posting_starts, posting_parts, idf, unique, part_weight, part_tokens, least_grams, least_coverage):
    """Parts of items that a text covers.

    A window is twice the part's tokens and 64 more, so that added comments do not hide it and a long text does not add up
    scattered grams. Within it coverage is the idf-weighted share of the part's grams. A gram of weight 0 is boilerplate: it does
    not count, but where it goes on behind the window it belongs to it, since what it holds (a number, a text) is evidence, too.

    ``hits`` are rows (value, gram, ordinal, first byte, end byte) as the scans give them; ``posting_*`` list the parts of each
    gram; ``idf`` and ``unique`` are by gram, ``part_*`` by part; the rest are thresholds.

    Returns:
        int64 rows with the columns named above, where FIRST to LAST (inclusive) and RUN_FIRST to RUN_LAST are rows of ``order``;
        the coverages; and ``order``, hit rows grouped by text and part.
    """
    size, room = 0, 64
    rows = np.empty((room, FIELDS), np.int64)
    coverages = np.empty(room, np.float64)
    order = np.empty(max(len(hits), 16), np.int64)
    ordered = 0
    counts = np.zeros(len(part_weight), np.int64)
    fills = np.zeros(len(part_weight), np.int64)
    touched = np.empty(len(part_weight), np.int64)
    seen = np.zeros(len(idf), np.int64)
    begin = 0
    while begin < len(hits):
        value = hits[begin, 0]
        end = begin
        parts = 0
        while end < len(hits) and hits[end, 0] == value:
            gram = hits[end, 1]
            for posting in range(posting_starts[gram], posting_starts[gram + 1]):
                part = posting_parts[posting]
                if counts[part] == 0:
                    touched[parts] = part
                    parts += 1
                counts[part] += 1
            end += 1
        need = 0
        for k in range(parts):
            part = touched[k]
            if counts[part] >= least_grams:
                fills[part] = ordered + need
                need += counts[part]
            else:
                fills[part] = -1
        if need:
            if ordered + need > len(order):
                longer = np.empty(2 * (ordered + need), np.int64)
                longer[:ordered] = order[:ordered]
                order = longer
            for hit in range(begin, end):
                gram = hits[hit, 1]
                for posting in range(posting_starts[gram], posting_starts[gram + 1]):
                    part = posting_parts[posting]
                    if fills[part] >= 0:
                        order[fills[part]] = hit
                        fills[part] += 1
            for k in range(parts):
                part = touched[k]
                if fills[part] < 0:
                    continue
                high = fills[part]
                low = high - counts[part]
                width = 2 * part_tokens[part] + 64
                weight, grams, uniques = 0.0, 0, 0
                best_weight, best_first, best_last, best_grams, best_unique = -1.0, low, low, 0, 0
                left = low
                for right in range(low, high):
                    gram = hits[order[right], 1]
                    if seen[gram] == 0:
                        weight += idf[gram]
                        grams += idf[gram] > 0
                        uniques += unique[gram]
                    seen[gram] += 1
                    while hits[order[right], 2] - hits[order[left], 2] > width:
                        old = hits[order[left], 1]
                        seen[old] -= 1
                        if seen[old] == 0:
                            weight -= idf[old]
                            grams -= idf[old] > 0
                            uniques -= unique[old]
                        left += 1
                    if weight > best_weight + 1e-9:
                        best_weight, best_first, best_last, best_grams, best_unique = weight, left, right, grams, uniques
                for at in range(left, high):
                    seen[hits[order[at], 1]] = 0
                coverage = best_weight / part_weight[part]
                if coverage < least_coverage or best_grams < least_grams:
                    continue
                while (
                    best_last + 1 < high
                    and idf[hits[order[best_last + 1], 1]] == 0
                    and hits[order[best_last + 1], 2] - hits[order[best_first], 2] <= width
                ):
                    best_last += 1
                run_first, run_last, start = best_first, best_first, best_first
                for at in range(best_first + 1, best_last + 1):
                    if hits[order[at], 2] != hits[order[at - 1], 2] + 1:
                        start = at
                    if at - start > run_last - run_first:
                        run_first, run_last = start, at
                if size == room:
                    room *= 2
                    more = np.empty((room, FIELDS), np.int64)
                    more[:size] = rows
                    rows = more
                    longer_coverages = np.empty(room, np.float64)
                    longer_coverages[:size] = coverages
                    coverages = longer_coverages
                rows[size, VALUE], rows[size, PART] = value, part
                rows[size, FIRST], rows[size, LAST] = best_first, best_last
                rows[size, GRAMS], rows[size, UNIQUE] = best_grams, best_unique
                rows[size, RUN_FIRST], rows[size, RUN_LAST] = run_first, run_last
                coverages[size] = coverage
                size += 1
            ordered += need
        for k in range(parts):
            counts[touched[k]] = 0
        begin = end
    return rows[:size], coverages[:size], order[:ordered]
