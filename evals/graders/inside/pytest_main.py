"""Runs inside the sandbox: one child process per test file, in which pytest runs; this process alone reports.

Nothing of the project is loaded, or can be found by an import, in a process that reports. Processes speak through sockets:
whoever looks up another's descriptors in /proc can open a pipe there, and no socket. The text of a test file is on the disk
nowhere. Not covered: what candidate code does to pytest within its child; the canaries and the flipped run find that.
"""

import ast
import builtins
import importlib
import importlib.util
import json
import os
import sys
from _json import encode_basestring_ascii
from _socket import socketpair
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
LONGEST_RECORD = 100_000
LONGEST_MESSAGE = 600
WITHOUT = ("cacheprovider", "junitxml", "faulthandler", "doctest", "pastebin", "stepwise")
LOADED_FIRST = (
    "argparse", "cmd", "code", "codeop", "difflib", "importlib.metadata", "inspect", "locale", "logging", "pdb", "platform",
    "pprint", "shlex", "shutil", "subprocess", "tempfile", "textwrap", "traceback", "unittest", "warnings",
)  # fmt: skip
"""What pytest may import while it runs, when the project can be found too: a module of that name there is the candidate's."""


def main() -> int:
    """Relay what the second process says, behind the secret, which only this one ever reads; 1 where a test did not pass."""
    go, started = channel()
    reading, writing = channel()
    if os.fork() == 0:
        os.close(started)
        os.close(reading)
        os.read(go, 1)
        run_all(writing)
        os._exit(0)
    os.close(writing)
    secret = (HERE / "secret").read_text()
    (HERE / "secret").unlink()
    os.write(started, b"g")
    failed = False
    with os.fdopen(reading, "rb") as lines:
        for line in lines:
            sys.stdout.write(f"\n{secret} {line.decode()}")
            sys.stdout.flush()
            failed = failed or any(m["errors"] or any(t["state"] != "passed" for t in m["tests"]) for m in modules_of(line))
    return int(failed)


def modules_of(line: bytes) -> list[dict[str, Any]]:
    """The test files in a line of the second process; none in its first."""
    modules: list[dict[str, Any]] = json.loads(line).get("modules", [])
    return modules


def channel() -> tuple[int, int]:
    """Two connected descriptors, to read from and to write to."""
    reading, writing = socketpair()
    return reading.detach(), writing.detach()


def run_all(writing: int) -> None:
    """The second process: loads pytest once, and runs each test file in a child of its own."""
    send = sender(writing)
    try:
        job = json.loads((HERE / "job.json").read_text())
        given = json.loads((HERE / "given.json").read_text())
        sys.path.insert(0, str(HERE / "packages.zip"))
        sys.path += given["paths"]
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        load_pytest()
        job["values"] = load_values()
        for name in ("job.json", "given.json", "values.py"):
            (HERE / name).unlink()
        sys.setrecursionlimit(given["deepest"])
    except Exception as error:
        send(json.dumps({"fault": f"{type(error).__name__}: {error}"}))
        return
    send(json.dumps({"ready": True}))
    send(json.dumps({"modules": [module(file, job, writing) for file in list(job["sources"])]}))


def load_pytest() -> None:
    """Import all that pytest will use, while nothing of the project can be found."""
    from _pytest.config import default_plugins

    plugins = [f"_pytest.{plugin}" for plugin in default_plugins if plugin not in WITHOUT]
    for name in (*LOADED_FIRST, "pytest", "_pytest._argcomplete", *plugins):
        importlib.import_module(name)


def load_values() -> Any:
    """The typed form of values; loaded by its path, so that no module of the project shadows it."""
    spec = importlib.util.spec_from_file_location("goldloop_values", HERE / "values.py")
    assert spec is not None and spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def module(file: str, job: dict[str, Any], upward: int) -> dict[str, Any]:
    """Run one test file in a child and read what it says; a child that does not report its end ended early."""
    source = job["sources"].pop(file)
    reading, writing = channel()
    child = os.fork()
    if child == 0:
        os.close(reading)
        os.close(upward)
        job["sources"].clear()
        code = 71
        try:
            code = run_here(file, source, writing, job)
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        data = pipe.read(8 << 20)
    status = os.waitpid(child, 0)[1]
    code = os.waitstatus_to_exitcode(status)
    report: dict[str, Any] = {"file": file, "tests": [], "errors": []}
    ends = 0
    records: list[Any] = []
    for line in data.splitlines():
        try:
            value = json.loads(line)
            if "end" in value:
                ends += 1
                ended = value["end"]
            elif "error" in value:
                report["errors"].append(str(value["error"])[:LONGEST_MESSAGE])
            elif "record" in value:
                records.append(value["record"])
            else:
                test: dict[str, Any] = {key: str(value[key])[:LONGEST_MESSAGE] for key in ("name", "state", "message")}
                report["tests"].append({**test, "records": records})
                records = []
        except (ValueError, KeyError, TypeError):
            report["errors"].append("a line in the results that is not JSON of a result")
    if ends != 1:
        report["errors"].append(f"the tests ended early or twice (exit code {code})")
    elif ended != code:
        report["errors"].append(f"exit code {code} where the results say {ended}")
    return report


def run_here(file: str, source: str, writing: int, job: dict[str, Any]) -> int:
    """Run pytest in this process, the first that finds the project's modules: before all others, as where pytest is at home."""
    import pytest

    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    options = [] if job["conftest"] else ["--noconftest"]
    # A conftest.py of the root counts: without a place to stop at pytest takes that of the configuration, which is below.
    options += ["-c", str(HERE / "pytest.ini"), "--rootdir", str(ROOT), "--confcutdir", str(ROOT)]
    options += ["--basetemp", str(HERE / "tmp"), "-q"]
    options += [part for plugin in WITHOUT for part in ("-p", f"no:{plugin}")]
    os.chdir(ROOT)
    give_source(file, source)
    send = sender(writing)
    setattr(builtins, job["recorder"], recorder(send, job["values"]))
    plugin = Reporter(send)
    sys.path[:0] = [*(str(ROOT / path) for path in job["paths"]), str(ROOT)]
    code = int(pytest.main([*options, file], plugins=[plugin]))
    send('{"end":' + int.__repr__(code) + "}")
    return code


def recorder(send: Callable[[str], None], values: Any) -> Callable[[int, object], bool]:
    """What test files call in place of an assertion: it sends the value under test and returns True."""
    encode, describe, raised, quoted = values.encode, values.describe, BaseException, encode_basestring_ascii

    def record(number: int, value: object) -> bool:
        text = "{" + describe(value) + "}" if isinstance(value, raised) else encode(value)
        sent = quoted(text if len(text) <= LONGEST_RECORD else '["long"]')
        send('{"record":[' + int.__repr__(number) + "," + sent + "]}")
        return True

    return record


def give_source(file: str, source: str) -> None:
    """Have pytest compile this text as the test file, which is empty on the disk: a candidate could read there what it asks."""
    from _pytest.assertion import rewrite

    compiled, place, held = rewrite._rewrite_test, (ROOT / file).resolve(), [source]

    def compile_given(path: Path, config: Any) -> Any:
        if not held or path.resolve() != place:
            return compiled(path, config)
        text = held.pop().encode()
        tree = ast.parse(text, filename=str(path))
        rewrite.rewrite_asserts(tree, text, str(path), config)
        return importlib.util.source_hash(text), compile(tree, str(path), "exec", dont_inherit=True)

    setattr(rewrite, "_rewrite_test", compile_given)  # noqa: B010 (a name of ours for a function of theirs)


def sender(descriptor: int) -> Callable[[str], None]:
    """What writes one line of results; whatever is replaced later, it writes as it does now."""
    write = os.write

    def send(text: str) -> None:
        data = (text + "\n").encode()
        while data:
            data = data[write(descriptor, data) :]

    return send


class Reporter:
    """Sends how each test ended: the worst of its three phases."""

    def __init__(self, send: Callable[[str], None]) -> None:
        self.send, self.quoted = send, encode_basestring_ascii
        self.worst: dict[str, tuple[str, str]] = {}

    def pytest_collectreport(self, report: Any) -> None:
        """A file that does not load, or is skipped as a whole."""
        if not report.passed:
            self.send('{"error":' + self.quoted(message_of(report)) + "}")

    def pytest_runtest_logreport(self, report: Any) -> None:
        """One phase of one test."""
        state = "xfail" if hasattr(report, "wasxfail") else report.outcome
        if state != "passed":
            self.worst.setdefault(report.nodeid, (state, message_of(report)))
        if report.when == "teardown":
            state, message = self.worst.pop(report.nodeid, ("passed", ""))
            said = zip(("name", "state", "message"), (report.nodeid.partition("::")[2], state, message), strict=True)
            self.send("{" + ",".join([f'"{key}":{self.quoted(str(text))}' for key, text in said]) + "}")


def message_of(report: Any) -> str:
    """The last thing that a failed phase says."""
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:
        return str(crash.message)[:LONGEST_MESSAGE]
    lines = str(report.longrepr or "").splitlines()
    return "\n".join([line for line in lines if line.startswith("E ")] or lines)[-LONGEST_MESSAGE:]


if __name__ == "__main__":
    os._exit(main())
