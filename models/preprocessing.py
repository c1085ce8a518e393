"""TFX's Transform step: rows of text to word-piece ids and class ids."""

from typing import Any, TypeAlias

import tensorflow as tf
import tensorflow_transform as tft

from models.params import LABEL_VOCABULARY, PreprocessingParams
from models.text.text_cleaning import GraphCleaner
from models.text.vocabulary import read_vocabulary

Feature: TypeAlias = Any  # tf.Tensor, tf.SparseTensor or tf.RaggedTensor

LABEL = "label"
WORD_IDS = "input_word_ids"
TYPE_IDS = "input_type_ids"
PARAMS_KEY = "params"


def preprocessing_fn(
    inputs: dict[str, Feature], custom_config: dict[str, Any]
) -> dict[str, Feature]:
    """Turn raw features into the features of training.

    Each output depends on its own input alone: a request that brings only texts gets the word
    pieces, without label and row key.

    Args:
        inputs: Raw features by name, one value per row or none (an absent text is an empty one):
            text, optional pair, label of any type, row key.
        custom_config: `params` is a `PreprocessingParams` as JSON; other keys are for TFX's cache.

    Returns:
        `input_word_ids` int64 sparse `[n, (tokens)]`, `[CLS]` first, unpadded; for pairs also
        `input_type_ids`; `label` int64 `[n, 1]`, the place of the label in the vocabulary `label`
        (most frequent first; -1 for one that it lacks); the row key unchanged, string `[n, 1]`.
    """
    params = PreprocessingParams.model_validate_json(custom_config[PARAMS_KEY])
    names = params.features
    outputs = _tokenize(inputs, params)
    if names.label in inputs:
        outputs[LABEL] = _class_ids(as_strings(inputs[names.label])[:, tf.newaxis])
    if names.row_key in inputs:
        outputs[names.row_key] = as_strings(inputs[names.row_key])[:, tf.newaxis]
    return outputs


def _class_ids(labels: tf.Tensor) -> tf.Tensor:
    """Look labels up in their vocabulary, and have it made.

    Labels are counted batch by batch in the graph: TFT counts values one by one in Python.

    Args:
        labels: string `[n, 1]`.

    Returns:
        Their places in the vocabulary, most frequent first, int64 `[n, 1]`; -1 for others.
    """
    values, _, counts = tf.unique_with_counts(tf.reshape(labels, [-1]))
    weights = tf.cast(counts, tf.float32)
    vocabulary = tft.vocabulary(values, weights=weights, vocab_filename=LABEL_VOCABULARY)
    return tft.apply_vocabulary(labels, vocabulary)


def _tokenize(inputs: dict[str, Feature], params: PreprocessingParams) -> dict[str, Feature]:
    """Make the features of the text or the pair of texts."""
    names = params.features
    vocabulary = read_vocabulary(params.vocab_path)
    tokenizer = vocabulary.tokenizer(params.do_lower_case, params.transform.max_seq_length)
    texts = _texts(inputs[names.text], params)
    if names.text_pair is None:
        return {WORD_IDS: tokenizer.tokenize(texts).word_ids.to_sparse()}
    ids = tokenizer.tokenize(texts, _texts(inputs[names.text_pair], params))
    return {WORD_IDS: ids.word_ids.to_sparse(), TYPE_IDS: ids.type_ids.to_sparse()}


def _texts(feature: Feature, params: PreprocessingParams) -> tf.Tensor:
    """Give the texts, cleaned where the pipeline prepares its rows."""
    texts = as_strings(feature)
    return GraphCleaner(params.text_rules)(texts) if params.text_rules else texts


def as_strings(feature: Feature) -> tf.Tensor:
    """Give the first value of each row as a string, "" where there is none.

    Args:
        feature: `[n]`, `[n, values]` dense, sparse or ragged; any type.

    Returns:
        string `[n]`.
    """
    if isinstance(feature, tf.RaggedTensor):
        feature = feature.to_sparse()
    if isinstance(feature, tf.SparseTensor):
        values = _spell(feature.values)
        first = feature.indices[:, 1] == 0
        rows = tf.boolean_mask(feature.indices[:, :1], first)
        return tf.tensor_scatter_nd_update(
            tf.fill(feature.dense_shape[:1], ""), rows, tf.boolean_mask(values, first)
        )
    values = _spell(feature)
    return values if values.shape.rank == 1 else values[:, 0]


def _spell(values: tf.Tensor) -> tf.Tensor:
    """Write numbers as strings, floats as short as they can be."""
    if values.dtype == tf.string:
        return values
    return tf.strings.as_string(values, shortest=values.dtype.is_floating)
