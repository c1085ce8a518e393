"""SavedModels to measure with: random weights of any size, and fixed-shape copies of a model.

Speed does not depend on the values of the weights, so a random BERT-base is as slow as a real one.
"""

import hashlib
import json
import shutil
import string
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from models.keras_compat import keras  # isort: skip - before TensorFlow

import tensorflow as tf

from models.encoders.architecture.bert import BertConfig, BertEncoder, random_weights
from models.encoders.exporting import export_encoder
from models.export.signatures import export_model
from models.params import FeatureNames
from models.text.tokenizer import BertTokenizer, read_vocab
from models.training.classifier import build_classifier

CLASSES = ("-1", "0", "1")
FEATURES = FeatureNames(text="text", label="label")
SEED = 6
TINY_MAX_SEQ_LENGTH = 64
LETTERS = (
    *("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"),
    *string.ascii_lowercase,
    *(f"##{letter}" for letter in string.ascii_lowercase),
    *string.digits,
    *string.punctuation,
)


class RandomTransform:
    """Stands in for Transform's output: the tokenizer, and a fixed vocabulary of labels."""

    def __init__(self, vocab: Path, do_lower_case: bool, max_seq_length: int) -> None:
        """Build the tokenizer.

        Args:
            vocab: Word pieces, one per line.
            do_lower_case: Whether texts are lower-cased.
            max_seq_length: Longest row in tokens.
        """
        self._tokenizer = BertTokenizer(read_vocab(vocab), do_lower_case, max_seq_length)

    def vocabulary_by_name(self, name: str) -> list[bytes]:
        """Return the classes; `name` is the only vocabulary there is."""
        del name
        return [label.encode() for label in CLASSES]

    def raw_feature_spec(self) -> dict[str, Any]:
        """Return the raw features: one string each."""
        return {
            name: tf.io.FixedLenFeature([], tf.string) for name in (FEATURES.text, FEATURES.label)
        }

    def transform_features_layer(self) -> Any:
        """Return the function from raw to transformed features."""

        def transform(raw: dict[str, tf.Tensor]) -> dict[str, Any]:
            if FEATURES.text not in raw:
                return {"label": tf.zeros_like(raw[FEATURES.label], tf.int64)}
            return {"input_word_ids": self._tokenizer.tokenize(raw[FEATURES.text]).word_ids}

        return transform


def base_config(vocab: Path) -> BertConfig:
    """Return the shape of BERT-base (Devlin et al. 2019) over a vocabulary."""
    return BertConfig(
        vocab_size=len(read_vocab(vocab)),
        hidden_size=768,
        num_hidden_layers=12,
        num_attention_heads=12,
        intermediate_size=3072,
        max_position_embeddings=512,
    )


def tiny_config(vocab: Path) -> BertConfig:
    """Return a shape that is only there to see whether everything runs."""
    return BertConfig(
        vocab_size=len(read_vocab(vocab)),
        hidden_size=24,
        num_hidden_layers=2,
        num_attention_heads=12,
        intermediate_size=48,
        max_position_embeddings=128,
    )


def export_random_model(config: BertConfig, vocab: Path, max_seq_length: int, output: Path) -> None:
    """Write a SavedModel with our signatures and random weights, uncased.

    Args:
        config: Its shape.
        vocab: Its word pieces.
        max_seq_length: Longest row in tokens.
        output: The version folder to write.
    """
    keras.utils.set_random_seed(SEED)
    with tempfile.TemporaryDirectory() as folder:
        encoder = Path(folder) / "encoder"
        export_encoder(BertEncoder(config, random_weights(SEED)), vocab, True, encoder)
        classifier = build_classifier(str(encoder), len(CLASSES), dropout=0.1)
        transform = RandomTransform(vocab, True, max_seq_length)
        export_model(classifier, transform, FEATURES, str(output))
    (output / "assets").mkdir(exist_ok=True)
    shutil.copyfile(vocab, output / "assets" / "vocab.txt")  # where Transform's graph has it


def add_openvino(version: Path) -> None:
    """Convert a random model as the Optimizer would; nobody judges its answers.

    Args:
        version: A SavedModel with our signatures; gets `assets.extra/openvino/`.
    """
    from bert_aas.contracts.model_forms import FOLDER, FORMAT, MANIFEST
    from components.optimizer.forms.candidates import float_candidates
    from components.optimizer.forms.conversion import convert_tokens, save

    folder = version / FOLDER
    folder.mkdir(parents=True)
    save(convert_tokens(version), folder / "model.xml", compress=True)
    digests = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()
    }
    variant = {**asdict(float_candidates("model.xml")[0]), "kept": True}
    manifest = {"format": FORMAT, "variants": [variant], "files": digests}
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")


def write_tiny_vocab(path: Path) -> Path:
    """Write a vocabulary of single characters; return its path."""
    path.write_text("\n".join(LETTERS) + "\n", encoding="utf-8")
    return path


def export_fixed_shape(version: Path, length: int, output: Path) -> None:
    """Write a copy of a SavedModel that pads every text to the same length.

    Args:
        version: A SavedModel with our signatures.
        length: Tokens that each text is padded to; longer texts are cut.
        output: The version folder to write; its only signature is `serving_default`.
    """
    module = tf.Module()
    module.loaded = tf.saved_model.load(str(version))
    tokenize, classify = (module.loaded.signatures[name] for name in ("tokenize", "tokens"))
    empty = tf.constant([""])
    classes = tf.constant(module.loaded.signatures["serving_default"](text=empty)["classes"][0])

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def answer(text: tf.Tensor) -> dict[str, tf.Tensor]:
        tokens = {
            name: tf.pad(ids[:, :length], [[0, 0], [0, tf.maximum(length - tf.shape(ids)[1], 0)]])
            for name, ids in tokenize(text=text).items()
        }
        probabilities = classify(**tokens)["probabilities"]
        return {
            "label": tf.gather(classes, tf.argmax(probabilities, axis=1)),
            "probabilities": probabilities,
            "classes": tf.repeat(classes[tf.newaxis], tf.shape(probabilities)[0], axis=0),
        }

    tf.saved_model.save(module, str(output), signatures={"serving_default": answer})
