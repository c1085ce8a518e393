"""MkDocs' hooks: pages of the repository's root join the site, and links to the root work there."""

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
ROOT_PAGES = ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
_OUT_OF_DOCS = re.compile(r"\]\(\.\./([A-Z]+\.md)")
_INTO_DOCS = re.compile(r"\]\(docs/")


def on_files(files: Files, *, config: Any) -> Files:
    """Add the pages of the root.

    Args:
        files: The files of docs/.
        config: MkDocs' configuration.

    Returns:
        The files of the site.
    """
    for name in ROOT_PAGES:
        text = _INTO_DOCS.sub("](", (ROOT / name).read_text(encoding="utf-8"))
        files.append(File.generated(config, name, content=text))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Turn links to pages of the root into links within the site; the README's place has the index.

    Args:
        markdown: Text of a page.

    Returns:
        The text with its links.
    """
    return _OUT_OF_DOCS.sub(_link, markdown)


def _link(found: "re.Match[str]") -> str:
    return "](index.md" if found[1] == "README.md" else f"]({found[1]}"
