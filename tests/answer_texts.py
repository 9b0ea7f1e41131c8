"""Answers of several blocks, in the styles that models write, by what is special in each."""

from __future__ import annotations

TRIPLE = "def triple(x):\n    return 3 * x\n"


def block(code: str, tag: str = "python") -> str:
    return f"```{tag}\n{code}```\n"


TRIPLES = {
    "plain": block(TRIPLE),
    "an install command first": f"First get the package:\n```bash\npip install numlib\n```\nThen:\n{block(TRIPLE)}",
    "an install command without a tag": f"```\npip install numlib\n```\n\n{block(TRIPLE)}",
    "an install command in a block of Python": f"```python\n!pip install numlib\n```\n\n{block(TRIPLE)}",
    "an output first": f"For 2 it should give\n```\n6\n```\nso here it is:\n{block(TRIPLE)}",
    "an output that is tagged": f"Expected:\n```text\n>>> triple(2)\n6\n```\n### Solution\n{block(TRIPLE)}",
    "data first": f'Input:\n```json\n{{"x": 2}}\n```\n{block(TRIPLE, "py")}',
    "a helper first": "A helper first:\n"
    + block("def _times(x, n):\n    return n * x\n")
    + "Then the function:\n"
    + block("def triple(x):\n    return _times(x, 3)\n"),
    "a helper last": block("def triple(x):\n    return _times(x, 3)\n")
    + "where `_times` is\n"
    + block("def _times(x, n):\n    return n * x\n"),
    "imports in a block of their own": "We need `math`:\n"
    + block("import math\n")
    + "Now the function:\n"
    + block("def triple(x):\n    return math.prod([3, x])\n"),
    "a constant in a block of its own": "Step 1: the factor\n"
    + block("FACTOR = 3\n")
    + "Step 2: the function\n"
    + block("def triple(x):\n    return FACTOR * x\n"),
    "a stub first": "The signature:\n" + block("def triple(x):\n    pass\n") + "Filled in:\n" + block(TRIPLE),
    "a stub with a docstring": block('def triple(x):\n    """Three times x."""\n    ...\n') + "So:\n" + block(TRIPLE),
    "a stub that raises": block("def triple(x):\n    raise NotImplementedError\n") + "\n" + block(TRIPLE),
    "the buggy code first": "Your original code is\n"
    + block("def triple(x):\n    return x + 3\n")
    + "It adds instead of multiplying. Here is the corrected version:\n"
    + block(TRIPLE),
    "a naive version first": "Let's start with a naive version:\n"
    + block("def triple(x):\n    return sum(x for _ in range(x))\n")
    + "This is wrong below zero. Multiplying works:\n"
    + block(TRIPLE),
    "a usage example after": block(TRIPLE) + "Usage:\n" + block("from answer import triple\nprint(triple(2))\n"),
    "a usage example first": "You want to write\n" + block("y = triple(2)\nprint(y)\n") + "for which you need\n" + block(TRIPLE),
    "an example with a class after": block(TRIPLE)
    + "You can use it like this:\n"
    + block("from answer import triple\n\nclass Thing:\n    size = triple(2)\n"),
    "tests after": block(TRIPLE)
    + "Tests:\n"
    + block("import pytest\nfrom answer import triple\n\ndef test_triple():\n    assert triple(2) == 6\n"),
    "a second way": block(TRIPLE) + "Alternatively:\n" + block("def triple(x):\n    return nothing(x)\n"),
    "another way by another name": block(TRIPLE) + "Or, shorter:\n" + block("def triple(x): return x +\n"),
    "a lambda": block("triple = lambda x: 3 * x\n") + "\n" + block("print(triple(2))\n"),
    "a fence within a docstring": block(
        'def triple(x):\n    """Three times.\n\n```python\ntriple(2)\n```\n    """\n    return 3 * x\n'
    ),
    "a fence within a string": block('HELP = """\n```\ntriple(2)\n```\n"""\n\ndef triple(x):\n    return 3 * x\n'),
    "a closing fence forgotten": f"```python\n{TRIPLE}```python\nprint(triple(2))\n```\n",
    "words behind the closing fence": f"```python\n{TRIPLE}``` This triples.\n\n{block('triple(2)' + chr(10))}",
    "an answer as a document": f"```markdown\n# Answer\n\n{block(TRIPLE)}```\n",
    "a fence of four": f"````python\n{TRIPLE}````\n",
    "code without a fence beside an output in one": f"{TRIPLE}\nFor 2 this gives\n\n```\n6\n```\n",
    "an untagged answer after a tagged usage": "```python\nprint(triple(2))\n```\nwith\n```\n" + TRIPLE + "```\n",
    "thinking with a draft": f"<think>\n{block('def triple(x):' + chr(10) + '    return 1' + chr(10))}</think>\n{block(TRIPLE)}",
    "a traceback first": "Your code raises\n```\nTypeError: it's wrong\n```\n" + block(TRIPLE),
    "a line of it first": "The idea is to multiply:\n" + block("return 3 * x\n") + "As a function:\n" + block(TRIPLE),
    "pseudo-code first": "Pseudocode:\n" + block("function triple(x):\n  return 3*x\n", "") + block(TRIPLE),
    "wrong and right under headings": "### Incorrect\n"
    + block("def triple(x):\n    return 2 * x\n")
    + "### Correct\n"
    + block(TRIPLE),
    "before and after": "**Before:**\n" + block("def triple(x):\n    return 2 * x\n") + "**After:**\n" + block(TRIPLE),
    "where the bug is": "The bug is here:\n" + block("def triple(x):\n    return 2 * x\n") + "It should be:\n" + block(TRIPLE),
    "a type in a block of its own": "The type:\n"
    + block("from typing import Union\n\nNumber = Union[int, float]\n")
    + "The function:\n"
    + block("def triple(x: Number) -> Number:\n    return 3 * x\n"),
    "files of a project": "```\nproject/\n├── answer.py\n└── test.py\n```\n**answer.py**\n"
    + block(TRIPLE)
    + "**test.py**\n"
    + block("import unittest\nfrom answer import triple\n\nclass TestIt(unittest.TestCase):\n    pass\n\nunittest.main()\n"),
    "a block that was never closed": f"```python\ndef triple(x):\n    pass\n\nNow the code:\n\n{block(TRIPLE)}",
    "cut off after a fence within a docstring": '```python\ndef triple(x):\n    """\n    ```\n    triple\n    ```\n    """\n'
    "    return 3 * x",
    "code of an older Python beside it": block("def show(x):\n    print x\n") + "In Python 3:\n" + block(TRIPLE),
    "a change as a diff first": "```diff\n-def triple(x): return x\n+def triple(x): return 3*x\n```\nAll of it:\n"
    + block(TRIPLE),
    "all of it once more": "First the helper:\n"
    + block("def _times(x, n):\n    return n * x\n")
    + "Then:\n"
    + block("def triple(x):\n    return _times(x, 3)\n")
    + "Putting it all together:\n"
    + block("def _times(x, n):\n    return n * x\n\ndef triple(x):\n    return _times(x, 3)\n\nprint(triple(2))\n"),
}


PROGRAMS = {
    "plain": block("n = int(input())\nprint(n + 1)\n"),
    "a fragment first": "Reading the input:\n"
    + block("n = int(input())\n")
    + "All of it:\n"
    + block("n = int(input())\nprint(n + 1)\n"),
    "a function first": "The function:\n"
    + block("def up(n):\n    return n + 1\n")
    + "The program:\n"
    + block("print(up(int(input())))\n"),
    "a function with its program after": block("def up(n):\n    return n + 1\n")
    + "Complete program:\n"
    + block("def up(n):\n    return n + 1\n\nif __name__ == '__main__':\n    print(up(int(input())))\n"),
    "a sample first": "Sample:\n```\n3\n```\nprints\n```\n4\n```\n" + block("print(int(input()) + 1)\n"),
    "a run of it after": block("print(int(input()) + 1)\n") + "Run it:\n```bash\necho 3 | python answer.py\n```\n",
}


UP = "function up(x) {\n  return x + 1;\n}\n"
SCRIPTS = {
    "plain": block(UP, "javascript"),
    "an install command first": "```bash\nnpm install lodash\n```\n" + block(UP, "js"),
    "an output first": "It gives\n```\n[ 1, 2 ]\n```\n" + block(UP, "js"),
    "a stub first": block("function up(x) {\n  // TODO\n}\n", "js") + "So:\n" + block(UP, "js"),
    "a stub that throws": block("function up(x) {\n  throw new Error('Not implemented');\n}\n", "js") + block(UP, "js"),
    "a usage example after": block(UP, "js") + "Usage:\n" + block("const { up } = require('./up');\nconsole.log(up(1));\n", "js"),
    "a usage example first": block("console.log(up(1));\n", "js") + "with\n" + block(UP, "js"),
    "a fence in a template": block(
        "const HELP = `\n\\`\\`\\`\nup(1)\n\\`\\`\\`\n`;\nfunction up(x) {\n  return x + 1;\n}\n", "js"
    ),
    "a second way": block(UP, "js") + "Or with an arrow function:\n" + block("const up = (x) => x + one;\n", "js"),
}


QUERY_TEXT = "SELECT a FROM t WHERE a > 1;\n"
QUERIES = {
    "plain": block(QUERY_TEXT, "sql"),
    "a schema first": "The table:\n"
    + block("CREATE TABLE t (a INT);\nINSERT INTO t VALUES (1);\n", "sql")
    + block(QUERY_TEXT, "sql"),
    "a look first": "First, look at the table:\n"
    + block("SELECT * FROM t LIMIT 5;\n", "sql")
    + "Then:\n"
    + block(QUERY_TEXT, "sql"),
    "a part first": "Step 1: the groups\n"
    + block("WITH s AS (\n  SELECT a FROM t\n)\n", "sql")
    + "Full query:\n"
    + block(QUERY_TEXT, "sql"),
    "an outline first": block("SELECT ...\nFROM t\n", "sql") + "that is\n" + block(QUERY_TEXT, "sql"),
    "a result after": block(QUERY_TEXT, "sql") + "gives\n```\n| a |\n| 2 |\n```\n",
    "another way after": block(QUERY_TEXT, "sql") + "Alternatively:\n" + block("SELECT b FROM t;\n", "sql"),
    "a command first": "```bash\nduckdb my.db\n```\n" + block(QUERY_TEXT, "sql"),
}
