"""A tiny model with the signatures of ours, exported in seconds: without Transform and Keras."""

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from models.encoders.architecture.bert import BertConfig, BertEncoder, random_weights
from models.text.tokenizer import BertTokenizer
from tests.tiny_encoder import VOCAB

CLASSES = ("no", "10", "2")
MAX_SEQ_LENGTH = 16


class Explainable(tf.Module):
    """A random BERT with a head that tells texts apart."""

    def __init__(self, vocab: Path) -> None:
        super().__init__()
        config = BertConfig(
            vocab_size=len(VOCAB),
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=len(VOCAB),  # a kernel with as many rows as the embeddings
            max_position_embeddings=len(VOCAB),
        )
        self.encoder = BertEncoder(config, random_weights(3, deviation=0.3))
        self.head = tf.Variable(np.random.default_rng(1).normal(size=(16, 3)).astype(np.float32))
        self.vocab_file = tf.saved_model.Asset(str(vocab))

    def tokenize(self, *texts: tf.Tensor) -> dict[str, tf.Tensor]:
        ids = BertTokenizer(VOCAB, True, MAX_SEQ_LENGTH).tokenize(*texts)
        word_ids = tf.cast(ids.word_ids.to_tensor(), tf.int32)
        lengths = ids.word_ids.row_lengths()
        return {
            "input_word_ids": word_ids,
            "input_mask": tf.sequence_mask(lengths, tf.shape(word_ids)[1], tf.int32),
            "input_type_ids": tf.cast(ids.type_ids.to_tensor(), tf.int32),
        }

    def probabilities(self, tokens: dict[str, tf.Tensor]) -> tf.Tensor:
        vectors = self.encoder(tokens, training=False)["sequence_output"][:, 0]
        return tf.nn.softmax(vectors @ self.head)


class Planted(Explainable):
    """One word decides: the last class with it, the first one without it."""

    def __init__(self, vocab: Path, word: str) -> None:
        super().__init__(vocab)
        table = np.zeros((len(VOCAB), len(CLASSES)), np.float32)
        table[VOCAB.index(word), -1] = 8
        self.table = tf.Variable(table)

    def probabilities(self, tokens: dict[str, tf.Tensor]) -> tf.Tensor:
        mask = tf.cast(tokens["input_mask"], tf.float32)[..., tf.newaxis]
        found = tf.gather(self.table, tokens["input_word_ids"]) * mask
        return tf.nn.softmax(tf.reduce_sum(found, axis=1) + tf.constant([4.0, 0, 0]))


def export_explainable(folder: Path, *, pairs: bool = False, planted: str = "") -> Path:
    """Write the SavedModel into a new folder and return that."""
    vocab = folder.with_name("vocab.txt")
    vocab.write_text("\n".join(VOCAB) + "\n", encoding="utf-8")
    model = Planted(vocab, planted) if planted else Explainable(vocab)
    names = ("text", "text_pair") if pairs else ("text",)
    texts = [tf.TensorSpec([None], tf.string, name) for name in names]
    columns = ("input_word_ids", "input_mask", "input_type_ids")
    ids = [tf.TensorSpec([None, None], tf.int32, name) for name in columns]

    def answer(*texts: tf.Tensor) -> dict[str, tf.Tensor]:
        found = model.probabilities(model.tokenize(*texts))
        classes = tf.repeat(tf.constant([CLASSES]), tf.shape(found)[0], axis=0)
        label = tf.gather(tf.constant(CLASSES), tf.argmax(found, axis=1))
        return {"label": label, "probabilities": found, "classes": classes}

    def classify(*tokens: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"probabilities": model.probabilities(dict(zip(columns, tokens, strict=True)))}

    signatures: dict[str, Any] = {
        "serving_default": tf.function(answer, input_signature=texts),
        "tokenize": tf.function(model.tokenize, input_signature=texts),
        "tokens": tf.function(classify, input_signature=ids),
    }
    tf.saved_model.save(model, str(folder), signatures=signatures)
    return folder
