"""What mkdocs does with links that leave ``docs/``: the files of the repository that pages link to become part of the site.

``[Contributing](../CONTRIBUTING.md)`` works where the repository is read as it is, and on the site.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
_LINK = re.compile(r"\]\(\.\./([^)#\s]+)")


def on_files(files: Files, config: Any) -> Files:
    """Add every file of the repository that a page links to."""
    linked: set[str] = set()
    for page in files.documentation_pages():
        linked.update(_LINK.findall(Path(str(page.abs_src_path)).read_text(encoding="utf-8")))
    for name in sorted(linked):
        if (ROOT / name).is_file():
            files.append(File.generated(config, name, abs_src_path=str(ROOT / name)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Links as they are on the site, where those files lie beside the pages."""
    if (ROOT / page.file.src_uri).is_file():
        return markdown.replace("](docs/", "](")
    return markdown.replace("](../", "](")
