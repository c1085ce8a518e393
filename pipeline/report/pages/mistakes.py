"""The worst mistakes of a model as a table."""

from pipeline.predictions.mistakes import Mistakes
from pipeline.report.pages.fragment import Fragment, render_template

_TEMPLATE = "pages/mistakes.html.j2"


def mistakes_table(mistakes: Mistakes) -> Fragment:
    """Show the rows that a model gets wrong, the surest first.

    Args:
        mistakes: As `pipeline.predictions.mistakes.find_mistakes` gives them.

    Returns:
        The table; it holds texts of the data, which reports never do.
    """
    columns = list(dict.fromkeys(name for found in mistakes.worst for name in found.row.columns))
    return render_template(_TEMPLATE, "The worst mistakes", mistakes=mistakes, columns=columns)
