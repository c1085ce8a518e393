"""Read TFDV's anomalies and say which of them stop a run."""

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass

from tensorflow_metadata.proto.v0 import anomalies_pb2

from bert_aas.contracts.errors import InvalidInputError

ALL = "ALL"
ANOMALIES_FILE = "SchemaDiff.pb"


@dataclass(frozen=True)
class Anomaly:
    """One reason why a split does not fit the schema.

    Attributes:
        split: Name of the split.
        feature: Name of the feature; empty when the whole split is meant.
        type: Name of TFDV's `AnomalyInfo.Type`.
        reason: TFDV's description.
    """

    split: str
    feature: str
    type: str
    reason: str

    def to_dict(self) -> dict[str, str]:
        """Return the fields by name."""
        return asdict(self)


def check_names(names: Collection[str]) -> None:
    """Refuse names that TFDV does not know.

    Args:
        names: Names of anomaly types, or `ALL`.

    Raises:
        InvalidInputError: For the first unknown name.
    """
    known = anomalies_pb2.AnomalyInfo.Type.keys()
    for name in names:
        if name != ALL and name not in known:
            raise InvalidInputError(
                f"`validate.stop_on` has {name!r}; allowed are ALL and TFDV's anomaly types such "
                "as SCHEMA_MISSING_COLUMN, SCHEMA_NEW_COLUMN or ENUM_TYPE_UNEXPECTED_STRING_VALUES"
            )


def read_anomalies(artifact_uri: str, splits: Collection[str]) -> list[Anomaly]:
    """Read what ExampleValidator wrote.

    Args:
        artifact_uri: Folder of the `ExampleAnomalies` artifact.
        splits: Names of the splits.

    Returns:
        One entry per feature and reason, in the order of the splits.
    """
    from tfx.dsl.io import fileio  # noqa: PLC0415  (slow, and `check_names` must answer at once)

    found: list[Anomaly] = []
    for split in splits:
        with fileio.open(f"{artifact_uri}/Split-{split}/{ANOMALIES_FILE}", "rb") as file:
            anomalies = anomalies_pb2.Anomalies.FromString(file.read())
        found.extend(_split_anomalies(split, anomalies))
    return found


def stopping(anomalies: Collection[Anomaly], stop_on: Collection[str]) -> list[Anomaly]:
    """Keep the anomalies that the user does not tolerate.

    Args:
        anomalies: All anomalies.
        stop_on: Names of types, or `ALL`.

    Returns:
        The ones to stop on.
    """
    return [anomaly for anomaly in anomalies if ALL in stop_on or anomaly.type in stop_on]


def _split_anomalies(split: str, anomalies: anomalies_pb2.Anomalies) -> Iterator[Anomaly]:
    for feature, info in sorted(anomalies.anomaly_info.items()):
        yield from _reasons(split, feature, info)
    if anomalies.HasField("dataset_anomaly_info"):
        yield from _reasons(split, "", anomalies.dataset_anomaly_info)


def _reasons(split: str, feature: str, info: anomalies_pb2.AnomalyInfo) -> Iterator[Anomaly]:
    for reason in info.reason:
        name = anomalies_pb2.AnomalyInfo.Type.Name(reason.type)
        yield Anomaly(split, feature, name, reason.description)
