"""What readers of `explanations.json` need: names, verdicts, and the short form for `run.json`."""

from collections.abc import Mapping
from typing import Any

EXPLANATIONS_FILE = "explanations.json"
FAITHFUL, NOT_FAITHFUL, UNKNOWN = "faithful", "not faithful", "too few rows to tell"
"""Verdicts of the deletion test."""


def brief(content: Mapping[str, Any], words: int = 5) -> dict[str, Any]:
    """Give what `run.json` holds.

    Args:
        content: `explanations.json`.
        words: How many words of each class.

    Returns:
        The verdict, the figures that it rests on, and the first words of each class.
    """
    deletion, by_class = content["deletion"], content["by_class"]
    return {
        "method": content["method"],
        "rows": content["rows"],
        "verdict": content["verdict"],
        "faithfulness": {"verdict": deletion["verdict"], **deletion["difference"]},
        "stability": {one["class"]: one["stability"]["rank_correlation"] for one in by_class},
        "top_words": {
            one["class"]: [word["word"] for word in one["words"][:words]] for one in by_class
        },
    }
