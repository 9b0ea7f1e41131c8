"""The semantic tier: ranking and windows on a fake embedder, real paraphrases on the embedded model."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from decontam.audit import semantic
from decontam.audit.semantic import Candidate, Document, TransformerEmbedder, Vectors, export_for_judge, find_candidates
from decontam.records import Item
from evals.errors import BadInput

TEXTS = [
    "Return the larger of two numbers.",
    "Count the vowels in a sentence.",
    "Sort the words of a line by length.",
    "Convert degrees Celsius to Fahrenheit.",
    "Remove every duplicate from a list and keep the order.",
    "Say whether a year is a leap year.",
    "Sum the squares of all even integers below a limit.",
    "Find the shortest path through a maze of walls.",
    "Parse a date such as 2024-02-29 into its parts.",
    "Reverse the digits of an integer.",
]
ITEMS = [Item(key=f"suite/{number}", prompt=text) for number, text in enumerate(TEXTS)]


class HashedWords:
    """Counts of hashed words: what shares words is near. ``seen`` are the texts embedded, call by call."""

    name = "hashed words"

    def __init__(self, dimensions: int = 512) -> None:
        self._dimensions = dimensions
        self.seen: list[list[str]] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.seen.append(list(texts))
        vectors = np.zeros((len(texts), self._dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"\w+", text.lower()):
                vectors[row, zlib.crc32(word.encode()) % self._dimensions] += 1
        unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit


def documents(*texts: str) -> list[Document]:
    return [("train.jsonl", row, "prompt", text) for row, text in enumerate(texts, 1)]


def rows(found: Sequence[Candidate], item: str = "suite/0") -> list[int]:
    return [candidate.row for candidate in found if candidate.item == item]


def noise(count: int) -> list[Document]:
    """Texts out of the items' own words, several windows long each."""
    words = " ".join(TEXTS).split()
    generator = np.random.default_rng(0)
    return documents(*(" ".join(generator.choice(words, size=generator.integers(1, 60))) for _ in range(count)))


def test_the_nearest_texts_come_first_and_no_more_than_top_k() -> None:
    texts = ["Nothing of the kind.", "Return the larger of three numbers.", TEXTS[0], "the larger numbers"]
    found = find_candidates(ITEMS[:1], documents(*texts), HashedWords(), top_k=3)
    assert rows(found) == [3, 2, 4]
    assert [candidate.rank for candidate in found] == [1, 2, 3]
    assert found[0].cosine == 1.0
    assert found[0].cosine > found[1].cosine > found[2].cosine
    assert found[0].model_dump() == {
        "item": "suite/0",
        "part": "prompt",
        "file": "train.jsonl",
        "row": 3,
        "column": "prompt",
        "rank": 1,
        "cosine": 1.0,
        "embedder": "hashed words",
        "centered": False,
        "excerpt": TEXTS[0],
        "text": TEXTS[0],
    }


@pytest.mark.parametrize("block_windows", [1, 2, 7, 64])
def test_blocks_change_nothing(block_windows: int) -> None:
    stream = noise(80)
    whole = find_candidates(ITEMS, stream, HashedWords(), HashedWords(), window_words=8, block_windows=100_000)
    assert len(whole) == 30
    assert find_candidates(ITEMS, iter(stream), HashedWords(), window_words=8, block_windows=block_windows) == whole


def test_the_ranking_is_that_of_a_full_sort() -> None:
    stream = noise(80)
    embedder = HashedWords()
    found = find_candidates(ITEMS, stream, embedder, top_k=5, center=False, window_words=1000, block_windows=7)
    scores = embedder.embed(TEXTS) @ embedder.embed([text for _, _, _, text in stream]).T
    for number, item in enumerate(ITEMS):
        cosines = [candidate.cosine for candidate in found if candidate.item == item.key]
        assert cosines == pytest.approx(sorted(scores[number], reverse=True)[:5], abs=1e-4)


def test_a_block_bounds_what_is_embedded_at_once() -> None:
    embedder = HashedWords()
    find_candidates(ITEMS, documents("word " * 5000, *TEXTS), embedder, window_words=8, block_windows=10)
    assert max(map(len, embedder.seen[1:])) <= 10  # the first call is the items'


def test_the_order_is_items_then_parts_then_cosine_then_place() -> None:
    items = [Item(key="suite/b", prompt="alpha beta", answer="gamma"), Item(key="suite/a", prompt="delta", answer="alpha")]
    found = find_candidates(items, documents("alpha gamma", "gamma beta"), HashedWords(), HashedWords(), top_k=2)
    assert [(candidate.item, candidate.part, candidate.row) for candidate in found] == [
        ("suite/b", "prompt", 1),
        ("suite/b", "prompt", 2),
        ("suite/b", "answer", 1),
        ("suite/b", "answer", 2),
        ("suite/a", "prompt", 1),
        ("suite/a", "prompt", 2),
        ("suite/a", "answer", 1),
        ("suite/a", "answer", 2),
    ]


@pytest.mark.parametrize("block_windows", [1, 100])
def test_equal_texts_are_listed_once_at_their_first_place(block_windows: int) -> None:
    texts = ["something else", TEXTS[0], TEXTS[0], "the larger", TEXTS[0]]
    found = find_candidates(ITEMS[:1], documents(*texts), HashedWords(), top_k=2, block_windows=block_windows)
    assert rows(found) == [2, 4]


def test_a_passage_is_found_inside_a_long_text_and_excerpted() -> None:
    filler = "lorem ipsum dolor sit amet " * 200
    found = find_candidates(
        ITEMS[:1], documents(filler, filler + TEXTS[0] + filler), HashedWords(), window_words=16, block_windows=9
    )
    assert found[0].row == 2
    assert TEXTS[0].rstrip(".") in found[0].excerpt
    assert len(found[0].excerpt.split()) <= 16


def test_a_copy_of_a_long_item_is_near_wherever_the_windows_fall() -> None:
    long = " ".join(f"word{number}" for number in range(100))
    item = Item(key="suite/long", prompt=long)
    (found,) = find_candidates([item], documents("a few words before it " + long), HashedWords(), window_words=16)
    assert found.cosine > 0.6
    (exact,) = find_candidates([item], documents(long), HashedWords(), window_words=16)
    assert exact.cosine == 1.0


def test_every_word_is_in_a_window_and_windows_overlap() -> None:
    text = " ".join(map(str, range(100)))
    windows = list(semantic._windows(text, 10))
    assert {word for window in windows for word in window.split()} == set(text.split())
    assert all(set(left.split()) & set(right.split()) for left, right in pairwise(windows))
    assert list(semantic._windows(" \n\t", 10)) == []
    assert next(semantic._windows("x" * 100, 2)) == "x" * 48


def test_empty_texts_and_empty_items_have_no_candidates() -> None:
    assert find_candidates(ITEMS, [], HashedWords()) == []
    assert find_candidates([], documents(*TEXTS), HashedWords()) == []
    assert find_candidates([Item(key="suite/empty", prompt=" ")], documents(*TEXTS), HashedWords(), HashedWords()) == []
    assert rows(find_candidates(ITEMS[:1], documents("", " \n", TEXTS[0], ""), HashedWords())) == [3]


def test_answers_are_compared_only_where_there_is_a_code_embedder() -> None:
    items = [Item(key="suite/0", prompt="prose", answer="def add(a, b): return a + b")]
    found = find_candidates(items, documents("def add(a, b): return a + b"), HashedWords())
    assert [candidate.part for candidate in found] == ["prompt"]


def test_code_is_taken_out_of_its_fences() -> None:
    code = "def add(a, b):\n    return a + b\n"
    items = [Item(key="suite/0", answer=code)]
    fenced = f"Here is what you asked for.\n```python\n{code}```\nIt adds, as everybody will see."
    (found,) = find_candidates(items, documents(fenced), HashedWords(), HashedWords())
    assert found.cosine == 1.0
    assert found.excerpt == code.strip()


def test_a_minimum_shortens_the_list() -> None:
    texts = [TEXTS[0], "Return the larger of three numbers.", "unrelated"]
    found = find_candidates(ITEMS[:1], documents(*texts), HashedWords(), minimum=0.5)
    assert rows(found) == [1, 2]


def test_centering_takes_away_what_all_items_share() -> None:
    stem = "Write a Python function that will take the given input and then"
    items = [item.model_copy(update={"prompt": f"{stem} {item.prompt}"}) for item in ITEMS]
    stream = documents(f"{stem} print it.", TEXTS[0])
    assert rows(find_candidates(items, stream, HashedWords(), top_k=1, center=False)) == [1]
    centered = find_candidates(items, stream, HashedWords(), top_k=1, center=True)
    assert rows(centered) == [2]
    assert all(candidate.centered for candidate in centered)


def test_few_items_are_not_centered_and_the_record_says_so() -> None:
    found = find_candidates(ITEMS[: semantic.CENTER_LEAST - 1], documents(TEXTS[0]), HashedWords(), center=True)
    assert found[0].cosine == 1.0
    assert not any(candidate.centered for candidate in found)


def test_no_field_is_a_verdict() -> None:
    assert not {"leak", "verdict", "rule", "contaminated", "duplicate"} & set(Candidate.model_fields)


@pytest.mark.parametrize("wrong", [{"top_k": 0}, {"window_words": 1}, {"block_windows": 0}])
def test_numbers_out_of_range_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(BadInput, match=next(iter(wrong))):
        find_candidates(ITEMS, documents(*TEXTS), HashedWords(), **wrong)  # type: ignore[arg-type]


def test_the_export_is_canonical_and_names_its_purpose(tmp_path: Path) -> None:
    found = find_candidates(ITEMS, documents(*TEXTS, "größer\n\u2028 as ever"), HashedWords())
    export_for_judge(found, tmp_path / "pairs.jsonl")
    data = (tmp_path / "pairs.jsonl").read_bytes()
    pairs = [json.loads(line) for line in data.split(b"\n")[:-1]]
    assert len(pairs) == len(found) == len({pair["id"] for pair in pairs})
    assert list(pairs[0]) == sorted(pairs[0])
    assert (pairs[0]["item_text"], pairs[0]["training_text"]) == (TEXTS[0], TEXTS[0])
    assert "review only" in pairs[0]["note"]
    for word in ("paraphrase", "translation", "same task"):
        assert word in pairs[0]["question"]
    export_for_judge(found, tmp_path / "again.jsonl")
    assert (tmp_path / "again.jsonl").read_bytes() == data


def test_the_export_is_whole_or_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(first: Candidate) -> Iterator[Candidate]:
        yield first
        raise RuntimeError("cut off")

    found = find_candidates(ITEMS, documents(*TEXTS), HashedWords())
    with pytest.raises(RuntimeError, match="cut off"):
        export_for_judge(broken(found[0]), tmp_path / "pairs.jsonl")
    assert list(tmp_path.iterdir()) == []

    export_for_judge(found, tmp_path / "pairs.jsonl")
    before = (tmp_path / "pairs.jsonl").read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match=r"pairs\.jsonl"):
        export_for_judge(found[:1], tmp_path / "pairs.jsonl")
    assert [path.name for path in tmp_path.iterdir()] == ["pairs.jsonl"]
    assert (tmp_path / "pairs.jsonl").read_bytes() == before


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"config\.json"):
        TransformerEmbedder(str(tmp_path))
    with pytest.raises(BadInput, match="max_tokens"):
        TransformerEmbedder(max_tokens=1)


@pytest.fixture(scope="module")
def embedder(embedded_model: str) -> TransformerEmbedder:
    return TransformerEmbedder(embedded_model, device="cpu", max_tokens=32, batch_size=4)


@pytest.mark.model
def test_vectors_are_of_unit_length_and_independent_of_the_batch(embedder: TransformerEmbedder) -> None:
    together = embedder.embed([*TEXTS, "word " * 100, TEXTS[0]])
    assert together.dtype == np.float32
    assert together.shape[0] == 12
    assert np.linalg.norm(together, axis=1) == pytest.approx(1, abs=1e-5)
    alone = np.vstack([embedder.embed([text]) for text in TEXTS])
    assert together[:10] == pytest.approx(alone, abs=1e-4)
    assert together[11] == pytest.approx(together[0], abs=1e-4)
    assert embedder.embed([]).shape == (0, together.shape[1])
    assert embedder.embed([""]).tolist() == [[0.0] * together.shape[1]]


@pytest.mark.model
def test_the_end_of_a_long_text_counts(embedder: TransformerEmbedder) -> None:
    long = " ".join(TEXTS[:6])
    first, second = embedder.embed([f"{long} Say no.", f"{long} A quite different ending about a maze of walls and its paths."])
    assert not np.allclose(first, second, atol=1e-3)


@pytest.mark.model
def test_mean_pooling_is_over_the_tokens_that_are_no_padding(embedder: TransformerEmbedder) -> None:
    import torch

    ids = torch.tensor([embedder._tokenizer(TEXTS[1])["input_ids"]])
    with torch.inference_mode():
        mean = embedder._model(input_ids=ids).last_hidden_state[0].mean(0).numpy()
    vectors = embedder.embed([TEXTS[4], TEXTS[1], "no"])
    assert vectors[1] == pytest.approx(mean / np.linalg.norm(mean), abs=1e-4)


@pytest.mark.model
@pytest.mark.parametrize("center", [False, True])
def test_a_copy_and_a_light_paraphrase_rank_above_unrelated_rows(embedder: TransformerEmbedder, center: bool) -> None:
    unrelated = [
        "The committee will meet on Thursday to discuss the budget for the coming year.",
        "Boil the potatoes for twenty minutes, then drain them and add butter.",
        "Which river flows through the capital of Hungary?",
        "Write a poem about the sea in the style of a sailor.",
        "Translate the following sentence into French.",
    ]
    texts = [*unrelated[:3], "Count how many vowels there are in a sentence.", *unrelated[3:], TEXTS[1]]
    found = find_candidates(ITEMS, documents(*texts), embedder, top_k=3, center=center)
    assert rows(found, "suite/1")[:2] == [7, 4]
    assert next(candidate.cosine for candidate in found if candidate.item == "suite/1") == 1.0
