"""Divide texts into requests, and put the answers into the order of the texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from serving.client.answers import Prediction
from serving.client.signatures import STRINGS

if TYPE_CHECKING:
    from numpy.typing import NDArray

INPUTS = ("text", "text_pair")
OUTPUTS = ("label", "probabilities", "classes")
MAX_ROWS = 256
# A quarter of what servers and proxies commonly take; JSON may need twice the bytes of the texts.
MAX_BYTES = 4 * 1024 * 1024

Row = tuple[bytes, ...]


def encode_rows(texts: Sequence[str] | Sequence[tuple[str, str]]) -> list[Row]:
    """Encode texts, or pairs of texts.

    Args:
        texts: All of one kind.

    Returns:
        One or two UTF-8 strings per row.

    Raises:
        ValueError: If texts and pairs are mixed, or a text has half a surrogate pair in it.
        TypeError: If `texts` is itself a text.
    """
    if isinstance(texts, str):
        raise TypeError("classify_texts takes a list of texts; got one text")
    rows = [(item,) if isinstance(item, str) else tuple(item) for item in texts]
    if {len(row) for row in rows} not in ({1}, {2}, set()):
        raise ValueError("give either texts or pairs of texts, not a mixture")
    return [tuple(text.encode("utf-8") for text in row) for row in rows]


def chunks(
    rows: Sequence[Row], max_rows: int = MAX_ROWS, max_bytes: int = MAX_BYTES
) -> Iterator[list[int]]:
    """Cut rows into requests; rows of similar length share one, which spares padding.

    Args:
        rows: Encoded texts.
        max_rows: Rows per request.
        max_bytes: Bytes of text per request; a single longer row goes alone.

    Yields:
        The places of the rows of one request.
    """
    sizes = [sum(map(len, row)) for row in rows]
    places: list[int] = []
    size = 0
    for place in sorted(range(len(rows)), key=sizes.__getitem__):
        if places and (len(places) == max_rows or size + sizes[place] > max_bytes):
            yield places
            places, size = [], 0
        places.append(place)
        size += sizes[place]
    if places:
        yield places


def columns(rows: Sequence[Row]) -> dict[str, list[bytes]]:
    """Return rows as the inputs of a model.

    Args:
        rows: At least one, all of one or all of two texts.

    Returns:
        `text`, and for pairs `text_pair`.
    """
    return {
        name: list(values) for name, values in zip(INPUTS, zip(*rows, strict=True), strict=False)
    }


def parse_predictions(outputs: Mapping[str, NDArray[Any]], count: int) -> list[Prediction]:
    """Read the outputs of a classifier of texts.

    Args:
        outputs: `label` strings `[n]`, `probabilities` floats and `classes` strings `[n, C]`.
        count: The expected `n`.

    Returns:
        One prediction per row.

    Raises:
        ValueError: If the outputs are not those.
    """
    try:
        labels, probabilities, classes = (outputs[name] for name in OUTPUTS)
    except KeyError as exc:
        raise ValueError(f"the answer has no {exc}, only {', '.join(outputs)}") from exc
    lengths = {(count,), labels.shape, classes.shape[:-1]}
    if len(lengths) != 1 or probabilities.shape != classes.shape:
        raise ValueError(f"the answer has not one row per text: {count} texts were sent")
    if not labels.dtype.name == classes.dtype.name == STRINGS:
        raise ValueError("label and classes of the answer are not texts")
    return [
        _prediction(label, names, row)
        for label, names, row in zip(labels, classes, probabilities, strict=True)
    ]


def _prediction(label: bytes, names: NDArray[Any], row: NDArray[Any]) -> Prediction:
    by_class = {name.decode("utf-8"): float(value) for name, value in zip(names, row, strict=True)}
    text = label.decode("utf-8")
    if text not in by_class:
        raise ValueError(f"the label {text!r} is not one of the classes {', '.join(by_class)}")
    return Prediction(text, by_class[text], by_class)
