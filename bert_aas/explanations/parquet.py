"""The explained rows as a Parquet file: one line for each."""

import io
from collections.abc import Sequence

from bert_aas.explanations.explained import ExplainedRow

ROWS_FILE = "explained_rows.parquet"


def rows_as_parquet(rows: Sequence[ExplainedRow]) -> bytes:
    """Write explained rows.

    Args:
        rows: The rows.

    Returns:
        The content of a Parquet file. `words`, `scores` and `segments` are lists of equal length,
        `slices` is a map.
    """
    from bert_aas.tables.arrow import pa, parquet  # noqa: PLC0415 (a third of a second)

    words = pa.list_(pa.string())
    schema = pa.schema(
        [
            ("row", pa.int64()),
            ("label", pa.string()),
            ("predicted", pa.string()),
            ("probability", pa.float64()),
            ("baseline", pa.float64()),
            ("gap", pa.float64()),
            ("words", words),
            ("scores", pa.list_(pa.float64())),
            ("segments", pa.list_(pa.int32())),
            ("slices", pa.map_(pa.string(), pa.string())),
        ]
    )
    lines = [
        {
            "row": number,
            "label": row.label,
            "predicted": row.predicted,
            "probability": row.probability,
            "baseline": row.baseline,
            "gap": row.gap,
            "words": row.words,
            "scores": row.scores,
            "segments": row.segments or (0,) * len(row.words),
            "slices": list(row.slices.items()),
        }
        for number, row in enumerate(rows)
    ]
    sink = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(lines, schema=schema), sink)
    return sink.getvalue()
