"""Write an encoder as a TF-Hub module: a SavedModel that `hub.KerasLayer` fine-tunes."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tensorflow as tf

from bert_aas.contracts.errors import InvalidInputError
from models.encoders.architecture.bert import BertConfig, BertEncoder
from models.encoders.folders import new_folder
from models.text.byte_level.bpe import FILE_START

INPUT_NAMES = ("input_word_ids", "input_mask", "input_type_ids")
CONFIG_FILE = "config.json"
"""Asset with the encoder's `BertConfig`: the variables alone do not tell heads and activation."""


def check_new(output: Path) -> None:
    """Refuse to write a module where something is.

    Args:
        output: The folder to create.

    Raises:
        InvalidInputError: If it is there and not empty, or is no folder.
    """
    if "\0" in str(output):
        raise InvalidInputError(f"{str(output)!r} cannot be written: it holds a NUL character.")
    try:
        taken = output.exists() and not (output.is_dir() and not any(output.iterdir()))
    except OSError as exc:
        raise InvalidInputError(f"{output} cannot be written: {exc.strerror}.") from exc
    if taken:
        raise InvalidInputError(f"{output} exists already; give a new folder for the module.")


def export_encoder(encoder: BertEncoder, vocab: Path, do_lower_case: bool, output: Path) -> None:
    """Write the module folder; it appears complete or not at all.

    Beside the interface's own call it has `cls_vector`, which gives the first token's vectors alone
    and costs a block less, and `cls_variables`, those that it depends on.

    Args:
        encoder: The encoder.
        vocab: Its `vocab.txt`, or `tokenizer.json` of byte-level pieces; copied into the module.
        do_lower_case: Whether its texts are lower-cased.
        output: The folder to create; absent or empty.

    Raises:
        InvalidInputError: If the folder cannot be written.

    Source:
        TF-Hub's common interface for text encoders
        (https://www.tensorflow.org/hub/common_saved_model_apis/text) and its reusable SavedModels.
    """
    root = tf.train.Checkpoint()
    root.__call__ = _traced(encoder)
    root.cls_vector = _traced(encoder.cls_vector)
    root.cls_variables = encoder.cls_variables()
    root.trainable_variables = list(encoder.trainable_variables)
    root.variables = list(encoder.variables)
    root.regularization_losses = []
    root.do_lower_case = tf.Variable(do_lower_case, trainable=False, name="do_lower_case")
    try:
        with new_folder(output) as partial:
            _save(root, encoder.config, vocab, partial)
    except (OSError, tf.errors.OpError) as exc:
        reason = getattr(exc, "strerror", None) or str(exc).split("\n")[0]
        raise InvalidInputError(
            f"the module {output} cannot be written: {reason}; give a folder that can be "
            "written and has enough free space."
        ) from exc


def _save(root: Any, config: BertConfig, vocab: Path, partial: Path) -> None:
    # Beside the folder: the asset's copy has a name of its own whatever its source is called.
    with vocab.open("rb") as file:
        is_byte_level = file.read(len(FILE_START)) == FILE_START
    source = shutil.copyfile(
        vocab, partial.parent / ("tokenizer.json" if is_byte_level else "vocab.txt")
    )
    root.vocab_file = tf.saved_model.Asset(str(source))
    shape = partial.parent / CONFIG_FILE
    shape.write_text(config.model_dump_json(indent=1) + "\n", encoding="utf-8")
    root.config_file = tf.saved_model.Asset(str(shape))
    tf.saved_model.save(root, str(partial), signatures={})


def _traced(function: Callable[..., Any]) -> tf.types.experimental.GenericFunction:
    """Trace what encodes for training and for inference, any batch size and length."""

    @tf.function(autograph=False)  # no Python below depends on a tensor
    def call(inputs: dict[str, tf.Tensor], training: bool = False) -> Any:
        return function(inputs, training)

    for training in (True, False):
        specs = {name: tf.TensorSpec([None, None], tf.int32, name) for name in INPUT_NAMES}
        call.get_concrete_function(specs, training=training)
    return call
