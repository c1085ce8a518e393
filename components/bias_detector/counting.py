"""Count the rows of ExampleGen's splits, a batch at a time."""

from collections.abc import Iterable

from tfx.dsl.io import fileio

from bert_aas.bias.counting import Counted, RowCounter
from bert_aas.bias.questions import Question
from components.example_columns import ExampleColumns
from components.tfrecords import read_tfrecord_batches


def count_examples(folders: Iterable[str], question: Question) -> Counted:
    """Count the rows of some splits.

    Args:
        folders: Folders of gzip TFRecords of tf.Example.
        question: What to count.

    Returns:
        The counts. What cannot be counted raises `InvalidInputError`.
    """
    counter = RowCounter(question)
    columns = ExampleColumns(question.columns)
    for folder in folders:
        for path in sorted(fileio.glob(f"{folder}/*")):
            for batch in read_tfrecord_batches(path):
                counter.add(columns.read(batch))
    return counter.counted()
