"""A table of texts and labels before any run: what it holds, what is wrong, what it needs."""

from bert_aas.preparation.quality.report import QualityReport
from pipeline.report.charts.data_and_training import class_bars, length_histogram
from pipeline.report.pages.fragment import Fragment, render_template
from pipeline.report.reading.lengths import LengthDistribution


def draw_quality(report: QualityReport) -> Fragment:
    """Draw what `bert-aas data check` has found.

    Args:
        report: The report.

    Returns:
        A page with findings, classes, lengths, columns and the suggested configuration.
    """
    return render_template(
        "pages/quality.html.j2",
        "Data check",
        report=report,
        lengths=_distribution(report),
        class_bars=class_bars,
        length_histogram=length_histogram,
    )


def _distribution(report: QualityReport) -> LengthDistribution | None:
    lengths = report.lengths
    if lengths is None:
        return None
    rows = sum(lengths.counts)
    return LengthDistribution(
        edges=lengths.edges,
        counts=lengths.counts,
        mean=lengths.mean,
        median=lengths.median,
        p95=lengths.p95,
        longest=lengths.longest,
        limit=lengths.limit,
        at_limit=lengths.over_limit / rows,
        rows=rows,
    )
