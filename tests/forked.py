"""Processes forked from one that has goldloop imported and its kernels loaded, for tests that start dozens and kill them.

What such a process would do first, and does not differ from one to the next, takes longer than what is tested of it. The
standard library has one server of this kind a process: the first file that asks for it decides what is imported beside.
"""

from __future__ import annotations

import multiprocessing
import os
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).parent


def forked(*modules: str) -> Any:
    """A context whose ``Process`` forks from a process that has imported ``forked_warm`` and these modules."""
    context: Any = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["forked_warm", *modules])
    with pytest.MonkeyPatch.context() as patch:
        # The server does not take sys.path over, and leaves out in silence what it does not find.
        kept = [path for path in [os.environ.get("PYTHONPATH", "")] if path]
        patch.setenv("PYTHONPATH", os.pathsep.join([str(TESTS), str(TESTS.parent), *kept]))
        forkserver.ensure_running()
    return context
