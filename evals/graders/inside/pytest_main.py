"""Runs inside the sandbox: one child process per test file, in which pytest runs; this process alone reports.

Not covered: what candidate code does to pytest within its child; the canaries and the flipped run find that.
"""

import builtins
import json
import os
import sys
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
LONGEST_RECORD = 100_000


def main() -> int:
    """Relay what the second process says, behind the secret, which only this one ever reads; 1 where a test did not pass."""
    go, started = os.pipe()
    reading, writing = os.pipe()
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


def run_all(writing: int) -> None:
    """The second process: loads pytest once, and runs each test file in a child of its own."""
    job = json.loads((HERE / "job.json").read_text())
    given = json.loads((HERE / "given.json").read_text())
    sys.path[:0] = [str(ROOT), str(HERE / "packages.zip")]
    sys.path += given["paths"]
    sys.setrecursionlimit(given["deepest"])
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        import pytest  # noqa: F401

        job["values"] = load_values()
    except Exception as error:
        send(writing, {"fault": f"{type(error).__name__}: {error}"})
        return
    send(writing, {"ready": True})
    send(writing, {"modules": [module(file, job, writing) for file in job["files"]]})


def load_values() -> Any:
    """The typed form of values; loaded by its path, so that no module of the project shadows it."""
    spec = spec_from_file_location("goldloop_values", HERE / "values.py")
    assert spec is not None and spec.loader is not None
    loaded = module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def module(file: str, job: dict[str, Any], upward: int) -> dict[str, Any]:
    """Run one test file in a child and read what it says; a child that does not report its end ended early."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        os.close(upward)
        code = 71
        try:
            code = run_here(file, writing, job)
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
                report["errors"].append(str(value["error"])[:600])
            elif "record" in value:
                records.append(value["record"])
            else:
                test: dict[str, Any] = {key: str(value[key])[:600] for key in ("name", "state", "message")}
                report["tests"].append({**test, "records": records})
                records = []
        except (ValueError, KeyError, TypeError):
            report["errors"].append("a line in the results that is not JSON of a result")
    if ends != 1:
        report["errors"].append(f"the tests ended early or twice (exit code {code})")
    elif ended != code:
        report["errors"].append(f"exit code {code} where the results say {ended}")
    return report


def run_here(file: str, writing: int, job: dict[str, Any]) -> int:
    """Run pytest in this process."""
    import pytest

    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    options = [] if job["conftest"] else ["--noconftest"]
    options += [
        "-c",
        str(HERE / "pytest.ini"),
        "--rootdir",
        str(ROOT),
        "--basetemp",
        str(HERE / "tmp"),
        "-p",
        "no:cacheprovider",
        "-p",
        "no:junitxml",
    ]
    options += ["-p", "no:faulthandler", "-p", "no:doctest", "-p", "no:pastebin", "-p", "no:stepwise", "-q"]
    os.chdir(ROOT)
    hide_source(file)
    setattr(builtins, job["recorder"], recorder(writing, job["values"]))
    code = int(pytest.main([*options, file], plugins=[Reporter(writing)]))
    send(writing, {"end": code})
    return code


def recorder(descriptor: int, values: Any) -> Callable[[int, object], bool]:
    """What test files call in place of an assertion: it sends the value under test and returns True."""
    encode, describe, raised = values.encode, values.describe, BaseException

    def record(number: int, value: object) -> bool:
        text = "{" + describe(value) + "}" if isinstance(value, raised) else encode(value)
        send(descriptor, {"record": [number, text if len(text) <= LONGEST_RECORD else '["long"]']})
        return True

    return record


def hide_source(file: str) -> None:
    """Empty the test file once it is compiled: a candidate could read there what the tests look for."""
    from _pytest.assertion import rewrite

    compiled = rewrite._rewrite_test

    def compile_and_hide(path: Path, config: Any) -> Any:
        code = compiled(path, config)
        if path.resolve() == (ROOT / file).resolve():
            path.write_bytes(b"")
        return code

    setattr(rewrite, "_rewrite_test", compile_and_hide)  # noqa: B010 (a name of ours for a function of theirs)


def send(descriptor: int, value: dict[str, Any]) -> None:
    """One line of results."""
    data = json.dumps(value).encode() + b"\n"
    while data:
        data = data[os.write(descriptor, data) :]


class Reporter:
    """Sends how each test ended: the worst of its three phases."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.worst: dict[str, tuple[str, str]] = {}

    def pytest_collectreport(self, report: Any) -> None:
        """A file that does not load, or is skipped as a whole."""
        if not report.passed:
            send(self.descriptor, {"error": message_of(report)})

    def pytest_runtest_logreport(self, report: Any) -> None:
        """One phase of one test."""
        state = "xfail" if hasattr(report, "wasxfail") else report.outcome
        if state != "passed":
            self.worst.setdefault(report.nodeid, (state, message_of(report)))
        if report.when == "teardown":
            state, message = self.worst.pop(report.nodeid, ("passed", ""))
            name = report.nodeid.partition("::")[2]
            send(self.descriptor, {"name": name, "state": state, "message": message})


def message_of(report: Any) -> str:
    """The last thing that a failed phase says."""
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:
        return str(crash.message)[:600]
    lines = str(report.longrepr or "").splitlines()
    return "\n".join([line for line in lines if line.startswith("E ")] or lines)[-600:]


if __name__ == "__main__":
    os._exit(main())
