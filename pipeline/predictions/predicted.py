"""What a classifier of texts is, and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from pipeline.predictions.class_order import natural_order

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Predictions:
    """The answers to some texts.

    Attributes:
        labels: The predicted class of each text, as spelt in the training data.
        classes: The class names in their natural order, C of them.
        probabilities: Float `[n, C]`, in the order of `classes`.
    """

    labels: list[str]
    classes: list[str]
    probabilities: NDArray[Any]


class TextModel(Protocol):
    """A classifier of texts, in this process or behind a server."""

    takes_pairs: bool

    def predict(self, columns: Sequence[Sequence[str]], batch_size: int) -> Predictions:
        """Classify texts.

        Args:
            columns: The texts, and for models of pairs the second texts, `n` each.
            batch_size: Rows per call of the model.

        Returns:
            The answers in the order of the texts.
        """
        ...


def in_natural_order(probabilities: NDArray[Any], names: list[str]) -> Predictions:
    """Put the classes into their natural order.

    Args:
        probabilities: Float `[n, C]`.
        names: The classes, as the columns have them.

    Returns:
        The predictions; the likeliest class is the label.
    """
    labels = [names[place] for place in probabilities.argmax(axis=1)]
    order = [names.index(name) for name in natural_order(names)]
    return Predictions(labels, [names[place] for place in order], probabilities[:, order])
