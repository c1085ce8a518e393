"""Where a run has kept its texts, tokens and labels, and how to ask for them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from components.tfrecords import read_file
from pipeline.report.section import OutputSection


@dataclass(frozen=True)
class Features:
    """The batch of a feature group that a run wrote.

    Attributes:
        group: Its group.
        version: The version of the group; rows of another encoder are in another one.
        rows: How many rows it has.
        store: Folder of the groups.
        columns: Name to type.
    """

    group: str
    version: int
    rows: int
    store: str
    columns: Mapping[str, str]


def read_features(uri: str) -> Features:
    """Read what FeatureWriter wrote.

    Args:
        uri: The file of its artifact.

    Returns:
        The batch.
    """
    said = json.loads(read_file(uri))
    names = ("group", "version", "rows", "store", "columns")
    return Features(**{name: said[name] for name in names})


SECTION = OutputSection(
    name="features",
    title="Features",
    node="FeatureWriter",
    output="written",
    setting="features.enabled=true",
    read=lambda made, _: read_features(made.uri),
)
