from typing import Any

import pytest

from pipeline.config.pipeline_config import PipelineConfig
from pipeline.metadata.records import ArtifactRecord
from pipeline.report.sections.data import read_data_section

CUTS = ("2026-01-01", "2026-03-01")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "By the hash of the text."),
        ({"stratify": True}, "By the hash of the text, each class by itself."),
        ({"split_by": {"split": "part"}}, "As the column part names them."),
        (
            {"split_by": {"group": "customer"}},
            "Whole groups of column customer, by the hash of their values.",
        ),
        (
            {"split_by": {"time": "when", "cuts": CUTS}},
            "By time, column when: eval from 2026-01-01T00:00:00Z, test from 2026-03-01T00:00:00Z.",
        ),
    ],
)
def test_the_section_says_what_decided_the_splits(data: dict[str, Any], said: str) -> None:
    config = PipelineConfig.model_validate({"data": {"path": "reviews.csv", **data}})
    examples = ArtifactRecord(1, "Examples", "/examples", {"rows_train": 8})
    assert read_data_section(examples, None, config).split_by == said
