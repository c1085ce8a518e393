"""The teacher's probabilities for every row of the training split, computed before the training."""

import io
import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tensorflow_text  # noqa: F401 - registers the ops of the teacher's transform graph

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.atomic import name_aside
from models.encoders.declared_encoder import declared_encoder
from models.params import TrainerParams
from models.text.vocabulary import read_vocabulary
from models.training.batching import TEACHER, batches_by_length
from models.training.fitting import TrainingData
from models.training.precision import choose_precision, training_in
from models.training.progress.progress_lines import PROGRESS_LOGGER
from models.training.teaching.teachers import declared_teacher

SOFT_LABELS_FILE = "teacher.npy"

_Scores: TypeAlias = npt.NDArray[np.float32]
_BATCH_ROWS = 64
_PROBED_PIECES = 1024
_EVERY_S = 1.0
_SMALLEST = float(np.finfo(np.float32).tiny)  # of a probability: it has a logarithm
_logger = logging.getLogger(PROGRESS_LOGGER)


def with_teacher(
    data: TrainingData, params: TrainerParams, classes: Sequence[bytes], folder: str
) -> TrainingData:
    """Let the teacher, if the configuration names one, say what it thinks of the training split.

    It reads the rows' word pieces, so that it must have the student's vocabulary. Its answers
    take one float per row and class; a killed training finds them again in the folder.

    Args:
        data: Both splits.
        params: The parameters of the node.
        classes: The class names in the order of the class ids.
        folder: Outlives one execution; of this training alone.

    Returns:
        The data; with a teacher, the training split's rows have the feature `TEACHER`.

    Raises:
        InvalidInputError: If there is no such teacher, or it has other classes or another
            vocabulary than the student.
    """
    teacher = declared_teacher(params)
    if teacher is None:
        return data
    path = f"{folder}/{SOFT_LABELS_FILE}"
    if tf.io.gfile.exists(path):
        scores = _load(path)
    else:
        model = tf.saved_model.load(teacher.path)
        order = _class_order(model, params, classes)
        _check_vocabulary(model, params)
        with training_in(choose_precision(params.train.precision)):
            scores = _ask(model.signatures["tokens"], data, params)[:, order]
        _save(path, scores)
    return replace(data, train=with_scores(data.train, scores))


def with_scores(rows: tf.data.Dataset, scores: _Scores) -> tf.data.Dataset:
    """Add a teacher's log-probabilities to rows.

    Args:
        rows: As returned by `models.training.batching.read_rows`.
        scores: One row each in the same order, float32 `[rows, num_classes]`.

    Returns:
        The rows with the feature `TEACHER`.
    """
    pairs = tf.data.Dataset.zip((rows, tf.data.Dataset.from_tensor_slices(scores)))
    return pairs.map(lambda row, score: ({**row[0], TEACHER: score}, row[1]))


def _class_order(model: Any, params: TrainerParams, classes: Sequence[bytes]) -> list[int]:
    """Find the teacher's column of each of our classes."""
    signature = model.signatures["serving_default"]
    texts = {name: tf.constant([""]) for name in signature.structured_input_signature[1]}
    theirs = signature(**texts)["classes"][0].numpy().tolist()
    if sorted(theirs) != sorted(classes):
        raise InvalidInputError(
            f"train.teacher is {params.train.teacher!r}, which knows the classes "
            f"{_spelt(theirs)}; it must have those of the data: {_spelt(classes)}."
        )
    return [theirs.index(name) for name in classes]


def _spelt(classes: Sequence[bytes]) -> str:
    return ", ".join(sorted(name.decode(errors="replace") for name in classes))


def _check_vocabulary(model: Any, params: TrainerParams) -> None:
    """Refuse a teacher that splits texts in another way: try every piece of our vocabulary."""
    encoder = declared_encoder(params.encoder, params.encoder_fingerprint)
    vocabulary = read_vocabulary(encoder.vocab_path)
    ours = vocabulary.tokenizer(encoder.do_lower_case, params.transform.max_seq_length)
    theirs = model.signatures["tokenize"]
    pair = params.features.text_pair is not None
    if len(theirs.structured_input_signature[1]) != 1 + pair:
        raise InvalidInputError(
            f"train.teacher is {params.train.teacher!r}, a classifier of "
            f"{'single texts' if pair else 'pairs of texts'}; the data has "
            f"{'pairs of texts' if pair else 'single texts'}."
        )
    probes = [vocabulary.spelling.probe(piece) for piece in vocabulary.pieces]
    for start in range(0, len(probes), _PROBED_PIECES):
        texts = tf.constant(probes[start : start + _PROBED_PIECES])
        asked = {"text": texts} | ({"text_pair": texts} if pair else {})
        left = theirs(**asked)["input_word_ids"].numpy()
        right = ours.tokenize(*asked.values()).word_ids.to_tensor().numpy()
        # A row may be cut at another length: its last token is [SEP] then.
        width = min(left.shape[1], right.shape[1]) - 1
        if not np.array_equal(left[:, :width], right[:, :width]):
            raise InvalidInputError(
                f"train.teacher is {params.train.teacher!r}, which splits texts into other word "
                f"pieces than the encoder {params.encoder.source!r}; teacher and student must "
                "have the same vocabulary."
            )


def _ask(signature: Any, data: TrainingData, params: TrainerParams) -> _Scores:
    """Give the teacher's log-probabilities in the order of the rows, its classes in its order."""
    total = data.train_summary.rows
    # In batches by length, the row's number in the place of its label.
    rows = data.train.enumerate().map(lambda place, row: (row[0], place))
    scores = None
    done, shown = 0, time.monotonic()
    for features, places, _ in batches_by_length(rows, _BATCH_ROWS):
        try:
            probabilities = signature(**features)["probabilities"].numpy()
        except tf.errors.InvalidArgumentError as exc:
            raise InvalidInputError(
                f"train.teacher is {params.train.teacher!r}, which cannot read rows of "
                f"{features['input_mask'].shape[1]} tokens; a lower transform.max_seq_length may "
                "help."
            ) from exc
        if not np.isfinite(probabilities).all():
            raise InvalidInputError(
                f"train.teacher is {params.train.teacher!r}, whose probabilities are not finite "
                "(NaN); name another model."
            )
        if scores is None:
            scores = np.empty((total, probabilities.shape[1]), np.float32)
        scores[places.numpy()] = np.log(np.maximum(probabilities, _SMALLEST))
        done += len(places)
        if time.monotonic() - shown >= _EVERY_S or done == total:
            shown = time.monotonic()
            _logger.info("asking the teacher · row %d/%d", done, total)
    assert scores is not None  # noqa: S101 - `load_data` refuses an empty split
    return scores


def _save(path: str, scores: _Scores) -> None:
    """Write the answers; complete or not at all."""
    tf.io.gfile.makedirs(path.rpartition("/")[0])
    content = io.BytesIO()
    np.save(content, scores)
    aside = name_aside(path)
    with tf.io.gfile.GFile(aside, "wb") as file:
        file.write(content.getvalue())
    tf.io.gfile.rename(aside, path, overwrite=True)


def _load(path: str) -> _Scores:
    with tf.io.gfile.GFile(path, "rb") as file:
        scores: _Scores = np.load(io.BytesIO(file.read()))
    return scores
