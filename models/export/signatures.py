"""Export one SavedModel with every signature that serving and evaluation need.

The transform graph is inside: no tokenizer is written twice, so training and serving agree.
"""

from functools import partial
from typing import Any

import tensorflow as tf
import tensorflow_text  # noqa: F401 - registers the ops of the transform graph
import tensorflow_transform as tft

from models.keras_compat import keras
from models.params import LABEL_VOCABULARY, FeatureNames

CLASSIFY_METHOD = "tensorflow/serving/classify"
LABEL_ID = "label_id"

# No Python here depends on a tensor: rewriting it would take as long again as the export.
_traced = partial(tf.function, autograph=False)


class ServingModel(tf.Module):
    """The trained classifier behind the transform graph.

    Attributes:
        classifier: Keras model from token inputs to logits.
        classes: The class names, string `[C]`, in the order of the probabilities.
    """

    def __init__(
        self, classifier: Any, transform_output: tft.TFTransformOutput, features: FeatureNames
    ) -> None:
        """Tie the parts together.

        Args:
            classifier: As built by `models.training.classifier.build_classifier`.
            transform_output: The transform graph and its vocabulary of labels.
            features: Names of the raw features.
        """
        super().__init__(name="serving_model")
        # The same layers without the optimizer, whose moments are twice as large as the weights.
        self.classifier = keras.Model(classifier.input, classifier.output, name=classifier.name)
        self.classes = tf.constant(transform_output.vocabulary_by_name(LABEL_VOCABULARY))
        self.transform = transform_output.transform_features_layer()
        self._raw_spec = transform_output.raw_feature_spec()
        self._features = features

    def tokenize(self, columns: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Turn raw texts into the inputs of the encoder.

        Args:
            columns: Raw feature name to texts, string `[n]`.

        Returns:
            `input_word_ids`, `input_mask`, `input_type_ids`, int32 `[n, longest]`.
        """
        transformed = self._transform(columns)
        word_ids = _ragged(transformed["input_word_ids"])
        lengths = word_ids.row_lengths()
        padded = _padded(word_ids)
        if "input_type_ids" in transformed:
            type_ids = _padded(_ragged(transformed["input_type_ids"]))
        else:
            type_ids = tf.zeros_like(padded)
        return {
            "input_word_ids": padded,
            "input_mask": tf.sequence_mask(lengths, tf.shape(padded)[1], tf.int32),
            "input_type_ids": type_ids,
        }

    def label_ids(self, labels: tf.Tensor) -> tf.Tensor:
        """Look class ids up.

        Args:
            labels: Labels as spelt in the data, string `[n]`.

        Returns:
            Class ids, int64 `[n]`; -1 for a label that training did not know.
        """
        return tf.reshape(self._transform({self._features.label: labels})["label"], [-1])

    def probabilities(self, tokens: dict[str, tf.Tensor]) -> tf.Tensor:
        """Classify tokenized rows.

        Args:
            tokens: The three token inputs, int32 `[n, s]`.

        Returns:
            Class probabilities, float32 `[n, C]`.
        """
        return tf.nn.softmax(self.classifier(tokens, training=False))

    def answer(self, columns: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Classify texts and name the classes.

        Args:
            columns: Raw feature name to texts, string `[n]`.

        Returns:
            `label` string `[n]`, `probabilities` float32 `[n, C]`, `classes` string `[n, C]`.
        """
        probabilities = self.probabilities(self.tokenize(columns))
        classes = tf.repeat(self.classes[tf.newaxis, :], tf.shape(probabilities)[0], axis=0)
        label = tf.gather(self.classes, tf.argmax(probabilities, axis=1))
        return {"label": label, "probabilities": probabilities, "classes": classes}

    def parse_texts(self, serialized: tf.Tensor) -> dict[str, tf.Tensor]:
        """Read the texts out of raw examples; a missing text is an empty one.

        Args:
            serialized: Serialized tf.Example protos, string `[n]`.

        Returns:
            Raw feature name to texts, string `[n]`.
        """
        return {name: _parse_column(serialized, name) for name in self.text_features}

    def parse_labels(self, serialized: tf.Tensor) -> tf.Tensor:
        """Read the labels out of raw examples.

        Args:
            serialized: Serialized tf.Example protos, string `[n]`.

        Returns:
            Labels as spelt in the data, string `[n]`.
        """
        return _parse_column(serialized, self._features.label)

    @property
    def text_features(self) -> tuple[str, ...]:
        """Return the names of the raw text features, one or two."""
        pair = self._features.text_pair
        return (self._features.text,) if pair is None else (self._features.text, pair)

    def _transform(self, columns: dict[str, tf.Tensor]) -> dict[str, Any]:
        raw = {name: _as_raw(values, self._raw_spec[name]) for name, values in columns.items()}
        transformed: dict[str, Any] = self.transform(raw)
        return transformed


def export_model(
    classifier: Any,
    transform_output: tft.TFTransformOutput,
    features: FeatureNames,
    directory: str,
) -> None:
    """Write the SavedModel.

    Args:
        classifier: The trained Keras model.
        transform_output: The transform graph of the training data.
        features: Names of the raw features.
        directory: Folder to write to.

    Source:
        TensorFlow Serving, "Signature defs in SavedModel": Classify wants `inputs`, `classes`,
        `scores` and its method's name.
    """
    model = ServingModel(classifier, transform_output, features)
    tf.saved_model.save(model, directory, signatures=_signatures(model))
    updater = tf.compat.v1.saved_model.signature_def_utils.MethodNameUpdater(directory)
    updater.replace_method_name("classify", CLASSIFY_METHOD, tags="serve")
    updater.save()


def _signatures(model: ServingModel) -> dict[str, Any]:
    return {
        "serving_default": _text_signature(model, model.answer),
        "tokenize": _text_signature(model, model.tokenize),
        **_token_signatures(model),
        **_example_signatures(model),
    }


def _text_signature(model: ServingModel, answer: Any) -> Any:
    names = ("text", "text_pair")[: len(model.text_features)]

    @_traced(input_signature=[tf.TensorSpec([None], tf.string, name=name) for name in names])
    def from_texts(*texts: tf.Tensor) -> dict[str, tf.Tensor]:
        answered: dict[str, tf.Tensor] = answer(dict(zip(model.text_features, texts, strict=True)))
        return answered

    return from_texts


def _token_signatures(model: ServingModel) -> dict[str, Any]:
    shape = [None, None]

    @_traced(
        input_signature=[
            tf.TensorSpec(shape, tf.int32, name="input_word_ids"),
            tf.TensorSpec(shape, tf.int32, name="input_mask"),
            tf.TensorSpec(shape, tf.int32, name="input_type_ids"),
        ]
    )
    def from_tokens(
        input_word_ids: tf.Tensor, input_mask: tf.Tensor, input_type_ids: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        tokens = {
            "input_word_ids": input_word_ids,
            "input_mask": input_mask,
            "input_type_ids": input_type_ids,
        }
        return {"probabilities": model.probabilities(tokens)}

    return {"tokens": from_tokens}


def _example_signatures(model: ServingModel) -> dict[str, Any]:
    @_traced(input_signature=[tf.TensorSpec([None], tf.string, name="inputs")])
    def classify(inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        answer = model.answer(model.parse_texts(inputs))
        return {"classes": answer["classes"], "scores": answer["probabilities"]}

    @_traced(input_signature=[tf.TensorSpec([None], tf.string, name="inputs")])
    def tokenize_examples(inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        return model.tokenize(model.parse_texts(inputs))

    @_traced(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def evaluate(examples: tf.Tensor) -> dict[str, tf.Tensor]:
        tokens = model.tokenize(model.parse_texts(examples))
        return {"probabilities": model.probabilities(tokens)}

    @_traced(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def evaluation_labels(examples: tf.Tensor) -> dict[str, tf.Tensor]:
        return {LABEL_ID: model.label_ids(model.parse_labels(examples))}

    return {
        "classify": classify,
        "tokenize_examples": tokenize_examples,
        "evaluate": evaluate,
        "evaluation_labels": evaluation_labels,
    }


def _parse_column(serialized: tf.Tensor, name: str) -> tf.Tensor:
    parsed = tf.io.parse_example(serialized, {name: tf.io.VarLenFeature(tf.string)})[name]
    first = tf.sparse.slice(parsed, [0, 0], [parsed.dense_shape[0], 1])
    dense = tf.sparse.to_dense(first, default_value="")
    return tf.strings.reduce_join(dense, axis=1)


def _as_raw(values: tf.Tensor, spec: Any) -> Any:
    """Shape a column of strings the way the transform graph was traced with."""
    column = values[:, tf.newaxis]
    if isinstance(spec, tf.io.VarLenFeature):
        return tf.sparse.from_dense(column)
    return column if list(spec.shape) == [1] else values


def _padded(rows: tf.RaggedTensor) -> tf.Tensor:
    dense = tf.cast(rows.to_tensor(), tf.int32)
    # No rows have no longest one, but the encoder's output needs a place for [CLS].
    missing = tf.cast(tf.shape(dense)[1] == 0, tf.int32)
    return tf.pad(dense, [[0, 0], [0, missing]])


def _ragged(tensor: Any) -> tf.RaggedTensor:
    return tf.RaggedTensor.from_sparse(tensor) if isinstance(tensor, tf.SparseTensor) else tensor
