"""Keeps a text classifier's answers to the latest texts, for repeated texts.

A version has a cache of its own, which goes with it. It holds digests, never texts, so its size is
bounded by the number of answers.
"""

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from serving.errors import Code, ServingError
from serving.observing.observer import Observer
from serving.servables.model import DEFAULT_SIGNATURE, Array, Arrays, LoadedModel
from serving.servables.text_classifier import count_rows, is_text_classifier, name_outputs

_DIGEST_BYTES = 32
_LENGTH_BYTES = 8


def cache_answers(model: LoadedModel, size: int, observer: Observer) -> LoadedModel:
    """Put a cache before a text classifier.

    Args:
        model: Any model.
        size: Answers to keep, at least 1.
        observer: Hears how many texts were found.

    Returns:
        The model with a cache for `serving_default`; the model itself if it is no text classifier.

    Raises:
        ServingError: FAILED_PRECONDITION, if `cachetools` is not installed.
    """
    if not is_text_classifier(model.signatures):
        return model
    # No queue: it would bypass the cache.
    return replace(model, run=AnswerCache(model, size, observer).run, queue=None)


class AnswerCache:
    """The probabilities of the texts that were asked for last; any number of threads may ask."""

    def __init__(self, model: LoadedModel, size: int, observer: Observer) -> None:
        """Begin without answers.

        Args:
            model: A text classifier.
            size: Answers to keep.
            observer: Hears how many texts were found.

        Raises:
            ServingError: FAILED_PRECONDITION, if `cachetools` is not installed.
        """
        try:
            from cachetools import LRUCache
        except ImportError as exc:
            raise ServingError(
                Code.FAILED_PRECONDITION, "--cache_size needs the package cachetools."
            ) from exc
        self._model = model
        self._observer = observer
        self._has_classes = "classes" in model.signatures[DEFAULT_SIGNATURE].outputs
        self._classes: Array = np.array([], object)
        self._answers: LRUCache[bytes, Array] = LRUCache(size)
        self._lock = threading.Lock()

    def run(
        self, name: str, inputs: Arrays, outputs: Sequence[str], deadline: float | None
    ) -> dict[str, Array]:
        """Run a signature; see `RunSignature`."""
        if name != DEFAULT_SIGNATURE or not count_rows(inputs):
            return self._model.run(name, inputs, outputs, deadline)
        keys = _keys(inputs)
        with self._lock:
            known = {key: self._answers[key] for key in keys if key in self._answers}
        places = {key: place for place, key in enumerate(keys) if key not in known}
        missed = sum(key in places for key in keys)
        self._observer.cache(self._model.name, len(keys) - missed, missed)
        if places:
            known.update(self._ask(places, inputs, deadline))
        return name_outputs(np.stack([known[key] for key in keys]), self._classes, outputs)

    def _ask(
        self, places: dict[bytes, int], inputs: Arrays, deadline: float | None
    ) -> dict[bytes, Array]:
        """Ask the model for the texts at these places, and keep its answers."""
        rows = list(places.values())
        wanted = ["probabilities", "classes"] if self._has_classes else ["probabilities"]
        texts = {alias: array[rows] for alias, array in inputs.items()}
        answers = self._model.run(DEFAULT_SIGNATURE, texts, wanted, deadline)
        # Copies: a row of an array keeps all of it.
        fresh = {key: row.copy() for key, row in zip(places, answers["probabilities"], strict=True)}
        with self._lock:
            if self._has_classes:
                self._classes = answers["classes"][0]
            self._answers.update(fresh)
        return fresh


def _keys(inputs: Arrays) -> list[bytes]:
    """Return a digest per row, of all its texts."""
    columns = [inputs[alias].tolist() for alias in sorted(inputs)]
    return [_digest(texts) for texts in zip(*columns, strict=True)]


def _digest(texts: Sequence[bytes]) -> bytes:
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    for text in texts:
        digest.update(len(text).to_bytes(_LENGTH_BYTES, "little"))  # pairs: where one ends
        digest.update(text)
    return digest.digest()
