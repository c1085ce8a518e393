"""Pieces of the report on their own: what notebooks show, with the style inside."""

import html
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from bert_aas.contracts.files.atomic import write_text
from bert_aas.contracts.plain_text import printable
from pipeline.report.data import ReportData
from pipeline.report.pages.rendering import environment, render_section, style
from pipeline.report.section import Section

# Thrice: a notebook page's own rules for tables must not win by being more specific.
_SCOPE = ".bert-aas.bert-aas.bert-aas"
_STYLES = ("style.css", "fragment.css")
_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><title>{title}</title></head>
<body style="margin: 0; background: #f4f5f8">
{body}
</body>
</html>
"""


@dataclass(frozen=True)
class Fragment:
    """A piece of HTML that needs neither network nor scripts, in a notebook or a page.

    Attributes:
        title: What it shows.
        body: HTML without the style.
    """

    title: str
    body: Markup

    def html(self) -> str:
        """Return the piece with its style, which touches nothing else on the page."""
        return (
            f"<style>{_scoped_style()}</style>\n"
            f'<div class="bert-aas" aria-label="{html.escape(self.title)}">{self.body}</div>'
        )

    def write(self, path: Path) -> None:
        """Write a page of its own; the file appears complete or not at all.

        Args:
            path: The HTML file to write; its folder is made if needed.
        """
        write_text(path, self.page())

    def page(self) -> str:
        """Return a page of its own."""
        title = html.escape(printable(self.title))
        return _PAGE.format(title=title, body=self.html())

    def _repr_html_(self) -> str:
        """Show the piece in a notebook."""
        return self.html()

    def __repr__(self) -> str:
        return f"<Fragment: {self.title}>"


def show_section(section: Section[Any], data: ReportData) -> Fragment:
    """Render one section of a report.

    Args:
        section: The section.
        data: What to show.

    Returns:
        The section.
    """
    return Fragment(section.title, render_section(section, data, environment()))


def render_template(template: str, title: str, **values: Any) -> Fragment:
    """Render a template of this package.

    Args:
        template: File in `templates`.
        title: What it shows.
        values: What the template uses.

    Returns:
        The piece; values are escaped unless they are markup already.
    """
    rendered = environment().get_template(template).render(**values)
    return Fragment(title, Markup(rendered))  # noqa: S704 - escaped by Jinja


def _scoped_style() -> str:
    """Nest the report's rules, so that they hold inside the piece only."""
    rules = str(style(*_STYLES)).replace(":root {", "& {").replace("\nbody {", "\n& {")
    return f"{_SCOPE} {{\n{rules}}}"
