"""Batches the requests to a text classifier by the lengths of their texts.

The classifier has the signatures that the pipeline exports: `serving_default` from texts to
probabilities, and the two halves of it, `tokenize` and `tokens`. A lone request runs as if there
were no batching. Requests that come while the model is busy are tokenized and wait as rows; rows of
nearest lengths run together, so little is padded.
"""

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from serving.batching.plan import BatchLimits
from serving.batching.token_scheduler import Halves, SchedulerLimits, TokenScheduler
from serving.errors import InvalidArgumentError, ServingError
from serving.observing.observer import BatchRecord, Observer
from serving.servables.model import DEFAULT_SIGNATURE, Array, Arrays, LoadedModel, Pending
from serving.servables.text_classifier import (
    TOKEN_INPUTS,
    count_rows,
    is_text_classifier,
    name_outputs,
)

logger = logging.getLogger(__name__)

_LONGEST_ROW = 512  # tokens; BERT has no positions beyond (Devlin et al. 2019)
_FEW_ROWS = 64  # of a request that waits without a thread


def _default_workers() -> int:
    """Let a batch use four cores or so: one more batch at once gains little below that."""
    return max(1, (os.cpu_count() or 1) // 4)


@dataclass(frozen=True)
class TextBatchingOptions:
    """How texts are joined into batches.

    Attributes:
        max_batch_tokens: Most tokens of a batch, padding counted; a longer text runs alone. From
            some hundred on a larger batch is no faster, it only takes longer.
        max_queued_rows: Texts that may wait. Those of large requests do not count: they wait beside
            the queue and are taken into it in slices.
        workers: Batches that run at once.
        max_padding: Largest share of a batch's tokens that may be padding, in `[0, 1)`.
    """

    max_batch_tokens: int = 512
    max_queued_rows: int = 4096
    workers: int = field(default_factory=_default_workers)
    max_padding: float = 0.25

    def __post_init__(self) -> None:
        for name in ("max_batch_tokens", "max_queued_rows", "workers"):
            if getattr(self, name) < 1:
                raise InvalidArgumentError(f"{name} must be positive; was {getattr(self, name)}")
        if not 0 <= self.max_padding < 1:
            raise InvalidArgumentError(f"max_padding must be in [0, 1); was {self.max_padding}")

    @property
    def direct_rows(self) -> int:
        """Rows that fit into the budget whatever their lengths."""
        return max(1, self.max_batch_tokens // _LONGEST_ROW)


def wrap_text_model(
    model: LoadedModel, options: TextBatchingOptions, observer: Observer
) -> LoadedModel:
    """Batch the requests to a text classifier. The model runs once, which warms it up.

    Args:
        model: Any model.
        options: How to batch.
        observer: Hears of each batch.

    Returns:
        The model with batching; the model itself if it is not such a classifier. Closing it ends
        the threads, then closes the model.
    """
    if not is_text_classifier(model.signatures):
        return model
    try:
        classes = _probe(model)
    except ServingError as exc:
        logger.warning("%s cannot classify an empty text: %s", model.name, exc.message)
        return model
    if classes is None:
        return model
    batcher = TextBatcher(model, classes, options, observer)
    return replace(model, run=batcher.run, close=batcher.close, queue=batcher)


def _probe(model: LoadedModel) -> Array | None:
    """Classify an empty text, whole and in two steps, to learn the classes.

    Args:
        model: A model with the signatures of a text classifier.

    Returns:
        The class names, `[C]`; empty if the model does not tell them; None if the two steps do not
        give the probabilities of the whole.
    """
    texts = {alias: np.array([b""], object) for alias in model.signatures["tokenize"].inputs}
    whole = model.call(DEFAULT_SIGNATURE, texts)
    halves = model.call("tokens", model.call("tokenize", texts))
    if not np.allclose(whole["probabilities"], halves["probabilities"], rtol=1e-3, atol=1e-3):
        logger.warning("%s answers texts and tokens differently: no batching.", model.name)
        return None
    return whole["classes"][0] if "classes" in whole else np.array([], object)


class TextBatcher:
    """Runs the signature of texts through the scheduler, and the others as they are."""

    def __init__(
        self, model: LoadedModel, classes: Array, options: TextBatchingOptions, observer: Observer
    ) -> None:
        """Start the threads.

        Args:
            model: A text classifier.
            classes: Its class names, `[C]`.
            options: How to batch.
            observer: Hears of each batch.
        """
        limits = SchedulerLimits(
            BatchLimits(options.max_batch_tokens, options.max_padding),
            options.workers,
            options.max_queued_rows,
        )
        self._model = model
        self._classes = classes
        self._direct_rows = options.direct_rows
        self._observer = observer
        halves = Halves(self._tokenize, self._run_tokens)
        self._scheduler = TokenScheduler(model.name, halves, limits, observer)

    @property
    def waiting_rows(self) -> int:
        """Number of texts that wait for a batch, less those of large requests."""
        return self._scheduler.waiting_rows

    def is_busy(self) -> bool:
        """Tell whether a text would have to wait."""
        return self._scheduler.is_busy()

    def submit(
        self, name: str, inputs: Arrays, outputs: Sequence[str], deadline: float | None
    ) -> Pending | None:
        """Queue texts; see `RunQueue`."""
        rows = count_rows(inputs) if name == DEFAULT_SIGNATURE else 0
        if not 0 < rows <= _FEW_ROWS:
            return None
        waiting = self._scheduler.submit(inputs, rows, deadline)
        return Pending(
            waiting.answer,
            lambda probabilities: name_outputs(probabilities, self._classes, outputs),
            lambda: self._scheduler.give_up(waiting),
        )

    def run(
        self, name: str, inputs: Arrays, outputs: Sequence[str], deadline: float | None
    ) -> dict[str, Array]:
        """Run a signature; see `RunSignature`."""
        rows = count_rows(inputs) if name == DEFAULT_SIGNATURE else 0
        if rows == 0:
            return self._model.run(name, inputs, outputs, deadline)
        if rows <= self._direct_rows:
            with self._scheduler.direct_slot() as has_slot:
                if has_slot:
                    return self._run_directly(rows, inputs, outputs, deadline)
        probabilities = self._scheduler.answer_texts(inputs, rows, deadline)
        return name_outputs(probabilities, self._classes, outputs)

    def _run_directly(
        self, rows: int, inputs: Arrays, outputs: Sequence[str], deadline: float | None
    ) -> dict[str, Array]:
        answers = self._model.run(DEFAULT_SIGNATURE, inputs, outputs, deadline)
        self._observer.batch(BatchRecord(self._model.name, rows, rows))
        return answers

    def close(self) -> None:
        """End the threads, then close the model."""
        self._scheduler.close()
        self._model.close()

    def _tokenize(self, texts: Arrays, deadline: float | None) -> dict[str, Array]:
        return self._model.run("tokenize", texts, TOKEN_INPUTS, deadline)

    def _run_tokens(self, tokens: dict[str, Array], deadline: float | None) -> Array:
        return self._model.run("tokens", tokens, ["probabilities"], deadline)["probabilities"]
