"""The words that the Explainer found in a run, a row for each word."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from bert_aas.explanations.reading import EXPLANATIONS_FILE
from components.tfrecords import read_file
from pipeline.runs.past_runs import PastRun

_FIGURES = ("word", "rows", "mean", "low", "high", "mean_abs")


def explanation_rows(run: PastRun) -> list[tuple[Any, ...]]:
    """Read the words of a run.

    Args:
        run: The run.

    Returns:
        Class, slice (`None`: all rows), word, rows, mean, its interval, mean of absolutes; empty
        where there was no Explainer, or its output is gone.
    """
    made = run.artifact("Explainer", "explanations")
    if made is None:
        return []
    try:
        content = json.loads(read_file(f"{made.uri}/{EXPLANATIONS_FILE}"))
    except (OSError, ValueError):
        return []
    return list(_rows(content))


def _rows(content: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    for one in (*content["by_class"], *content["by_slice"]):
        part = f"{one['column']}={one['value']}" if "column" in one else None
        for word in one["words"]:
            yield one["class"], part, *(word[name] for name in _FIGURES)
