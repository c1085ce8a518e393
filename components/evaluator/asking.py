"""Ask the exported model: labels of texts, and the time that it takes for one."""

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from bert_aas.behaviour.cases import Text
from bert_aas.contracts.names import CLASSIFY_SIGNATURE

_DEFAULT_SIGNATURE = "serving_default"
_BATCH_ROWS = 32
_WARM_UP_ROWS = 8
TIMED_ROWS = 64
"""Rows whose times the latency is the median of."""

_BYTES_PER_MB = 1_000_000


class AskedModel:
    """A SavedModel in this process.

    Attributes:
        directory: Its folder.
    """

    def __init__(self, directory: str) -> None:
        """Load it.

        Args:
            directory: The folder with `saved_model.pb`.
        """
        self.directory = directory
        self._model = tf.saved_model.load(directory)  # its functions live as long as it does

    def labels(self, texts: Sequence[Text]) -> list[str]:
        """Classify texts, 32 at a time.

        Args:
            texts: The texts; all are pairs, or none is.

        Returns:
            Their labels.
        """
        answer = self._model.signatures[_DEFAULT_SIGNATURE]
        found: list[str] = []
        for start in range(0, len(texts), _BATCH_ROWS):
            batch = texts[start : start + _BATCH_ROWS]
            columns = {"text": tf.constant([one.text for one in batch])}
            if batch[0].text_pair is not None:
                columns["text_pair"] = tf.constant([one.text_pair or "" for one in batch])
            found += [label.decode() for label in answer(**columns)["label"].numpy()]
        return found

    def latency_ms(
        self, rows: Sequence[bytes], clock: Callable[[], float] = time.perf_counter
    ) -> float | None:
        """Measure how long one text takes, from a serialized row to scores.

        Args:
            rows: Serialized tf.Examples; the first eight are also asked before, and not timed.
            clock: Gives seconds.

        Returns:
            The median of the times in milliseconds; `None` without rows.
        """
        classify = self._model.signatures[CLASSIFY_SIGNATURE]
        batches = [tf.constant([row]) for row in rows]
        for batch in batches[:_WARM_UP_ROWS]:
            _finish(classify(inputs=batch))
        times = []
        for batch in batches:
            started = clock()
            _finish(classify(inputs=batch))
            times.append(clock() - started)
        return statistics.median(times) * 1000 if times else None


def _finish(answer: dict[str, Any]) -> None:
    answer["scores"].numpy()


def size_mb(directory: str) -> float:
    """Add up what a model's folder holds.

    Args:
        directory: A path or a URI.

    Returns:
        Megabytes of 1,000,000 bytes.
    """
    total = 0
    for folder, _, files in tf.io.gfile.walk(directory):
        total += sum(tf.io.gfile.stat(f"{folder}/{name}").length for name in files)
    return total / _BYTES_PER_MB
