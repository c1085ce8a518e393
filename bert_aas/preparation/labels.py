"""Labels: several spellings to one class, and classes that are left out."""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal

from bert_aas.tables.values import spelt_label

_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{0,40})?")


def same_class(label: str) -> str:
    """Spell a label so that equal numbers are equal: `5`, `5.0` and `+5` are one class.

    Args:
        label: A label.

    Returns:
        A number as short as it can be; anything else as it is.
    """
    text = label.strip()
    if not _NUMBER.fullmatch(text):
        return label
    return str(spelt_label(Decimal(text)))


class LabelMap:
    """Gives each label its class.

    Example:
        >>> LabelMap({"1": ["4", "5"]}, ["3"])("5.0")
        '1'
    """

    def __init__(
        self, label_map: Mapping[str, Iterable[str]] = {}, drop_labels: Iterable[str] = ()
    ) -> None:
        """Prepare the look-up.

        Args:
            label_map: Class to the labels that become it.
            drop_labels: Classes to drop, by their names after the map.
        """
        self._classes = {
            same_class(label): name for name, labels in label_map.items() for label in labels
        }
        self._dropped = set(map(same_class, drop_labels))

    def __call__(self, label: str) -> str:
        """Give the class of a label.

        Args:
            label: As spelt in the data.

        Returns:
            Its class; the label itself if the map does not name it.
        """
        return self._classes.get(same_class(label), label)

    def drops(self, label: str) -> bool:
        """Tell whether rows of a label are dropped.

        Args:
            label: As spelt in the data.

        Returns:
            Whether its class is to be left out.
        """
        return same_class(self(label)) in self._dropped
