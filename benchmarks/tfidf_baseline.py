"""Measure the bag-of-words baseline: TF-IDF of words and pairs of words, logistic regression.

Prints one line of JSON: accuracy and macro F1 on the test rows. With `--train-examples` and
`--test-examples` it learns and is tested on the very rows of a pipeline's splits.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.pipeline import Pipeline, make_pipeline

REGULARISATION = (0.3, 1.0, 3.0, 10.0, 30.0)
VALIDATION_SHARE = (
    1 / 9
)  # of the rows that are not for testing: 80/10/10 at the default test fraction
MAX_ITERATIONS = 2000


class Rows(NamedTuple):
    """Texts and their labels, in the same order."""

    texts: list[str]
    labels: list[str]


class BaselineError(Exception):
    """The data asked for cannot be used; the message says why."""


def split_point(text: str, salt: str) -> float:
    """Map a text to [0, 1) by its hash, so that equal texts share a split."""
    digest = hashlib.sha256(f"{salt}:{text}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def split_rows(rows: Rows, fraction: float, salt: str) -> tuple[Rows, Rows]:
    """Split rows by hash of the text.

    Args:
        rows: All rows.
        fraction: Share of the second part, between 0 and 1.
        salt: Makes splits with different purposes independent.

    Returns:
        The larger part and the part of the wanted share.
    """
    parts = Rows([], []), Rows([], [])
    for text, label in zip(*rows, strict=True):
        part = parts[split_point(text, salt) < fraction]
        part.texts.append(text)
        part.labels.append(label)
    return parts


def read_csv(path: Path, text_column: str, label_column: str) -> Rows:
    """Read the rows of a CSV file that have both a text and a label.

    Args:
        path: CSV file, UTF-8.
        text_column: Name of the column of texts.
        label_column: Name of the column of labels.

    Returns:
        The rows, in the order of the file.

    Raises:
        BaselineError: If the file or a column does not exist, or the file is no CSV.
    """
    if not path.is_file():
        raise BaselineError(f"There is no file {path}.")
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except ValueError as exc:  # pandas' parser errors and wrong UTF-8 alike
        raise BaselineError(f"{path} is no UTF-8 CSV file: {str(exc).strip()}") from exc
    for column in (text_column, label_column):
        if column not in table.columns:
            raise BaselineError(f"{path} has no column {column!r}, only {list(table.columns)}.")
    table = table[(table[text_column].str.strip() != "") & (table[label_column] != "")]
    return Rows(table[text_column].tolist(), table[label_column].tolist())


def read_examples(folder: Path, text_feature: str, label_feature: str) -> Rows:
    """Read a folder of gzip TFRecord files of tf.Example.

    Args:
        folder: Folder of one split, for example `Split-train`.
        text_feature: Name of the bytes feature of texts.
        label_feature: Name of the feature of labels: bytes, int64 or float.

    Returns:
        The rows that have both a text and a label.

    Raises:
        BaselineError: If the folder holds no TFRecord file, or no row has both features.
    """
    import tensorflow as tf

    files = sorted(str(path) for path in folder.glob("*.gz"))
    if not files:
        raise BaselineError(f"{folder} holds no gzip TFRecord files (*.gz).")
    rows = Rows([], [])
    for record in tf.data.TFRecordDataset(files, compression_type="GZIP").as_numpy_iterator():
        features = tf.train.Example.FromString(record).features.feature
        text, label = first_value(features[text_feature]), first_value(features[label_feature])
        if text.strip() and label:
            rows.texts.append(text)
            rows.labels.append(label)
    if not rows.texts:
        raise BaselineError(f"No row in {folder} has both {text_feature!r} and {label_feature!r}.")
    return rows


def first_value(feature: object) -> str:
    """Return a `tf.train.Feature`'s first value as a string, "" where it has none."""
    for kind in ("bytes_list", "int64_list", "float_list"):
        values = getattr(feature, kind).value
        if values:
            return values[0].decode() if isinstance(values[0], bytes) else str(values[0])
    return ""


def fit(train: Rows, regularisation: float) -> Pipeline:
    """Fit the baseline with one value of C."""
    model = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        LogisticRegression(C=regularisation, max_iter=MAX_ITERATIONS),
    )
    return model.fit(train.texts, train.labels)


def measure(train: Rows, test: Rows) -> dict[str, float | int]:
    """Choose C on a validation part, fit on all training rows, and score the test rows.

    Args:
        train: Rows to learn from.
        test: Rows to score.

    Returns:
        `accuracy`, `macro_f1`, `C`, `train_rows` and `test_rows`.

    Raises:
        BaselineError: If a split is empty or the training rows have one label only.
    """
    if not test.texts or len(set(train.labels)) < 2:  # noqa: PLR2004 - two classes at least
        raise BaselineError("Test rows, and training rows of at least two labels, are needed.")
    part, validation = split_rows(train, VALIDATION_SHARE, salt="validation")
    if not validation.texts or len(set(part.labels)) < 2:  # noqa: PLR2004 - as above
        raise BaselineError(f"{len(train.texts)} training rows are too few to choose C.")
    best = max(REGULARISATION, key=lambda value: fit(part, value).score(*validation))
    predicted = fit(train, best).predict(test.texts)
    return {
        "accuracy": round(float(accuracy_score(test.labels, predicted)), 4),
        "macro_f1": round(float(f1_score(test.labels, predicted, average="macro")), 4),
        "C": best,
        "train_rows": len(train.texts),
        "test_rows": len(test.texts),
    }


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", type=Path, help="CSV file; split by hash of the text")
    source.add_argument("--train-examples", type=Path, help="folder of gzip TFRecord files")
    parser.add_argument("--test-examples", type=Path, help="folder of gzip TFRecord files")
    parser.add_argument("--text-column", default="review_body", help="(review_body)")
    parser.add_argument("--label-column", default="sentiment", help="(sentiment)")
    parser.add_argument(
        "--test-fraction", type=float, default=0.1, help="share of test rows in --data (0.1)"
    )
    options = parser.parse_args(arguments)
    if (options.train_examples is None) != (options.test_examples is None):
        parser.error("--train-examples and --test-examples go together")
    if not 0 < options.test_fraction < 1:
        parser.error(f"--test-fraction must lie between 0 and 1, not {options.test_fraction}")
    return options


def load(options: argparse.Namespace) -> tuple[Rows, Rows]:
    """Read the training and the test rows that the command line names."""
    columns = options.text_column, options.label_column
    if options.data is not None:
        return split_rows(read_csv(options.data, *columns), options.test_fraction, salt="test")
    train = read_examples(options.train_examples, *columns)
    return train, read_examples(options.test_examples, *columns)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print one line of JSON, return the exit code."""
    options = parse_arguments(arguments)
    try:
        figures = measure(*load(options))
    except BaselineError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
