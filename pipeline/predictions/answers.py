"""Classify texts and explain the answers, from Python."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.extras import missing_extras
from bert_aas.contracts.files.file_errors import file_errors
from models.attribution.attributed import DEFAULT_STEPS, Attribution
from pipeline.environment import quiet_libraries
from pipeline.predictions.arguments import check_texts
from pipeline.predictions.pushed_model import Predictor, version_folder
from serving.client.answers import Prediction


def predict(
    model_dir: str | Path,
    texts: Sequence[str],
    text_pairs: Sequence[str] | None = None,
    *,
    batch_size: int = 64,
) -> list[Prediction]:
    """Classify texts with a pushed model, in this process.

    It needs the extra `serving`, and neither TFX nor TensorFlow's Python package. Each call loads
    the model; ask a server where many calls follow each other.

    Args:
        model_dir: A version folder, or the folder of versions; of those the newest is taken.
        texts: The texts, n.
        text_pairs: The second texts, n, for models of pairs.
        batch_size: Rows per call of the model, at least 1.

    Returns:
        n predictions, in order.

    Raises:
        InvalidInputError: If the folder holds no model of texts, or the model wants pairs and there
            are none or the other way round.

    Example:
        >>> from bert_aas import predict
        >>> first, second = predict("output/demo/serving_model", ["It fits.", "It broke."])
        >>> first.label in first.probabilities
        True
    """
    columns = _columns(texts, text_pairs)
    if batch_size < 1:
        raise InvalidInputError(f"batch_size is {batch_size}; give at least 1")
    with missing_extras(), file_errors(), closing(Predictor(_folder(model_dir))) as model:
        if model.takes_pairs != (text_pairs is not None):
            kind = "pairs of texts" if model.takes_pairs else "single texts, not pairs"
            raise InvalidInputError(f"the model classifies {kind}")
        found = model.predict(columns, batch_size)
    return [
        Prediction(label, float(row.max()), dict(zip(found.classes, row.tolist(), strict=True)))
        for label, row in zip(found.labels, found.probabilities, strict=True)
    ]


def explain(
    model_dir: str | Path,
    texts: Sequence[str],
    text_pairs: Sequence[str] | None = None,
    *,
    target: str | None = None,
    steps: int = DEFAULT_STEPS,
) -> list[Attribution]:
    """Say what each word of a text contributed to its class, with a pushed model.

    It needs the extra `pipeline`: integrated gradients are TensorFlow's.

    Args:
        model_dir: A version folder, or the folder of versions; of those the newest is taken.
        texts: The texts, n.
        text_pairs: The second texts, n, for models of pairs.
        target: The class to explain; else the likeliest one of each text.
        steps: Points of the integral, at least 1: more are slower and more exact.

    Returns:
        n attributions, in order.

    Raises:
        InvalidInputError: If the folder holds no model of ours, the model wants pairs and there are
            none or the other way round, or it has no such class.

    Example:
        >>> from bert_aas import explain
        >>> (found,) = explain("output/demo/serving_model", ["warm jacket"])
        >>> len(found.words)  # each has its `text` and its `score`
        2
    """
    _columns(texts, text_pairs)
    if steps < 1:
        raise InvalidInputError(f"steps is {steps}; give at least 1")
    folder = _folder(model_dir)
    quiet_libraries()
    with missing_extras(), file_errors():
        from models.attribution.attribution import Explainer

        return Explainer(str(folder)).explain(texts, text_pairs, target=target, steps=steps)


def _folder(model_dir: str | Path) -> Path:
    return version_folder(Path(model_dir).expanduser())


def _columns(texts: Sequence[str], text_pairs: Sequence[str] | None) -> list[Sequence[str]]:
    columns = {"texts": texts, **({} if text_pairs is None else {"text_pairs": text_pairs})}
    for name, column in columns.items():
        if isinstance(column, str):
            raise InvalidInputError(f"{name} is one text; give a list of texts")
        check_texts(column, name)
    if text_pairs is not None and len(texts) != len(text_pairs):
        raise InvalidInputError(
            f"there are {len(texts)} texts and {len(text_pairs)} second texts; give the "
            "same number of both"
        )
    return list(columns.values())
