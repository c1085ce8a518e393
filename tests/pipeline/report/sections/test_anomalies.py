from pathlib import Path

import pytest

from pipeline.report.sections.anomalies import check_again
from tests.pipeline.report.artifacts import config, records


@pytest.mark.slow  # imports TFDV
@pytest.mark.filterwarnings("ignore")  # of Beam's and Google's packages, at import
def test_a_stopped_validation_is_repeated(tmp_path: Path) -> None:
    records(tmp_path)
    schema = tmp_path / "schema"
    schema.mkdir()
    (schema / "schema.pbtxt").write_text(
        'feature { name: "size" type: INT presence { min_fraction: 1 min_count: 1 } }',
        encoding="utf-8",
    )
    statistics = str(tmp_path / "artifacts/StatisticsGen/statistics/2")
    found = check_again(statistics, str(schema), config(tmp_path)).found
    missing = [row for row in found if row.kind == "SCHEMA_MISSING_COLUMN"]
    assert [(row.split, row.feature, row.stops) for row in missing] == [
        (split, "size", True) for split in ("train", "eval", "test")
    ]
