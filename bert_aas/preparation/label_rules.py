"""What a preparation did to labels, for those who compare others with them."""

from bert_aas.contracts.params import FrozenParams


class LabelRules(FrozenParams):
    """What became of the labels of the data: the classes of a model are those after it.

    Attributes:
        label_map: Class to the labels that became it.
        drop_labels: Classes whose rows were dropped.
    """

    label_map: dict[str, tuple[str, ...]]
    drop_labels: tuple[str, ...]
