"""Pieces of texts put together to rows, with special tokens, cut to a length."""

from typing import NamedTuple

import tensorflow as tf

from bert_aas.contracts.errors import InvalidInputError


class TokenIds(NamedTuple):
    """Word pieces of a batch, special tokens included, unpadded.

    Attributes:
        word_ids: int64 `[n, (tokens)]`.
        type_ids: int64 `[n, (tokens)]`: 0 for the first text, 1 for its pair; 0 for both where the
            encoder has one type.
    """

    word_ids: tf.RaggedTensor
    type_ids: tf.RaggedTensor


class Layout(NamedTuple):
    """How a family of encoders writes pairs.

    Attributes:
        ends_between: How many end tokens stand between the texts.
        typed: Whether the second text has type 1.
        odd_to_longer: Who gets the odd piece where both texts are cut: the longer one (if both are
            alike, the second), as in `tokenizers`; else the first, as in the tokenizers that
            `transformers` has in Python.
    """

    ends_between: int
    typed: bool
    odd_to_longer: bool


BERT = Layout(ends_between=1, typed=True, odd_to_longer=False)
ROBERTA = Layout(ends_between=2, typed=False, odd_to_longer=True)


class Packer:
    """Puts the start token before a row's texts and an end token after each."""

    def __init__(self, start: int, end: int, max_seq_length: int, layout: Layout) -> None:
        """Keep the tokens.

        Args:
            start: Id of the start token.
            end: Id of the end token.
            max_seq_length: Longest row in tokens, special tokens counted; at least 3.
            layout: How pairs are written.
        """
        self._start, self._end = start, end
        self._max_seq_length = max_seq_length
        self._layout = layout

    def pack(self, first: tf.RaggedTensor, second: tf.RaggedTensor | None) -> TokenIds:
        """Make rows.

        Args:
            first: Pieces of the texts, int64 `[n, (pieces)]`.
            second: Those of their pairs, if there are any.

        Returns:
            The rows; a pair that is too long loses pieces of its longer text first.

        Raises:
            InvalidInputError: If pairs have no room for their special tokens.
        """
        if second is None:
            return self._pack([first[:, : self._max_seq_length - 2]])
        special = 2 + self._layout.ends_between
        room = self._max_seq_length - special
        if room < 0:
            raise InvalidInputError(
                f"the longest row has {self._max_seq_length} tokens, but a pair has "
                f"{special} special ones; raise transform.max_seq_length."
            )
        return self._pack(self._trim_longest_first(first, second, room))

    def _pack(self, segments: list[tf.RaggedTensor]) -> TokenIds:
        # Not by `tf.concat`: it checks its arguments whenever the graph runs, for which TFX's
        # Transform would tokenize the texts in its analysis, too.
        sizes = [segment.row_lengths() + 1 for segment in segments]
        sizes[:-1] = [size + self._layout.ends_between - 1 for size in sizes[:-1]]
        splits = tf.pad(tf.cumsum(tf.add_n(sizes) + 1), [[1, 0]])
        places = tf.range(splits[-1])
        starts = splits[:-1]
        word_ids = tf.ones_like(places) * self._end
        word_ids = _put(word_ids, starts, tf.ones_like(starts) * self._start)
        type_ids, begin = tf.zeros_like(word_ids), starts + 1
        for number, (segment, size) in enumerate(zip(segments, sizes, strict=True)):
            moved = tf.repeat(begin - segment.row_starts(), segment.row_lengths())
            word_ids = _put(word_ids, moved + tf.range(tf.size(moved, tf.int64)), segment.values)
            if number and self._layout.typed:
                type_ids += tf.cast(places >= tf.repeat(begin, splits[1:] - starts), tf.int64)
            begin += size
        return TokenIds(
            tf.RaggedTensor.from_row_splits(word_ids, splits, validate=False),
            tf.RaggedTensor.from_row_splits(type_ids, splits, validate=False),
        )

    def _trim_longest_first(
        self, first: tf.RaggedTensor, second: tf.RaggedTensor, room: int
    ) -> list[tf.RaggedTensor]:
        """Cut two segments to `room` pieces together, the longer one first, then both in turn."""
        # The closed forms of `truncation="longest_first"` in Hugging Face's tokenizers.
        left, right = first.row_lengths(), second.row_lengths()
        half = tf.cast(room // 2, left.dtype)
        second_room = tf.maximum(half, room - left)
        if self._layout.odd_to_longer:
            second_room = tf.where(right >= left, room - tf.minimum(left, half), half)
        second = _head(second, second_room)
        return [_head(first, room - second.row_lengths()), second]


def _put(values: tf.Tensor, places: tf.Tensor, new: tf.Tensor) -> tf.Tensor:
    return tf.tensor_scatter_nd_update(values, places[:, tf.newaxis], new)


def _head(rows: tf.RaggedTensor, room: tf.Tensor) -> tf.RaggedTensor:
    """Keep the first `room[i]` values of row i."""
    places = tf.ragged.range(rows.row_lengths())
    keep = places.with_values(places.values < tf.repeat(room, rows.row_lengths()))
    return tf.ragged.boolean_mask(rows, keep)
