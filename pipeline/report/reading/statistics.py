"""Read the statistics that StatisticsGen wrote, by split."""

from typing import Any

SPLITS = ("train", "eval", "test")


def read_statistics(uri: str) -> dict[str, Any]:
    """Read TFDV's statistics.

    Args:
        uri: Folder of the `ExampleStatistics` artifact.

    Returns:
        Split to `DatasetFeatureStatistics`, for the splits that are there.
    """
    from tensorflow_metadata.proto.v0 import statistics_pb2
    from tfx.dsl.io import fileio

    found = {}
    for split in SPLITS:
        path = f"{uri}/Split-{split}/FeatureStats.pb"
        if fileio.exists(path):
            with fileio.open(path, "rb") as file:
                content = file.read()
            parsed = statistics_pb2.DatasetFeatureStatisticsList.FromString(content)
            if parsed.datasets:
                found[split] = parsed.datasets[0]
    return found
