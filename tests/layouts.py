"""A corpus of layouts that training data come in: each puts one text into a row, or all rows into a file.

``ROWS``: from a text to a JSON value, one line of JSONL. ``FILES``: from texts to the bytes of a file of a name.
"""

from __future__ import annotations

import base64
import bz2
import csv
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

Row = Callable[[str], Any]
YES = "Yes, please go on with that."
FRENCH = "Ça été déjà vérifié à l'école, où élèves et maîtres étaient très gênés."


def user(text: Any, **more: Any) -> dict[str, Any]:
    return {"role": "user", "content": text, **more}


def assistant(text: Any, **more: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": text, **more}


def pieces(text: str, count: int) -> list[str]:
    words = text.split(" ")
    size = -(-len(words) // count)
    return [" ".join(words[begin : begin + size]) for begin in range(0, len(words), size)]


ROWS: dict[str, Row] = {
    "plain text": lambda t: {"id": "r-1", "text": t},
    "alpaca instruction": lambda t: {"instruction": t, "input": "", "output": YES},
    "alpaca output": lambda t: {"instruction": YES, "input": "", "output": t},
    "dolly": lambda t: {"instruction": YES, "context": t, "response": YES, "category": "closed_qa"},
    "sharegpt": lambda t: {"conversations": [{"from": "human", "value": t}, {"from": "gpt", "value": YES}]},
    "sharegpt tools": lambda t: {
        "conversations": [{"from": "function_call", "value": json.dumps({"name": "f", "arguments": {"q": t}})}], "tools": "[]",
    },
    "openai messages": lambda t: {"messages": [user(YES), assistant(t)]},
    "openai parts": lambda t: {"messages": [user([{"type": "text", "text": YES}, {"type": "input_text", "text": t}])]},
    "openai tool calls": lambda t: {
        "messages": [user(YES), assistant(None, tool_calls=[{"id": "c", "function": {"name": "f", "arguments": t}}])]
    },
    "flat tool calls": lambda t: {"messages": [user(YES), assistant("", tool_calls=[{"name": "run", "arguments": {"code": t}}])]},
    "function call": lambda t: {"messages": [user(YES), assistant(None, function_call={"name": "f", "arguments": t})]},
    "tool result": lambda t: {"messages": [user(YES), {"role": "tool", "tool_call_id": "c", "output": t}]},
    "responses api": lambda t: {
        "input": [user(YES)], "output": [{"type": "message", "content": [{"type": "output_text", "text": t}]}],
    },
    "batch input": lambda t: {"custom_id": "q-1", "method": "POST", "url": "/v1/chat", "body": {"messages": [user(t)]}},
    "batch output": lambda t: {"custom_id": "q-1", "response": {"body": {"choices": [{"message": assistant(t)}]}}},
    "completions": lambda t: {"id": "c", "choices": [{"index": 0, "text": t, "logprobs": None}]},
    "anthropic blocks": lambda t: {"system": YES, "messages": [user([{"type": "text", "text": t}])]},
    "anthropic tool use": lambda t: {
        "messages": [user(YES), assistant([{"type": "tool_use", "id": "t", "name": "py", "input": {"code": t}}])]
    },
    "anthropic tool result": lambda t: {
        "messages": [user([{"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": t}]}])]
    },
    "anthropic thinking": lambda t: {"messages": [user(YES), assistant([{"type": "thinking", "thinking": t, "signature": "x"}])]},
    "anthropic legacy": lambda t: {"prompt": f"\n\nHuman: {t}\n\nAssistant:", "completion": YES},
    "gemini": lambda t: {
        "systemInstruction": {"parts": [{"text": YES}]},
        "contents": [{"role": "user", "parts": [{"text": t}]}, {"role": "model", "parts": [{"text": YES}]}],
    },
    "gemini function call": lambda t: {
        "contents": [{"role": "model", "parts": [{"functionCall": {"name": "f", "args": {"query": t}}}]}]
    },
    "palm": lambda t: {"context": "", "examples": [{"input": {"content": YES}, "output": {"content": t}}]},
    "cohere": lambda t: {"chat_history": [{"role": "USER", "message": t}], "message": YES},
    "xtuner": lambda t: {"id": "row", "conversation": [{"system": YES, "input": YES, "output": t}]},
    "firefly": lambda t: {"kind": "QA", "input": YES, "target": t},
    "moss": lambda t: {"conversation_id": 1, "chat": {"turn_1": {"Human": t, "MOSS": YES}}},
    "belle": lambda t: {"instruction": YES, "input": t, "output": ""},
    "llama-factory history": lambda t: {"instruction": YES, "output": YES, "history": [[t, YES], [YES, YES]]},
    "llama-factory ranking": lambda t: {"instruction": YES, "output": [YES, t]},
    "preference texts": lambda t: {"prompt": YES, "chosen": t, "rejected": YES},
    "preference messages": lambda t: {"prompt": [user(YES)], "chosen": [assistant(YES)], "rejected": [assistant(t)]},
    "kto": lambda t: {"prompt": [user(t)], "completion": [assistant(YES)], "label": True},
    "step rewards": lambda t: {"prompt": YES, "completions": [YES, t], "labels": [True, False]},
    "hh-rlhf": lambda t: {"chosen": f"\n\nHuman: {YES}\n\nAssistant: {t}", "rejected": YES},
    "ultrachat": lambda t: {"id": "0", "data": [YES, t, YES]},
    "ultrafeedback": lambda t: {"instruction": YES, "completions": [{"model": "m", "response": t, "annotations": {}}]},
    "oasst tree": lambda t: {
        "prompt": {"text": YES, "replies": [{"text": YES, "replies": [{"text": t, "role": "prompter", "replies": []}]}]}
    },
    "oasst message": lambda t: {"message_id": "m", "parent_id": None, "text": t, "role": "prompter"},
    "squad": lambda t: {
        "title": "A", "paragraphs": [{"context": YES, "qas": [{"question": t, "id": "q", "answers": [{"text": "x"}]}]}],
    },
    "coqa": lambda t: {"story": YES, "questions": [{"input_text": t, "turn_id": 1}], "answers": [{"input_text": YES}]},
    "natural questions": lambda t: {"question": {"text": YES}, "annotations": {"short_answers": [{"text": [t]}]}},
    "swe-bench": lambda t: {"instance_id": "a__b-1", "problem_statement": t, "patch": "--- a\n+++ b", "FAIL_TO_PASS": "[]"},
    "agent trajectory": lambda t: {"instance_id": "a", "trajectory": [{"action": "ls", "observation": t, "thought": YES}]},
    "harbor": lambda t: {"task": {"instruction.md": YES, "tests/test_state.py": "assert True", "solution/solve.sh": t}},
    "notebook row": lambda t: {"cells": [{"cell_type": "code", "source": t.splitlines(keepends=True), "outputs": []}]},
    "the stack": lambda t: {"hexsha": "ab12", "size": 3, "max_stars_repo_name": "a/b", "content": t},
    "fill in the middle": lambda t: {"prefix": "def f():", "middle": t, "suffix": "return"},
    "commits": lambda t: {"commit": "ab12", "old_contents": "", "new_contents": t, "subject": "Add it"},
    "code contests": lambda t: {"name": "p", "solutions": {"language": [3], "solution": [t]}, "description": YES},
    "apps": lambda t: {"problem_id": 1, "question": YES, "solutions": json.dumps([t], ensure_ascii=False)},
    "mbpp tests": lambda t: {"task_id": 1, "code": "pass", "test_list": ["assert f(1) == 2", t]},
    "magicoder": lambda t: {"lang": "python", "raw_index": 1, "seed": "", "problem": t, "solution": YES},
    "reasoning": lambda t: {"messages": [user(YES), assistant(YES, reasoning=t)]},
    "reasoning details": lambda t: {"messages": [assistant(YES, reasoning_details=[{"type": "reasoning.text", "text": t}])]},
    "capitals": lambda t: {"ID": "k", "Messages": [{"Role": "user", "Content": t}]},
    "utterances": lambda t: {"dialogue_id": "d", "turns": [{"speaker": "U", "utterance": t}]},
    "mt-bench": lambda t: {"question_id": 81, "category": "writing", "turns": [YES, t]},
    "nested data": lambda t: {"meta": {"source": {"name": "x"}, "body": {"sections": [{"paras": [[YES], [t]]}]}}},
    "translation": lambda t: {"translation": {"de": YES, "en": t}},
    "stack exchange": lambda t: {"qid": 1, "question": YES, "answers": [{"answer_id": 2, "text": t, "pm_score": 3}]},
    "comment tree": lambda t: {"title": YES, "children": [{"body": YES, "children": [{"body": t}]}]},
    "chat export": lambda t: {"user": "U1", "ts": "1.0", "blocks": [{"elements": [{"elements": [{"type": "text", "text": t}]}]}]},
    "open telemetry": lambda t: {"attributes": [{"key": "gen_ai.prompt", "value": {"stringValue": t}}], "spanId": "a"},
    "langchain run": lambda t: {"inputs": {"messages": [[{"lc": 1, "kwargs": {"content": t, "type": "human"}}]]}},
    "lm-eval sample": lambda t: {"doc_id": 0, "doc": {"q": YES}, "arguments": {"gen_args_0": {"arg_0": t}}, "resps": [["x"]]},
    "label studio": lambda t: {"id": 1, "data": {"title": "x"}, "annotations": [{"result": [{"value": {"text": [t]}}]}]},
    "retrieval passages": lambda t: {"query": YES, "passages": {"is_selected": [0, 1], "passage_text": [YES, t]}},
    "answers by question": lambda t: {"faq": {t: "Yes"}},
    "list of cells": lambda t: ["r-1", t, 3],
    "bare string": lambda t: t,
    "text in the id": lambda t: {"id": t},
    "lines of a page": lambda t: {"lines": pieces(t, 6)},
    "five turns": lambda t: {"messages": [user(part) if n % 2 else assistant(part) for n, part in enumerate(pieces(t, 5))]},
    "words": lambda t: {"tokens": t.split(" "), "tags": [1] * len(t.split(" "))},
    "unknown keys beside an id": lambda t: {"id": "a", "zzz": [{"qqq": t}]},
    "mixed types": lambda t: {"a": 1 if len(t) % 2 else "x", "deep": [1, None, {"k": [[{"v": t}]]}]},
}  # fmt: skip


def jsonl(texts: Sequence[str]) -> bytes:
    return b"".join(json.dumps({"text": text}, ensure_ascii=False).encode() + b"\n" for text in texts)


def table(column: Any, name: str = "payload") -> pa.Table:
    return pa.table({"id": [f"r-{n}" for n in range(len(column))], name: column})


def parquet(data: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(data, sink)
    return sink.getvalue()


def arrow(data: pa.Table, *, stream: bool = True) -> bytes:
    sink = io.BytesIO()
    with (pa.ipc.new_stream if stream else pa.ipc.new_file)(sink, data.schema) as out:
        out.write_table(data)
    return sink.getvalue()


def separated(texts: Sequence[str], delimiter: str = ",", header: bool = True) -> bytes:
    sink = io.StringIO()
    out = csv.writer(sink, delimiter=delimiter)
    out.writerows([["n", "body"]] * header + [[str(n), text] for n, text in enumerate(texts)])
    return sink.getvalue().encode()


def zipped(name: str, data: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr(name, data)
    return sink.getvalue()


def tarred(name: str, data: bytes, mode: Any = "w:gz") -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode=mode) as out:
        member = tarfile.TarInfo(name)
        member.size = len(data)
        out.addfile(member, io.BytesIO(data))
    return sink.getvalue()


def union(texts: Sequence[str], mode: str) -> pa.Array:
    count = len(texts)
    codes = pa.array([n % 2 for n in range(count)], pa.int8())
    numbers, strings = pa.array(range(count), pa.int64()), pa.array(texts)
    if mode == "sparse":
        return pa.UnionArray.from_sparse(pa.array([1] * count, pa.int8()), [numbers, strings])
    places = pa.array(range(count), pa.int32())
    return pa.UnionArray.from_dense(pa.array([1] * len(codes), pa.int8()), places, [numbers, strings])


def rows_of(texts: Sequence[str]) -> list[dict[str, str]]:
    return [{"id": f"r{n}", "text": text} for n, text in enumerate(texts)]


def notebook(texts: Sequence[str]) -> bytes:
    cells = [{"cell_type": "code", "source": "1", "outputs": [{"output_type": "stream", "text": [text]}]} for text in texts]
    return json.dumps({"cells": cells, "nbformat": 4}).encode()


MAP = pa.map_(pa.string(), pa.string())
VIEW = pa.list_view(pa.string())
FILES: dict[str, tuple[str, Callable[[Sequence[str]], bytes]]] = {
    "parquet string": ("t.parquet", lambda t: parquet(table(list(t)))),
    "parquet binary": ("t.parquet", lambda t: parquet(table(pa.array([x.encode() for x in t])))),
    "parquet dictionary": ("t.pq", lambda t: parquet(table(pa.array(t).dictionary_encode()))),
    "parquet struct in lists": ("t.parq", lambda t: parquet(table([[{"a": [{"b": x}]}] for x in t]))),
    "parquet map": ("t.parquet", lambda t: parquet(table(pa.array([[("k", x)] for x in t], MAP)))),
    "parquet map keys": ("t.parquet", lambda t: parquet(table(pa.array([[(x, "v")] for x in t], MAP)))),
    "arrow large binary": ("t.arrow", lambda t: arrow(table(pa.array([x.encode() for x in t], pa.large_binary())))),
    "arrow dictionary of binary": ("t.arrow", lambda t: arrow(table(pa.array([x.encode() for x in t]).dictionary_encode()))),
    "arrow string view": ("t.arrow", lambda t: arrow(table(pa.array(t, pa.string_view())), stream=False)),
    "arrow list view": ("t.feather", lambda t: arrow(table(pa.array([[x] for x in t], VIEW)), stream=False)),
    "arrow fixed list": ("t.arrow", lambda t: arrow(table(pa.array([["a", x] for x in t], pa.list_(pa.string(), 2))))),
    "arrow runs": ("t.arrow", lambda t: arrow(table(pa.RunEndEncodedArray.from_arrays(range(1, len(t) + 1), pa.array(t))))),
    "arrow sparse union": ("t.arrow", lambda t: arrow(table(union(t, "sparse")))),
    "arrow dense union": ("t.arrow", lambda t: arrow(table(union(t, "dense")))),
    "csv": ("t.csv", separated),
    "csv by semicolons": ("t.csv", lambda t: separated(t, ";")),
    "csv by bars": ("t.csv", lambda t: separated(t, "|")),
    "csv by tabs": ("t.csv", lambda t: separated(t, "\t")),
    "csv without a header": ("t.csv", lambda t: separated(t, header=False)),
    "tsv": ("t.tsv", lambda t: separated(t, "\t")),
    "json array": ("t.json", lambda t: json.dumps(rows_of(t)).encode()),
    "json pretty": ("t.json", lambda t: json.dumps(rows_of(t), indent=2).encode()),
    "json by id": ("t.json", lambda t: json.dumps({row["id"]: row for row in rows_of(t)}).encode()),
    "json splits": ("t.json", lambda t: json.dumps({"train": rows_of(t[:4]), "test": rows_of(t[4:])}).encode()),
    "json nested splits": ("t.json", lambda t: json.dumps({"v": "1", "data": {"train": rows_of(t), "dev": []}}).encode()),
    "json version and data": ("t.json", lambda t: json.dumps({"version": "1.1", "data": rows_of(t)}).encode()),
    "json columns": ("t.json", lambda t: json.dumps({"id": list("abcdefgh"[: len(t)]), "text": list(t)}).encode()),
    "json pandas columns": ("t.json", lambda t: json.dumps({"text": {str(n): x for n, x in enumerate(t)}}).encode()),
    "json pandas index": ("t.json", lambda t: json.dumps({str(n): {"text": x} for n, x in enumerate(t)}).encode()),
    "json pandas split": (
        "t.json",
        lambda t: json.dumps({"columns": ["text"], "index": list(range(len(t))), "data": [[x] for x in t]}).encode(),
    ),
    "json pandas table": ("t.json", lambda t: json.dumps({"schema": {"fields": ["text"]}, "data": rows_of(t)}).encode()),
    "json texts by id": ("t.json", lambda t: json.dumps({f"task/{n}": x for n, x in enumerate(t)}).encode()),
    "json documents side by side": ("t.jsonl", lambda t: "\n".join(json.dumps(r, indent=1) for r in rows_of(t)).encode()),
    "json lines in .json": ("t.json", jsonl),
    "jl": ("t.jl", jsonl),
    "jsonlines": ("t.jsonlines", jsonl),
    "numbered part": ("t.jsonl.1", jsonl),
    "no ending": ("part-00000", jsonl),
    "parquet without an ending": ("part-00000", lambda t: parquet(table(list(t)))),
    "unknown ending": ("t.dat", jsonl),
    "hidden folder": (".raw/t.jsonl", jsonl),
    "gzip": ("t.jsonl.gz", lambda t: gzip.compress(jsonl(t))),
    "zstandard": ("t.jsonl.zst", lambda t: zstandard.compress(jsonl(t))),
    "xz": ("t.jsonl.xz", lambda t: lzma.compress(jsonl(t))),
    "bzip2": ("t.jsonl.bz2", lambda t: bz2.compress(jsonl(t))),
    "gzip in xz": ("t.jsonl.gz.xz", lambda t: lzma.compress(gzip.compress(jsonl(t)))),
    "parquet in gzip": ("t.parquet.gz", lambda t: gzip.compress(parquet(table(list(t))))),
    "zip": ("t.zip", lambda t: zipped("in/t.jsonl", jsonl(t))),
    "tar": ("t.tar", lambda t: tarred("in/t.jsonl", jsonl(t), "w")),
    "tar.gz": ("t.tgz", lambda t: tarred("in/t.jsonl", jsonl(t))),
    "gzip in tar in zip": ("t.zip", lambda t: zipped("a.tar.gz", tarred("t.jsonl.gz", gzip.compress(jsonl(t))))),
    "notebook outputs": ("t.ipynb", notebook),
    "markdown": ("t.md", lambda t: "\n\n".join(t).encode()),
    "byte order mark": ("t.jsonl", lambda t: b"\xef\xbb\xbf" + jsonl(t)),
    "utf-16": ("t.jsonl", lambda t: jsonl(t).decode().encode("utf-16")),
    "latin-1": ("t.txt", lambda t: "\n".join([*t, FRENCH]).encode("latin-1")),
    "a column after thousands of lines": (
        "t.jsonl",
        lambda t: b"".join(json.dumps({"note": f"row {n}"}).encode() + b"\n" for n in range(3000))
        + b"".join(json.dumps({"note": "x", "late": {"er": [x]}}).encode() + b"\n" for x in t),
    ),
    "pictures beside text": (
        "t.parquet",
        lambda t: parquet(table(pa.array([{"bytes": b"\x89PNG\r\n\x1a\n" + base64.b64decode("/9j/"), "caption": x} for x in t]))),
    ),
}  # fmt: skip
