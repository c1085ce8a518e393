"""Look at the data before any long work: the checks of ExampleGen in a second, without TFX.

TensorFlow is imported for TFRecord only, Beam for remote paths only.
"""

from collections.abc import Iterator

from bert_aas.tables.reading import detected
from bert_aas.tables.sources import SourceFile
from components.example_gen.params import DataParams
from components.example_gen.reading.batches import read_batches
from components.example_gen.reading.rows import required_columns
from components.example_gen.reading.sources import find_files
from components.example_gen.splitting.analysis import Analysis, SourceSummary, check_summary
from components.example_gen.splitting.splits import split_keys

MAX_ROWS = 1_000_000
_MAX_FILES_NOTED = 20


def inspect(params: DataParams, max_rows: int = MAX_ROWS) -> SourceSummary:
    """Read the data once and refuse what ExampleGen would refuse later.

    Args:
        params: What to read and how.
        max_rows: Stop after so many rows; checks that need all rows are then left to the run.

    Returns:
        Counts, columns, classes and splits.

    Raises:
        InvalidInputError: If the data are missing, cannot be read, lack a column, hold rows that
            cannot be used (with `bad_rows: refuse`), or are too few for a classifier.
    """
    files = find_files(params)
    analysis = Analysis(params, numbers_as_text=files[0].format in {"csv", "tsv"})
    left = max_rows
    for source in files:
        for batch in read_batches(source, params):
            rows = len(batch.numbers)
            head = batch.head(left)
            analysis.add(head, split_keys(head, params))
            if rows > left:
                return _checked(analysis.summary(files, complete=False), files, params)
            left -= rows
    return _checked(analysis.summary(files), files, params)


def _checked(
    summary: SourceSummary, files: tuple[SourceFile, ...], params: DataParams
) -> SourceSummary:
    check_summary(summary, params)
    return summary.model_copy(update={"notices": tuple(_notices(summary, files, params))})


def _notices(
    summary: SourceSummary, files: tuple[SourceFile, ...], params: DataParams
) -> Iterator[str]:
    """Say which files are not read as their names suggest, and which rows are left out."""
    for source in files[:_MAX_FILES_NOTED]:
        yield from detected(source, required_columns(params))
    if summary.trimmed_labels:
        yield f"spaces around the labels of {summary.trimmed_labels:,} rows are removed"
    if summary.bad_rows:
        total = summary.rows + summary.bad_rows
        yield (
            f"{summary.bad_rows:,} of {total:,} rows cannot be used and are left out "
            f"(data.bad_rows: reject); the first: {summary.first_bad}"
        )
