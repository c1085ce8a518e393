"""Integrated gradients: what each word piece of a text contributed to a prediction.

Any TF-Hub BERT may be inside an exported model, so there is no input for embeddings. Instead the
embeddings to try are written into rows of the model's own table of word embeddings, the model is
given the numbers of these rows as ids, and the gradient is that of the rows.
"""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from bert_aas.contracts.errors import InvalidInputError
from models.attribution.attributed import DEFAULT_STEPS, Attribution
from models.attribution.token_model import (
    TOKENS_PER_CALL,
    Floats,
    Ints,
    TokenModel,
    TokenRow,
    batches,
    parts,
)
from models.attribution.words import merge_pieces, without_words, word_places

_TEXTS_AT_ONCE = 64
"""Whose sums are held at the same time."""


class _Path(NamedTuple):
    """The way of the integral: from where, to where, for which class."""

    start: TokenRow
    end: TokenRow
    place: int


class Explainer:
    """Explains the answers of an exported model.

    The baseline, where the path of the integral starts, is the same input with every piece but
    `[CLS]` and `[SEP]` replaced by `[MASK]`, which pre-training has taught the encoder to read as
    "some word" (RoBERTa: `<s>`, `</s>`, `<mask>`). `[PAD]` stands in where a vocabulary lacks it:
    no encoder ever attends to padding, so its embedding is whatever training began with.

    An explainer changes the weights of the model that it loaded while it works, and puts them back:
    do not share it between threads.

    Source:
        Sundararajan et al. 2017, Axiomatic Attribution for Deep Networks, arXiv:1703.01365, section
        3; the integral by Gauss-Legendre quadrature.

    Attributes:
        classes: Names of the classes, in the model's order.
        takes_pairs: Whether the model classifies pairs of texts.
    """

    def __init__(self, folder: str) -> None:
        """Load a model.

        Args:
            folder: The SavedModel's folder, as `models.export.signatures.export_model` writes it.

        Raises:
            InvalidInputError: If it cannot be loaded or is no model of ours.
        """
        self._model = TokenModel(folder)
        self.classes = self._model.classes
        self.takes_pairs = self._model.takes_pairs

    def explain(
        self,
        texts: Sequence[str],
        text_pairs: Sequence[str] | None = None,
        *,
        target: str | None = None,
        steps: int = DEFAULT_STEPS,
    ) -> list[Attribution]:
        """Explain the answers to texts.

        Args:
            texts: The texts, n.
            text_pairs: The second texts, n, for models of pairs.
            target: The class to explain; else the likeliest one of each text.
            steps: Points of the integral, at least 1: each costs a pass forth and back.

        Returns:
            n attributions, in order.

        Raises:
            InvalidInputError: If the model wants pairs and there are none or the other way round,
                or has no such class.
        """
        self._check(texts, text_pairs, target)
        rows = self._model.tokenize(_rows(texts, text_pairs))
        place = None if target is None else self.classes.index(target)
        shortest_first = sorted(range(len(rows)), key=lambda at: len(rows[at].word_ids))
        found: dict[int, Attribution] = {}
        for part in parts(len(rows), _TEXTS_AT_ONCE):
            chosen = shortest_first[part]
            explained = self._explain([rows[at] for at in chosen], place, steps)
            found.update(zip(chosen, explained, strict=True))
        return [found[at] for at in range(len(rows))]

    def probabilities_without(
        self,
        texts: Sequence[str],
        left_out: Sequence[Sequence[Collection[int]]],
        text_pairs: Sequence[str] | None = None,
    ) -> list[Floats]:
        """Classify texts without some of their words: the texts get shorter.

        Args:
            texts: The texts, n.
            left_out: For each text, what to leave out at a time: places in `Attribution.words`.
            text_pairs: The second texts, n, for models of pairs.

        Returns:
            For each text the probabilities, float `[times, C]`.

        Raises:
            InvalidInputError: If the model wants pairs and there are none or the other way round.
        """
        self._check(texts, text_pairs, None)
        asked: list[TokenRow] = []
        for row, times in zip(
            self._model.tokenize(_rows(texts, text_pairs)), left_out, strict=True
        ):
            places = word_places(self._pieces(row), self._model.spelling)
            asked += [without_words(row, places, words) for words in times]
        ends = np.cumsum([len(times) for times in left_out])
        return np.split(self._model.probabilities(asked), ends)[:-1]

    def _check(
        self, texts: Sequence[str], text_pairs: Sequence[str] | None, target: str | None
    ) -> None:
        if self.takes_pairs != (text_pairs is not None):
            kind = "pairs of texts" if self.takes_pairs else "single texts, not pairs"
            raise InvalidInputError(f"the model classifies {kind}")
        if text_pairs is not None and len(texts) != len(text_pairs):
            raise InvalidInputError(
                f"there are {len(texts)} texts and {len(text_pairs)} second texts; give the "
                "same number of both"
            )
        if target is not None and target not in self.classes:
            raise InvalidInputError(
                f"the model has no class {target!r}; it has {', '.join(self.classes)}"
            )

    def _pieces(self, row: TokenRow) -> tuple[str, ...]:
        return tuple(self._model.vocab[number] for number in row.word_ids)

    def _explain(
        self, rows: Sequence[TokenRow], place: int | None, steps: int
    ) -> list[Attribution]:
        blanked = [self._blanked(row) for row in rows]
        found, before = (self._model.probabilities(some) for some in (rows, blanked))
        places = found.argmax(axis=1) if place is None else np.full(len(rows), place)
        paths = [_Path(*path) for path in zip(blanked, rows, map(int, places), strict=True)]
        scores = self._integrate(paths, steps)
        return [
            self._attribution(*parts) for parts in zip(paths, scores, found, before, strict=True)
        ]

    def _blanked(self, row: TokenRow) -> TokenRow:
        # A text that spells `[SEP]` out gets other pieces.
        kept = np.isin(self._pieces(row), list(self._model.spelling.marks))
        return row._replace(word_ids=np.where(kept, row.word_ids, self._model.blank))

    def _attribution(
        self, path: _Path, scores: Floats, found: Floats, before: Floats
    ) -> Attribution:
        pieces, spelling = self._pieces(path.end), self._model.spelling
        segments = spelling.segments(pieces, path.end.type_ids)
        change = found[path.place] - before[path.place]
        return Attribution(
            pieces=pieces,
            scores=tuple(map(float, scores)),
            words=merge_pieces(pieces, scores, segments, spelling),
            target=self.classes[path.place],
            probabilities=dict(zip(self.classes, map(float, found), strict=True)),
            baseline=float(before[path.place]),
            gap=float(scores.sum() - change),
            at_limit=len(pieces) == self._model.limit,
        )

    def _integrate(self, paths: Sequence[_Path], steps: int) -> list[Floats]:
        """Give the pieces' shares of the change along each path, float `[s]`."""
        capacity = self._capacity(max(len(path.end.word_ids) for path in paths))
        table = self._model.table
        ends = [tf.gather(table, path.end.word_ids).numpy() for path in paths]
        starts = [tf.gather(table, path.start.word_ids).numpy() for path in paths]
        sums = [np.zeros(end.shape) for end in ends]
        nodes, weights = _quadrature(steps)
        lengths = [len(end) for end in ends for _ in range(steps)]
        for batch in batches(lengths, min(capacity, TOKENS_PER_CALL)):
            jobs = [divmod(job, steps) for job in batch]
            embeddings = [
                starts[at] + nodes[step].astype(ends[at].dtype) * (ends[at] - starts[at])
                for at, step in jobs
            ]
            gradients = self._gradients(embeddings, [paths[at] for at, _ in jobs])
            for (at, step), gradient in zip(jobs, gradients, strict=True):
                sums[at] += weights[step] * gradient
        return [
            np.sum(total * (end - start), axis=1)
            for total, end, start in zip(sums, ends, starts, strict=True)
        ]

    def _capacity(self, length: int) -> int:
        """Return how many tokens the table can hold."""
        rows = int(self._model.table.shape[0])
        if length > rows:
            raise InvalidInputError(
                f"a text has {length} tokens, more than the model's vocabulary has word pieces "
                f"({rows}); give a shorter one"
            )
        return rows

    def _gradients(self, embeddings: Sequence[Any], paths: Sequence[_Path]) -> list[Floats]:
        """Derive the probability of each path's class by n inputs' embeddings `[s, width]`."""
        lengths = [len(one) for one in embeddings]
        shape = (len(embeddings), max(lengths))
        values = np.zeros((*shape, embeddings[0].shape[1]), embeddings[0].dtype)
        type_ids = np.zeros(shape, np.int32)
        for at, (one, path) in enumerate(zip(embeddings, paths, strict=True)):
            values[at, : len(one)] = one
            type_ids[at, : len(one)] = path.end.type_ids
        rows = np.arange(shape[0] * shape[1], dtype=np.int32)
        held = tf.gather(self._model.table, rows)
        try:
            self._write(values.reshape(len(rows), -1), rows)
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(self._model.table)
                answers = self._model.ask(rows.reshape(shape), lengths, type_ids)
                chosen = tf.gather(answers, [path.place for path in paths], batch_dims=1)
            gradient = tape.gradient(chosen, self._model.table)
        finally:
            self._write(held, rows)
        found = _rows_of(gradient, rows).numpy().astype(np.float64).reshape(values.shape)
        return [found[at, :length] for at, length in enumerate(lengths)]

    def _write(self, values: Any, rows: Ints) -> None:
        self._model.table.scatter_update(tf.IndexedSlices(values, tf.constant(rows)))


def _rows(texts: Sequence[str], text_pairs: Sequence[str] | None) -> list[tuple[str, ...]]:
    return list(zip(texts) if text_pairs is None else zip(texts, text_pairs, strict=True))


def _quadrature(steps: int) -> tuple[Floats, Floats]:
    """Give points and weights of Gauss-Legendre quadrature over [0, 1], `[steps]` each."""
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    return (nodes + 1) / 2, weights / 2


def _rows_of(gradient: Any, rows: Ints) -> tf.Tensor:
    """Give the rows of a gradient, dense or sparse, of which no other rows are asked for."""
    if isinstance(gradient, tf.IndexedSlices):
        return tf.math.unsorted_segment_sum(gradient.values, gradient.indices, len(rows))
    return tf.gather(gradient, rows)
