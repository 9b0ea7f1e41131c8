"""Code extraction: one property of completions a test."""

from __future__ import annotations

import pytest

from evals.extract import Extraction, extract_code

CODE = "def f(x):\n    return x + 1\n"
OTHER = "def g(x):\n    return 0\n"


def code(completion: str, language: str = "python") -> str:
    found = extract_code(completion, language)
    assert found is not None
    return found.code


@pytest.mark.parametrize("tag", ["python", "py", "python3", "Python", "python title=a.py"])
def test_a_fenced_block_is_taken(tag: str) -> None:
    assert extract_code(f"```{tag}\n{CODE}```") == Extraction(code=CODE, how="fence")


def test_prose_around_a_fence_is_dropped() -> None:
    assert code(f"Here you are:\n\n```python\n{CODE}```\n\nIt adds one.") == CODE


def test_a_fence_cut_off_by_the_length_limit_is_taken_to_its_end() -> None:
    assert code(f"```python\n{CODE}") == CODE


def test_tildes_are_fences() -> None:
    assert code(f"~~~python\n{CODE}~~~\nprose") == CODE


def test_a_longer_fence_holds_a_shorter_one() -> None:
    body = 'def f():\n    """\n```\nexample\n```\n    """\n'
    assert code(f"````python\n{body}````\n") == body


def test_windows_line_ends_close_a_fence() -> None:
    assert code(f"```python\n{CODE}```\nprose".replace("\n", "\r\n")) == CODE


def test_a_fence_indented_in_a_list_is_taken_without_its_indentation() -> None:
    indented = "".join(f"   {line}\n" for line in ["```python", *CODE.splitlines(), "```"])
    assert code(f"1. Answer:\n\n{indented}") == CODE


def test_the_first_defining_block_wins_over_a_usage_example() -> None:
    assert code(f"```python\nprint(f(1))\n```\nwith\n```python\n{CODE}```\n") == CODE


def test_the_first_of_two_definitions_wins() -> None:
    assert code(f"```python\n{CODE}```\nor\n```python\n{OTHER}```") == CODE


def test_a_block_of_the_tasks_language_wins_over_others() -> None:
    assert code(f"```bash\npip install x\n```\n```python\n{CODE}```") == CODE


def test_an_untagged_block_is_taken_where_no_other_is() -> None:
    assert extract_code(f"```\n{CODE}```") == Extraction(code=CODE, how="any_fence")


def test_an_untagged_definition_wins_over_an_untagged_command() -> None:
    assert code(f"```\npip install x\n```\nthen\n```\n{CODE}```") == CODE


def test_an_empty_block_is_no_answer() -> None:
    assert code(f"```python\n```\n```python\n{CODE}```") == CODE


def test_bare_code_is_taken() -> None:
    assert extract_code(CODE) == Extraction(code=CODE, how="bare")


def test_prose_around_bare_code_is_cut_off() -> None:
    assert code(f"Sure, here it is:\n\n{CODE}\nThis function adds one.\n").strip() == CODE.strip()


def test_bare_imports_and_decorators_belong_to_the_code() -> None:
    body = f"from functools import cache\n\n@cache\n{CODE}"
    assert code(body) == body


@pytest.mark.parametrize("tag", ["think", "thinking", "THINK"])
def test_a_draft_in_thinking_is_no_answer(tag: str) -> None:
    assert code(f"<{tag}>\n```python\n{OTHER}```\n</{tag}>\n```python\n{CODE}```") == CODE


def test_thinking_that_the_template_opened_is_no_answer() -> None:
    assert code(f"Maybe:\n```python\n{OTHER}```\n</think>\n```python\n{CODE}```") == CODE


def test_thinking_without_an_end_is_no_answer() -> None:
    assert extract_code(f"<think>\n```python\n{OTHER}```\nHmm, but") is None


def test_code_that_handles_thinking_tags_stays_whole() -> None:
    body = 'def f(s):\n    return re.sub("<think>.*</think>", "", s)\n'
    assert code(f"```python\n{body}```") == body


@pytest.mark.parametrize("completion", ["", "   \n", "I cannot do that.", "```\n\n```"])
def test_no_code_is_none(completion: str) -> None:
    assert extract_code(completion) is None


def test_sql_in_a_fence_is_taken() -> None:
    assert code("Use:\n```sql\nSELECT 1\n```\n", "sql") == "SELECT 1\n"


def test_a_query_wins_over_other_statements() -> None:
    assert code("```sql\nCREATE TABLE t (a INT);\n```\n```sql\nSELECT a FROM t\n```", "sql") == "SELECT a FROM t\n"


def test_bare_sql_ends_at_the_first_blank_line() -> None:
    assert code("The query:\nselect a\nfrom t\n\nIt reads t.", "sql").strip() == "select a\nfrom t"
