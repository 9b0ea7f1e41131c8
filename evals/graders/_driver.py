"""Runs inside the sandbox: loads the candidate, evaluates the steps, writes typed values to a private descriptor.

It knows no expected value. One JSON line a step, so that a time-out keeps the steps before it. Standard library only,
and as little of it as possible: every import is paid for on every run.
"""

import importlib
import json
import os
import sys


def encode(value: object, depth: int = 0) -> object:
    """Typed canonical form of a plain value; anything else is an opaque object that equals nothing."""
    if depth > 60:
        return ["deep"]
    kind = type(value)
    if value is None or kind is bool:
        return value
    if isinstance(value, int):
        # Hexadecimal: Python refuses decimal text of more than 4,300 digits.
        return ["i", int.__format__(value, "x")] if abs(int.__index__(value)) >> 53 else int.__index__(value)
    if isinstance(value, float):
        return ["f", float.__repr__(value)]
    if isinstance(value, str):
        return ["s", str.__str__(value)]
    if isinstance(value, (bytes, bytearray)):
        return ["b", bytes(value).hex()]
    if isinstance(value, complex):
        return ["c", float.__repr__(value.real), float.__repr__(value.imag)]
    if isinstance(value, list):
        return ["l", [encode(item, depth + 1) for item in list.__iter__(value)]]
    if isinstance(value, tuple):
        return ["t", [encode(item, depth + 1) for item in tuple.__iter__(value)]]
    if isinstance(value, dict):
        return ["d", [[encode(k, depth + 1), encode(v, depth + 1)] for k, v in dict.items(value)]]
    if isinstance(value, set):
        return ["S", [encode(item, depth + 1) for item in set.__iter__(value)]]
    if isinstance(value, frozenset):
        return ["F", [encode(item, depth + 1) for item in frozenset.__iter__(value)]]
    if isinstance(value, (type({}.keys()), type({}.items()))):  # they equal sets
        items: list[object] = list(value)
        return ["S", [encode(item, depth + 1) for item in items]]
    module = kind.__module__
    if (module, kind.__qualname__) in {("decimal", "Decimal"), ("fractions", "Fraction")}:
        return [kind.__qualname__, str(value)]
    if module == "datetime":
        return ["datetime." + kind.__qualname__, repr(value)]
    return ["object", module + "." + kind.__qualname__, safe_repr(value)]


def safe_repr(value: object) -> str:
    try:
        return repr(value)[:200]
    except BaseException:
        return "<repr failed>"


def describe(error: BaseException) -> dict[str, object]:
    try:
        message = str(error)[:300]
    except BaseException:
        message = "<str failed>"
    return {"raised": [base.__name__ for base in type(error).__mro__], "message": message}


def main() -> None:
    out = os.fdopen(os.dup(1), "w", encoding="ascii")
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    with open("job.json", encoding="utf-8") as handle:  # noqa: PTH123
        job = json.load(handle)
    os.unlink("job.json")  # noqa: PTH108
    dumps, flush, write, json_encode = json.dumps, out.flush, out.write, encode

    def emit(record: dict[str, object]) -> None:
        write(dumps(record) + "\n")
        flush()

    sys.path[:0] = job["paths"]
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (job["file_bytes"], job["file_bytes"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.setrecursionlimit(3000)
    # A real module: dataclasses, pickle and typing look the candidate up by name.
    module = sys.modules["candidate"] = type(sys)("candidate")
    names = module.__dict__
    try:
        if job["kind"] == "sql":
            try:  # the extension alone: the package around it takes 100 ms more to import
                duckdb = importlib.import_module("_duckdb")
            except ImportError:
                duckdb = importlib.import_module("duckdb")

            connection = duckdb.connect(config={"threads": "1"})
            connection.execute(job["starter"].get("schema.sql", "select 1"))
            query = job["code"]
            connection.execute("explain " + query)
            names["rows"] = lambda: connection.execute(query).fetchall()
            names["columns"] = lambda: [column[0] for column in connection.execute(query).description]
        else:
            exec(compile(job["code"], "<candidate>", "exec"), names)
    except BaseException as error:
        emit({"load": describe(error), "syntax": isinstance(error, SyntaxError)})
        return
    emit({"load": None})
    for index, (kind, source) in enumerate(job["steps"]):
        try:
            if kind == "value":
                emit({"step": index, "value": json_encode(eval(compile(source, "<check>", "eval"), names))})
            else:
                exec(compile(source, "<check>", "exec"), names)
                emit({"step": index, "value": None})
        except BaseException as error:
            emit({"step": index, **describe(error)})
            if kind in ("run", "inside"):
                return
    emit({"end": True})


if __name__ == "__main__":
    main()
