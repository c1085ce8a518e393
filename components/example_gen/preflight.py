"""Look at the data before any long work: the checks of ExampleGen in a second, without TFX.

TensorFlow is imported for TFRecord only, Beam for remote paths only.
"""

from components.example_gen.analysis import Analysis, SourceSummary, check_summary
from components.example_gen.batches import read_batches
from components.example_gen.params import DataParams
from components.example_gen.sources import find_files
from components.example_gen.splits import text_hashes

MAX_ROWS = 1_000_000


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
    """  # noqa: DOC502 - raised by what it calls
    files = find_files(params)
    analysis = Analysis(params, numbers_as_text=files[0].format in {"csv", "tsv"})
    left = max_rows
    for source in files:
        for batch in read_batches(source, params):
            rows = len(batch.numbers)
            head = batch.head(left)
            analysis.add(head, text_hashes(head, params))
            if rows > left:
                return _checked(analysis.summary(files, complete=False), params)
            left -= rows
    return _checked(analysis.summary(files), params)


def _checked(summary: SourceSummary, params: DataParams) -> SourceSummary:
    check_summary(summary, params)
    return summary
