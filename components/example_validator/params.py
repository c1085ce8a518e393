"""The parameters of data validation: which schema, and which anomalies stop a run."""

from pydantic import Field

from bert_aas.contracts.params import FrozenParams


class ValidateParams(FrozenParams):
    """Where the schema comes from and what is not tolerated."""

    schema_path: str | None = Field(
        default=None,
        description="File with a curated schema (text proto); default: the schema is inferred from "
        "the data.",
    )
    stop_on: tuple[str, ...] = Field(
        default=(
            "SCHEMA_MISSING_COLUMN",
            "FEATURE_TYPE_NOT_PRESENT",
            "UNEXPECTED_DATA_TYPE",
            "DATASET_LOW_NUM_EXAMPLES",
        ),
        description="TFDV anomaly types that stop the run, e.g. SCHEMA_NEW_COLUMN; `ALL` stops at "
        "every anomaly.",
    )
