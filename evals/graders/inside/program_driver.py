"""Runs inside the sandbox: runs a Python program once per case, each in a process and a folder of its own.

A program gets the standard library, the task's packages and the recursion limit of all kinds; not what else is installed
beside the interpreter.

It knows no expected output. One JSON line per case on a descriptor that the programs do not inherit, so that a time-out
keeps the cases before it; the first case that does not end well is the last. Each line has the job's token, which no program
sees; a ``fault`` says what kept a case from being run. Standard library only.
"""

import contextlib
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
from pathlib import Path

ERROR_BYTES = 2000
LOOK_SECONDS = 0.05
# As the interpreter would run the file, with what its site module would have added to the built-in names.
START = """
import builtins, sys, _sitebuiltins
name, shared, deepest, *paths = sys.argv[1:]
exec(compile(shared, "<shared>", "exec"), {"__name__": "shared", "SOURCE": shared})
sys.argv[:] = [name]
sys.path += paths
for word in ("quit", "exit"):
    setattr(builtins, word, _sitebuiltins.Quitter(word, "Ctrl-D (i.e. EOF)"))
builtins.copyright = builtins.credits = builtins.license = _sitebuiltins._Printer("licence", "")
builtins.help = _sitebuiltins._Helper()
main = sys.modules["__main__"] = type(sys)("__main__")
main.__dict__.update(__file__=name, __builtins__=builtins, __cached__=None)
with open(name, "rb") as file: code = compile(file.read(), name, "exec", dont_inherit=True)
show = sys.excepthook
sys.excepthook = lambda kind, error, trace: show(kind, error.with_traceback(trace and trace.tb_next), trace)
sys.setrecursionlimit(int(deepest))
exec(code, main.__dict__)
"""


def run_case(command: "list[str]", folder: Path, stdin: str, most: int) -> "dict[str, object]":
    """Exit code, output and the end of the errors; ``flood`` where the output passed ``most`` bytes."""
    file = folder.parent / ".stdin"  # where /dev/stdin leads in a sandbox without the kernel's files
    file.unlink(missing_ok=True)
    with open(file, "w+b") as given:  # noqa: PTH123
        given.write(stdin.encode())
        given.seek(0)
        process = subprocess.Popen(
            command, cwd=folder, stdin=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )
    assert process.stdout is not None and process.stderr is not None
    out, err = bytearray(), bytearray()
    flood = False
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ, out)
        selector.register(process.stderr, selectors.EVENT_READ, err)
        while selector.get_map() and not flood:
            ready = selector.select(LOOK_SECONDS)
            for key, _ in ready:
                chunk = os.read(key.fd, 65536)
                if not chunk:
                    selector.unregister(key.fileobj)
                key.data.extend(chunk)
            del err[:-ERROR_BYTES]
            flood = len(out) > most
            if not ready and process.poll() is not None:
                break  # what the program left running may hold the pipes open
    if flood:
        try:
            process.kill()
        except PermissionError:  # nothing may be killed in this job, whose end ends the program
            return {"code": None, "out": out[:most].decode(errors="replace"), "err": "", "flood": True}
    code = process.wait()
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    return {"code": code, "out": out[:most].decode(errors="replace"), "err": err.decode(errors="replace"), "flood": flood}


def main() -> None:
    out = os.fdopen(os.dup(1), "w", encoding="ascii")
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)
    with open("job.json", encoding="utf-8") as handle:  # noqa: PTH123
        job = json.load(handle)
    os.unlink("job.json")  # noqa: PTH108
    shared = Path("shared.py").read_text(encoding="utf-8")
    Path("shared.py").unlink()
    here = Path.cwd()
    command = [sys.executable, "-I", "-S", "-B", "-X", "utf8", "-c", START]
    command += [str(here / job["program"]), shared, str(job["deepest"]), *job["paths"]]
    for index, stdin in enumerate(job["stdin"], job["first"]):
        folder = here / (f"case-{index}")
        outcome: dict[str, object]
        try:
            folder.mkdir()
            for name, text in job["starter"].items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_text(text, encoding="utf-8")
            outcome = run_case(command, folder, stdin, job["output_bytes"])
        except (OSError, MemoryError) as error:
            outcome = {"fault": f"driver: {type(error).__name__}: {error}"}
        with contextlib.suppress(RecursionError):  # folders nested deeper than this interpreter recurses
            shutil.rmtree(folder, ignore_errors=True)
        out.write(json.dumps({"case": index, "token": job["token"], **outcome}) + "\n")
        out.flush()
        if outcome.get("code") != 0 or outcome["flood"]:
            return


if __name__ == "__main__":
    main()
