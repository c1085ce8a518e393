"""A teacher for the tests: it knows the classes by one word, and has the signatures of ours."""

from collections.abc import Sequence
from pathlib import Path

import tensorflow as tf
import tensorflow_text  # noqa: F401 - registers the ops of the tokenizer

from models.text.tokenizer import BertTokenizer
from tests.models.toy_training import LABELS
from tests.tiny_encoder import VOCAB

SURE = 0.9
GOOD = VOCAB.index("good")
LONGEST = 28


class ToyTeacher(tf.Module):
    """Gives the class of the word `good` 0.9, in rows without it the other one."""

    def __init__(self, classes: Sequence[str], vocab: Sequence[str], sure: float) -> None:
        super().__init__()
        self._tokenizer = BertTokenizer(list(vocab), True, LONGEST)
        self._classes = tf.constant([list(classes)])
        self._of_good = list(classes).index(LABELS[1]) if LABELS[1] in classes else 0
        self._sure = tf.Variable(sure)

    def tokens(
        self, input_word_ids: tf.Tensor, input_mask: tf.Tensor, input_type_ids: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Answer as the signature `tokens` does; longer rows than it knows are an error."""
        ids = input_word_ids * input_mask + input_type_ids
        tf.debugging.assert_less_equal(tf.shape(ids)[1], LONGEST)
        good = tf.reduce_any(ids == GOOD, axis=1)
        count = self._classes.shape[1]
        place = tf.where(good, self._of_good, (self._of_good + 1) % count)
        rest = (1 - self._sure) / (count - 1)
        return {"probabilities": tf.one_hot(place, count, self._sure, rest)}

    def tokenize(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
        """Answer as the signature `tokenize` does, as far as the tests read it."""
        return {"input_word_ids": self._tokenizer.tokenize(text).word_ids.to_tensor()}

    def answer(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
        """Answer as the signature `serving_default` does, as far as the tests read it."""
        return {"classes": tf.repeat(self._classes, tf.shape(text)[0], axis=0)}


def write_teacher(
    folder: Path,
    classes: Sequence[str] = LABELS,
    vocab: Sequence[str] = VOCAB,
    without: str = "",
    sure: float = SURE,
) -> Path:
    """Write the SavedModel into a new folder and return that path."""
    teacher = ToyTeacher(classes, vocab, sure)
    ids = [
        tf.TensorSpec([None, None], tf.int32, name)
        for name in ("input_word_ids", "input_mask", "input_type_ids")
    ]
    text = tf.TensorSpec([None], tf.string, "text")
    signatures = {
        "tokens": tf.function(teacher.tokens, input_signature=ids),
        "tokenize": tf.function(teacher.tokenize, input_signature=[text]),
        "serving_default": tf.function(teacher.answer, input_signature=[text]),
    }
    signatures.pop(without, None)
    tf.saved_model.save(teacher, str(folder), signatures=signatures)
    return folder
