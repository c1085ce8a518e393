"""The parameters of the FeatureWriter: which group, where, and what the time of a row is."""

from pydantic import Field, field_validator

from bert_aas.contracts.files.locations import is_remote
from bert_aas.contracts.params import FrozenParams
from bert_aas.features.definitions import group_name
from bert_aas.preparation.label_rules import LabelRules


class FeatureParams(FrozenParams):
    """Whether the features of a run are kept, and under which name."""

    enabled: bool = Field(
        default=False,
        description="Write the texts, their tokens and labels into a feature group "
        "([features.md](features.md)).",
    )
    group: str | None = Field(
        default=None, description="Name of the group; default: `name`, with `_` for `-`."
    )
    store: str | None = Field(
        default=None,
        description="Folder of the feature groups, on a disk that the node reaches; default: "
        "`feature_groups` in the working folder.",
    )
    event_time_column: str | None = Field(
        default=None,
        description="Column with the time of each row; default: the time of the run.",
    )

    @field_validator("group")
    @classmethod
    def _is_a_name(cls, group: str | None) -> str | None:
        return group if group is None else group_name(group)

    @field_validator("store")
    @classmethod
    def _is_a_folder(cls, store: str | None) -> str | None:
        if is_remote(store):
            raise ValueError("give a folder of a disk, not an address")
        return store


class WriterSettings(FrozenParams):
    """What the node is told.

    Attributes:
        params: The section of the configuration.
        group: Name of the group.
        store: Absolute path of the folder of the groups.
        text: The column of the texts.
        text_pair: The column of the second texts.
        label: The column of the classes.
        slices: Columns that are kept, too.
        fingerprint: Of all that decides on the tokens of a text.
        label_rules: What became of the labels before; None: nothing.
    """

    params: FeatureParams
    group: str
    store: str
    text: str
    text_pair: str | None = None
    label: str
    slices: tuple[str, ...] = ()
    fingerprint: str = ""
    label_rules: LabelRules | None = None
