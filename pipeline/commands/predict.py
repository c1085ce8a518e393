"""`bert-aas predict`: classify texts or the rows of a file."""

from pathlib import Path
from typing import Any

import click

from pipeline.commands.options import (
    FILE,
    TRANSFORM_OPTIONS,
    reading_options,
    transform_options,
)


@click.command()
@click.option("--model-dir", type=FILE, help="A version folder, or the folder of versions.")
@click.option("--url", help="REST address of a server to ask instead, e.g. http://localhost:8501.")
@click.option("--grpc", help="gRPC address of a server to ask instead, e.g. localhost:8500.")
@click.option("--model-name", help="Name of the model on the server; needed if it serves several.")
@click.argument("texts", nargs=-1, metavar="[TEXT]...")
@click.option(
    "--input", "input_path", type=FILE, help="Table to classify: CSV, TSV, JSON lines or Parquet."
)
@click.option("--text-column", default="text", show_default=True)
@click.option("--text-pair-column", help="Column of second texts, for models of text pairs.")
@click.option(
    "--label-column",
    help="Column of the labels in --input: also write true_label, and say the accuracy.",
)
@click.option(
    "--labels-of",
    type=FILE,
    help="Folder of the pushed model whose run says how the labels are mapped, for --url and "
    "--grpc: a server does not tell.",
)
@reading_options(" of --input")
@click.option(
    "--output", "output_path", type=FILE, help="File to write; its extension chooses the format."
)
@click.option("--batch-size", default=64, show_default=True, type=click.IntRange(1, 4096))
@transform_options
def predict(
    model_dir: Path | None,
    url: str | None,
    grpc: str | None,
    model_name: str | None,
    **options: Any,
) -> int:
    """Classify texts, or the rows of a file, with a pushed model or a model server.

    A file keeps its rows, order and columns and gains predicted_label, probability and one
    probability_<class> per class. With --label-column it also gains true_label: the class of each
    label, as the model's run mapped it (prepare.label_map).

    With --split-type Line the file is read as SageMaker's batch transform reads it: each line is a
    record, or each row of a CSV; the filters choose by JSONPath what the model gets and what is
    written.
    """
    from pipeline.predictions.model_source import ModelSource

    transform = {name: options.pop(name) for name in TRANSFORM_OPTIONS}
    if any(value is not None for value in transform.values()):
        from pipeline.predictions.batch_transform.asked import run_asked

        return run_asked(ModelSource(model_dir, url, grpc, model_name), transform, options)
    from bert_aas.tables.options import checked_options
    from pipeline.predictions.prediction import run_predict

    given = checked_options(*(options.pop(name) for name in ("encoding", "separator", "quoting")))
    return run_predict(ModelSource(model_dir, url, grpc, model_name), options=given, **options)
