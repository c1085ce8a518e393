"""Turn sections and other templates of this package into HTML."""

from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bert_aas.contracts.plain_text import printable
from pipeline.report import formatting
from pipeline.report.charts.graph import STATE_SIGNS
from pipeline.report.data import ReportData
from pipeline.report.section import Section

_PACKAGE = "pipeline.report"
_SECTION = "section.html.j2"


def render_section(section: Section[Any], data: ReportData, templates: Environment) -> Markup:
    """Render a section with its heading, its note and what it read.

    Args:
        section: The section.
        data: The report.
        templates: From `environment`.

    Returns:
        The section; nothing if the report does not have it.
    """
    if section.name not in data.sections:
        return Markup()
    shown = {section.name: data.value(section), **section.helpers}
    html = templates.get_template(_SECTION).render(report=data, section=section, **shown)
    return Markup(html)  # noqa: S704 - escaped by Jinja


def style(*names: str) -> Markup:
    """Read style sheets of this package.

    Args:
        names: Files in `templates/styles`.

    Returns:
        Their content, one after the other.
    """
    folder = files(_PACKAGE).joinpath("templates/styles")
    css = "".join(folder.joinpath(name).read_text(encoding="utf-8") for name in names)
    return Markup(css)  # noqa: S704 - our own files


def _shown(value: Any) -> Any:
    """Spell out what would turn the text around it; tags and entities are escaped later."""
    is_text = isinstance(value, str) and not isinstance(value, Markup)
    return printable(value, lines=True) if is_text else value


def environment() -> Environment:
    """Prepare Jinja for the templates of this package.

    Returns:
        The environment, with the filters that templates use.
    """
    environment = Environment(
        loader=PackageLoader(_PACKAGE),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        finalize=_shown,
    )
    environment.filters |= {
        "number": formatting.number,
        "share": formatting.share,
        "metric": formatting.metric,
        "duration": formatting.duration,
        "shorten": formatting.shorten,
        "in_words": formatting.in_words,
    }
    environment.globals["state_signs"] = STATE_SIGNS
    return environment
