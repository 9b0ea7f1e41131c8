"""Runs inside the sandbox: loads the answer, evaluates the steps in order, writes typed values to a private descriptor.

It knows no expected value, nor what a step checks: every step gives one record, its value or what it raised, and
what that means is decided outside. A record is one line of JSON, so that a time-out keeps those before it. Only modules
built into the interpreter are imported, and JSON is written by hand: an import from a file is paid for on every run.
"""

import builtins
import marshal
import posix
import sys

# Under separate names, so that an answer that patches the builtins changes nothing here.
for _name in ("compile", "eval", "exec", "hasattr", "id", "isinstance", "issubclass", "list", "len", "repr", "str", "type"):
    globals()[_name] = getattr(builtins, _name)

TYPE_CHECKING = False  # typing would have to be imported from a file
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

BUILTIN_ERRORS = {
    id(kind): "builtins." + name
    for name, kind in vars(builtins).items()
    if isinstance(kind, type) and issubclass(kind, BaseException) and kind.__name__ == name
}
ESCAPES = {code: f"\\u{code:04x}" for code in (*range(32), 34, 92, 127)}
VIEWS: "Any" = (type({}.keys()), type({}.items()))
PROXY: "Any" = type(type.__dict__)  # types.MappingProxyType
VALUES: "Any" = type({}.values())
LONGEST_ITERATOR = 100_000
DEEPEST_SOURCE = 800


def quoted(value: str) -> str:
    return '"' + str.translate(str.__str__(value), ESCAPES) + '"'


def encode(value: object, depth: int = 0) -> str:
    """Typed form (JSON text) of a plain value; anything else is an opaque object that equals nothing."""
    if depth > 60:
        return '["deep"]'
    kind = type(value)
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    if isinstance(value, int):
        # Hexadecimal: Python refuses decimal text of more than 4,300 digits.
        number = int.__index__(value)
        return int.__repr__(number) if -(1 << 53) < number < 1 << 53 else '["i","' + int.__format__(number, "x") + '"]'
    if isinstance(value, str):
        return '["s",' + quoted(value) + "]"
    if isinstance(value, float):
        return '["f","' + float.__repr__(value) + '"]'
    if isinstance(value, list):
        return '["l",' + items(list.__iter__(value), depth) + "]"
    if isinstance(value, tuple):
        return '["t",' + items(tuple.__iter__(value), depth) + "]"
    if isinstance(value, dict):
        pairs = ["[" + encode(k, depth + 1) + "," + encode(v, depth + 1) + "]" for k, v in dict.items(value)]
        return '["d",[' + ",".join(pairs) + "]]"
    if isinstance(value, set):
        return '["S",' + items(set.__iter__(value), depth) + "]"
    if isinstance(value, frozenset):
        return '["F",' + items(frozenset.__iter__(value), depth) + "]"
    return encode_rare(value, kind, depth)


def items(values: "Iterable[object]", depth: int) -> str:
    return "[" + ",".join([encode(item, depth + 1) for item in values]) + "]"


def encode_rare(value: "Any", kind: type, depth: int) -> str:
    if isinstance(value, (bytes, bytearray)):
        return '["b","' + bytes(value).hex() + '"]'
    if isinstance(value, complex):
        return '["c","' + float.__repr__(value.real) + '","' + float.__repr__(value.imag) + '"]'
    if isinstance(value, VIEWS):  # they equal sets
        return '["S",' + items(list(value), depth) + "]"
    if kind is memoryview and value.ndim == 1:  # equals the bytes or the array that it shows
        if value.format == "B":
            return encode(value.tobytes(), depth)
        return '["array",' + quoted(value.format) + "," + items(value.tolist(), depth) + "]"
    if kind is PROXY:
        return encode(dict(value), depth + 1)
    if kind is VALUES:  # they equal nothing, and are read like an iterator
        return '["iter",' + items(list(value), depth) + "]"
    likeness = stand_in(value, kind)
    if likeness is not None:
        return encode(likeness[0], depth + 1)
    module, name = str(kind.__module__), str(kind.__qualname__)
    if kind is range:
        return f'["range",{value.start},{value.stop},{value.step}]'
    if (module, name) == ("collections", "deque"):
        return '["deque",' + items(value, depth) + "]"
    if (module, name) == ("array", "array"):
        return '["array",' + quoted(value.typecode) + "," + items(value.tolist(), depth) + "]"
    if (module, name) in {("decimal", "Decimal"), ("fractions", "Fraction")}:
        return "[" + quoted(name) + "," + quoted(str(value)) + "]"
    if module == "datetime":
        return "[" + quoted("datetime." + name) + "," + quoted(repr(value)) + "]"
    if module in {"builtins", "itertools"} and hasattr(kind, "__next__"):
        values: list[object] = []
        for item in value:
            if len(values) == LONGEST_ITERATOR:
                break
            values.append(item)
        return '["iter",' + items(values, depth) + "]"
    try:
        text = str(repr(value))[:200]
    except BaseException:
        text = "<repr failed>"
    truth = not depth and not value
    return '["object",' + quoted(module + "." + name) + "," + quoted(text) + (",false]" if truth else ",true]")


def stand_in(value: "Any", kind: type) -> "tuple[Any] | None":
    """The built-in value that one of a library's types equals, in a tuple; None for any other type.

    Told by the name of the type or of a base: the modules themselves are not loaded here.
    """
    for base in type.mro(kind):
        place = (str(base.__module__), str(base.__qualname__))
        if place == ("collections", "ChainMap"):
            return ({key: value[key] for key in value},)
        if place[0] == "collections" and place[1] in {"UserDict", "UserList", "UserString"}:
            return (value.data,)
        if place[0] == "numpy" and place[1] in {"generic", "ndarray"}:
            return (value.tolist(),)
    return None


def describe(error: BaseException) -> str:
    """What was raised and its bases, each with its module: ``builtins`` only for what is really built in."""
    names = []
    for kind in type.mro(type(error)):
        name = BUILTIN_ERRORS.get(id(kind))
        if name is None and kind is not object:
            module = str(kind.__module__)
            name = ("candidate" if module == "builtins" else module) + "." + str(kind.__qualname__)
        if name is not None:
            names.append(quoted(name))
    try:
        message = str(error)[:300]
    except BaseException:
        message = "<str failed>"
    return '"raised":[' + ",".join(names) + '],"message":' + quoted(message)


def open_database(names: "dict[str, Any]", extension: str, schema: str, query: str) -> None:
    util = __import__("importlib.util").util  # by its file: nothing else of the folder can be read
    spec = util.spec_from_file_location("_duckdb", extension)
    duckdb = sys.modules["_duckdb"] = util.module_from_spec(spec)
    spec.loader.exec_module(duckdb)
    connection = duckdb.connect(config={"threads": "1"})
    connection.execute(schema)
    connection.execute("SET enable_external_access = false")  # from here on the answer's code runs: no files
    connection.execute("explain " + query)
    names["rows"] = lambda: connection.execute(query).fetchall()
    names["columns"] = lambda: [column[0] for column in connection.execute(query).description]


def step_record(mode: str, source: "Any", names: "dict[str, Any]", compile: "Any" = compile, encode: "Any" = encode) -> str:
    """Body of a step's record; ``call`` takes (function, arguments as source) and shows arguments that it changed."""
    if mode == "eval":
        return '"value":' + str(encode(eval(compile(source, "<check>", "eval"), names)))
    if mode == "exec":
        exec(compile(source, "<check>", "exec"), names)
        return '"value":null'
    function, arguments = source
    positional, named = eval(compile(arguments, "<arguments>", "eval"), {})
    before: str = encode((positional, named))
    value: str = encode(eval(compile(function, "<check>", "eval"), names)(*positional, **named))
    after: str = encode((positional, named))
    return '"value":' + value + ("" if before == after else ',"arguments":' + after)


def main() -> None:
    out = posix.dup(1)
    null = posix.open("/dev/null", posix.O_WRONLY)
    posix.dup2(null, 1)
    posix.dup2(null, 2)
    write, leave, one_record, described = posix.write, posix._exit, step_record, describe

    def emit(text: str) -> None:
        data = ("{" + text + "}\n").encode("utf-8", "surrogatepass")
        while data:
            data = data[write(out, data) :]

    handle = posix.open("job.bin", posix.O_RDONLY)
    parts = []
    while part := posix.read(handle, 1 << 20):
        parts.append(part)
    posix.close(handle)
    posix.unlink("job.bin")
    job = marshal.loads(b"".join(parts))
    sys.path += job["paths"]
    resource = __import__("resource")
    resource.setrlimit(resource.RLIMIT_FSIZE, (job["file_bytes"], job["file_bytes"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Code nested deeper than this compiles nowhere, so that whatever runs here can be read outside too.
    sys.setrecursionlimit(DEEPEST_SOURCE)
    # A real module: dataclasses, pickle and typing look the candidate up by name.
    module = sys.modules["candidate"] = type(sys)("candidate")
    names = module.__dict__
    names.update(job["given"])
    code = None
    try:
        if job["kind"] == "sql":
            open_database(names, job["duckdb"], job["starter"].get("schema.sql", "select 1"), job["code"])
        else:
            for finder in sys.meta_path:  # so that a process which the answer starts anew can import it
                if getattr(finder, "answer", None) == "":
                    finder.answer = job["code"]  # type: ignore[attr-defined]
            code = compile(job["code"], "<candidate>", "exec")
            sys.setrecursionlimit(job["deepest"])
            exec(code, names)
    except BaseException as error:
        syntax = code is None and (isinstance(error, SyntaxError) or type(error).__name__ == "ParserException")
        emit('"load":{' + described(error) + '},"syntax":' + ("true" if syntax else "false"))
        leave(0)
    emit('"load":null')
    for index, (mode, source) in enumerate(job["steps"]):
        try:
            body = one_record(mode, source, names)
        except BaseException as error:
            body = described(error)
        emit('"step":' + int.__repr__(index) + "," + body)
    emit('"end":true')
    leave(0)


if __name__ == "__main__":
    main()
