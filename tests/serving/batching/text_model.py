"""A text classifier in plain Python, with the signatures of the pipeline's models.

A text has a token `[CLS]` and one per word; the probability of the second class follows from the
sum of its token ids, each weighted with its place and type, so no row depends on its batch.
"""

import threading
from collections.abc import Callable, Sequence

import numpy as np

from serving.servables.model import Array, Arrays, LoadedModel, Signature, TensorSpec
from serving.servables.text_classifier import TOKEN_INPUTS

CLASSES = (b"bad", b"good")
_STRING = TensorSpec("string", np.dtype(object))
_INT32 = TensorSpec("int32", np.dtype(np.int32))
_FLOAT = TensorSpec("float", np.dtype(np.float32))
_TOKENS = dict.fromkeys(TOKEN_INPUTS, _INT32)


class TextModel:
    """Counts its calls; `before_run` is called with the signature's name before the model runs."""

    def __init__(self, inputs: Sequence[str] = ("text",)) -> None:
        self.calls: list[tuple[str, tuple[int, ...]]] = []
        self.before_run: Callable[[str, Arrays], None] = lambda _name, _inputs: None
        self.closed = threading.Event()
        self.inputs = tuple(inputs)
        texts = dict.fromkeys(inputs, _STRING)
        answers = {"label": _STRING, "probabilities": _FLOAT, "classes": _STRING}
        self.signatures = {
            "serving_default": Signature("serving_default", texts, answers),
            "tokenize": Signature("tokenize", texts, _TOKENS),
            "tokens": Signature("tokens", _TOKENS, {"probabilities": _FLOAT}),
            "classify": Signature("classify", {"inputs": _STRING}, {"scores": _FLOAT}),
        }

    def loaded(self) -> LoadedModel:
        return LoadedModel("reviews", 7, self.signatures, {}, self.run, self.closed.set)

    def run(
        self, name: str, inputs: Arrays, outputs: Sequence[str], deadline: float | None
    ) -> dict[str, Array]:
        self.calls.append((name, next(iter(inputs.values())).shape))
        self.before_run(name, inputs)
        functions: dict[str, Callable[[Arrays], dict[str, Array]]] = {
            "serving_default": self._answer,
            "tokenize": self._tokenize,
            "tokens": _classify,
            "classify": lambda _inputs: {"scores": np.ones(1, np.float32)},
        }
        answers = functions[name](inputs)
        return {alias: answers[alias] for alias in outputs}

    def _answer(self, inputs: Arrays) -> dict[str, Array]:
        probabilities = _classify(self._tokenize(inputs))["probabilities"]
        classes = np.array(CLASSES, object)
        return {
            "probabilities": probabilities,
            "label": classes[probabilities.argmax(axis=1)],
            "classes": np.tile(classes, (len(probabilities), 1)),
        }

    def _tokenize(self, inputs: Arrays) -> dict[str, Array]:
        columns = [inputs[name].reshape(-1) for name in self.inputs]
        rows = [_tokens_of(texts) for texts in zip(*columns, strict=True)]
        width = max((len(row) for row in rows), default=1)
        tokens = {name: np.zeros((len(rows), width), np.int32) for name in TOKEN_INPUTS}
        for place, row in enumerate(rows):
            tokens["input_mask"][place, : len(row)] = 1
            for column, (word_id, type_id) in enumerate(row):
                tokens["input_word_ids"][place, column] = word_id
                tokens["input_type_ids"][place, column] = type_id
        return tokens


def _tokens_of(texts: Sequence[bytes]) -> list[tuple[int, int]]:
    words = [(sum(word), part) for part, text in enumerate(texts) for word in text.split()]
    return [(1, 0), *words]


def _classify(tokens: Arrays) -> dict[str, Array]:
    mask = tokens["input_mask"]
    weights = np.arange(1, mask.shape[1] + 1) * (1 + 10 * tokens["input_type_ids"])
    sums = (tokens["input_word_ids"] * mask * weights).sum(axis=1) % 1000
    second = (sums / 1000).astype(np.float32)
    return {"probabilities": np.stack([1 - second, second], axis=1)}


def texts_of(*lengths: int) -> Array:
    """Make texts of so many tokens, all different."""
    words = [
        b" ".join(b"%c%d" % (97 + place % 26, n) for n in range(length - 1))
        for place, length in enumerate(lengths)
    ]
    return np.array(words, object)
