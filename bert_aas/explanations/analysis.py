"""`analysis.json`: the words in the schema of SageMaker Clarify's explanations.

Source:
    The SageMaker guide, "Analysis results", SHAP analysis; `global_top_shap_text` as its Python
    SDK reads it in `sagemaker.lineage` and `sagemaker.experiments`.
"""

import math
from typing import Any

from bert_aas.explanations.summary import METHOD, ClassWords, Explanations

ANALYSIS_FILE = "analysis.json"
_VERSION = "1.0"
_NOTE = (
    "The figures are integrated gradients, not SHAP values: they stand under `kernel_shap` because "
    "readers of this file look there. A class has the rows for which it was predicted."
)


def analysis(found: Explanations) -> dict[str, Any]:
    """Describe explanations in Clarify's schema.

    Args:
        found: The explanations.

    Returns:
        Values that JSON can hold. `global_top_shap_text` has the means of absolutes; words of two
        texts are put together, and stand under the first one.
    """
    return {
        "version": _VERSION,
        "explanations": {
            "kernel_shap": {one.name: _label(found, one) for one in found.classes if one.rows}
        },
        "bert_aas": {
            "method": METHOD,
            "note": _NOTE,
            "rows": found.rows,
            "steps": found.asked.steps,
            "aggregation": "mean_abs",
            "granularity": "word",
            "verdict": found.verdict,
        },
    }


def _label(found: Explanations, one: ClassWords) -> dict[str, Any]:
    return {
        "global_shap_values": {
            column: value for column, value in one.columns.items() if not math.isnan(value)
        },
        "global_top_shap_text": {
            found.asked.texts[0]: {word.word: word.mean_abs for word in one.words}
        },
        "expected_value": one.expected,
    }
