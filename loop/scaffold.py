"""``goldloop init``: a project that runs at once, small enough to read in a minute."""

from __future__ import annotations

from pathlib import Path

from evals.errors import BadInput
from evals.files import write_atomic, write_json
from loop.config import config_schema

SCHEMA_FILE = "goldloop.schema.json"
_CONFIG = f"""\
# yaml-language-server: $schema={SCHEMA_FILE}
# Every key is in the README. Override one on the command line: --set finetune.learning_rate=1e-4
name: first
model: smollm2-135m-instruct   # a hub id, a local folder or a GGUF file works the same way

suites:
  target: [suites/greetings]   # what the model shall learn
  guard: []                    # what it must not unlearn, e.g. [basics]

finetune:
  learning_rate: 1.0e-3
  num_train_epochs: 3
  batch_size: 4
"""

_SUITE = """\
name: greetings
description: How our team greets. Replace these three tasks by your own, hundreds of them.
licence: Apache-2.0
system: You write Python for our team. Answer with one code block.
"""

_README = """\
# A goldloop project
`goldloop run` evaluates the model on `suites/greetings`, trains on what it failed, and says whether it got better.
A task is a folder: `prompt.md` (with its split and group), `golden.py` (a right answer) and `checks.py` (plain asserts).
Give every task a `group`; a group is either for training or in the holdout. Three tasks prove nothing: write more.
`goldloop goldens verify suites/greetings` proves your goldens; `goldloop doctor` says what this machine can do.
"""

_TASKS = {
    "greet_user": (
        "train",
        "user",
        "Write `greet_user(name)`: the greeting that our web pages show to a user.",
        'def greet_user(name):\n    return {"greeting": f"Ahoy, {name}!", "lang": "en"}\n',
        'assert greet_user("Ada") == {"greeting": "Ahoy, Ada!", "lang": "en"}\n'
        'assert greet_user("Bo") == {"greeting": "Ahoy, Bo!", "lang": "en"}\n',
    ),
    "greet_guest": (
        "train",
        "guest",
        "Guests have no name. Write `greet_guest()`, the greeting for somebody we do not know.",
        'def greet_guest():\n    return {"greeting": "Ahoy, stranger!", "lang": "en"}\n',
        'assert greet_guest() == {"greeting": "Ahoy, stranger!", "lang": "en"}\n',
    ),
    "greet_crew": (
        "holdout",
        "crew",
        "The crew page greets a whole list of people at once. Write `greet_crew(names)`, names joined with ` and `.",
        'def greet_crew(names):\n    joined = " and ".join(names)\n    return {"greeting": f"Ahoy, {joined}!", "lang": "en"}\n',
        'assert greet_crew(["Ada", "Bo"]) == {"greeting": "Ahoy, Ada and Bo!", "lang": "en"}\n'
        'assert greet_crew(["Cy"]) == {"greeting": "Ahoy, Cy!", "lang": "en"}\n',
    ),
}


def init_project(folder: Path) -> list[Path]:
    """Write the project; returns its files.

    Raises:
        BadInput: the folder holds a project, or other files, already; nothing is overwritten.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(f"{folder}: exists already and is not empty; give a new folder")
    files = {
        folder / "goldloop.yaml": _CONFIG,
        folder / "README.md": _README,
        folder / "suites/greetings/suite.yaml": _SUITE,
    }
    for name, (split, group, prompt, golden, checks) in _TASKS.items():
        task = folder / "suites/greetings" / name
        files[task / "prompt.md"] = f"---\nsplit: {split}\ngroup: {group}\n---\n{prompt}\n"
        files[task / "golden.py"] = golden
        files[task / "checks.py"] = checks
    for file, text in files.items():
        write_atomic(file, text.encode())
    write_json(folder / SCHEMA_FILE, config_schema())
    return sorted([*files, folder / SCHEMA_FILE])
