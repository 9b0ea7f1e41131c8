"""A real browser and a real server for the tests of the web application: Chromium, driven by Playwright, no network."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox_requirements import unavailable

from evals.models.scripted import ScriptedBackend
from evals.records import ModelRef

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[1]
GOLDEN = "def last_line(text):\n    return [line for line in text.split('\\n') if line][-1]\n"


class KnowsLastLine(ScriptedBackend):
    """Answers everything with the golden that a reviewer wrote."""

    def __init__(self, ref: ModelRef, *, batch_size: int = 4) -> None:
        super().__init__(lambda prompt: f"```python\n{GOLDEN}```", ref=ref, batch_size=batch_size)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser; skips the test where there is none, or fails it where GOLDLOOP_REQUIRE has ``browser``."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        unavailable("browser", f"playwright cannot be imported ({error})")
    if program is None:
        unavailable("browser", "no chromium here: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@contextmanager
def serving(folder: Path, *options: str, token: str = "") -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """``goldloop serve`` in a process of its own; its address, and the process."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", "GOLDLOOP_TOKEN": token}
    command = [sys.executable, "-m", "goldloop", "serve", ".", "--port", "0", "--json", *options]
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    try:
        said = ""
        while not said.rstrip().endswith("}"):
            line = process.stdout.readline()
            assert line, process.stderr.read() if process.stderr else ""
            said += line
        yield json.loads(said)["address"].rstrip("/"), process
    finally:
        process.kill()
        process.communicate()
