"""`bert-aas bias`: how far groups of rows differ in their labels and their predictions."""

from pathlib import Path
from typing import Any

import click

from pipeline.commands.options import FILE, reading_options


@click.command()
@click.argument("path", type=FILE, metavar="FILE")
@click.option(
    "--facet",
    "facets",
    multiple=True,
    metavar="COLUMN[=VALUE]",
    help="Whom to compare with the rest: each value of a column, one value, or COLUMN>NUMBER and "
    "COLUMN<NUMBER. Can be repeated.",
)
@click.option(
    "--facet-words",
    "words",
    multiple=True,
    metavar="NAME=PATTERN",
    help="A facet of the rows whose text has a word that fits the regular expression; the same "
    "NAME again adds a pattern.",
)
@click.option("--label-column", default="label", show_default=True)
@click.option(
    "--positive",
    multiple=True,
    metavar="CLASS",
    help="The class that counts as positive; repeated: these together. Default: each in turn.",
)
@click.option(
    "--predicted-column",
    metavar="COLUMN",
    help="The predicted classes: measures how far a model treats the groups differently, too.",
)
@click.option(
    "--feature",
    "features",
    multiple=True,
    metavar="COLUMN",
    help="A column of numbers in which FT looks for similar rows. Can be repeated.",
)
@click.option("--group", metavar="COLUMN", help="The groups within which CDDL and CDDPL compare.")
@click.option(
    "--text-column",
    "texts",
    multiple=True,
    default=("text",),
    show_default=True,
    help="Where --facet-words looks.",
)
@click.option(
    "--max",
    "limits",
    multiple=True,
    metavar="METRIC=LIMIT",
    help="End with exit code 4 where a figure is farther from 0, e.g. DPL=0.2.",
)
@click.option(
    "--json", "json_path", type=FILE, help="Write analysis.json here; - prints it in place of text."
)
@reading_options()
def bias(path: Path, **options: Any) -> int:
    """Measure how far groups of rows differ in their labels, and in what a model predicts.

    FILE is a table: CSV, TSV, JSON lines, Parquet or TFRecord. Shown are CI, DPL, KL, JS, LP, TVD,
    KS and CDDL of the labels; of predictions DPPL, DI, DCAcc, DCR, AD, RD, DAR, DRR, SD, TE, FT,
    CDDPL and GE; all with intervals at 95 %. Exit codes: 0 measured, 4 beyond a limit, 2 refused
    input.

    For example: bert-aas bias hired.csv --facet sex=f --label-column hired --positive yes
    """
    from bert_aas.tables.options import checked_options
    from pipeline.commands.work.data.bias_of_file import BiasRequest, run_bias

    read = checked_options(*(options.pop(name) for name in ("encoding", "separator", "quoting")))
    return run_bias(BiasRequest(path=path, options=read, **options))
