"""Made-up explained rows."""

from typing import Any

import numpy as np

from bert_aas.explanations.explained import ExplainedRow

CLASSES = ("bad", "good", "fine")
WORDS = tuple("abcdefghijklmnop")


def explained(words: str, scores: list[float], **fields: Any) -> ExplainedRow:
    """One row; a word is a letter."""
    given: dict[str, Any] = {"predicted": "good", "probability": 0.9, "label": "good"}
    return ExplainedRow(tuple(words), tuple(scores), **(given | fields))


def random_rows(count: int, seed: int) -> list[ExplainedRow]:
    """Rows of one to ten random words, of three classes, in two shops, with two texts each."""
    draw = np.random.default_rng(seed)
    rows = []
    for _ in range(count):
        words = "".join(draw.choice(WORDS, draw.integers(1, 11)))
        fields = {
            "predicted": str(draw.choice(CLASSES)),
            "label": str(draw.choice(CLASSES)),
            "baseline": float(draw.random()),
            "gap": float(draw.normal(0, 0.01)),
            "slices": {"shop": str(draw.choice(("north", "south")))} if draw.random() < 0.9 else {},
            "segments": tuple(int(part) for part in draw.integers(0, 2, len(words))),
        }
        rows.append(explained(words, draw.normal(0, 0.2, len(words)).tolist(), **fields))
    return rows
