"""A row whose prediction is explained, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ExplainedRow:
    """What the words of one row contributed to the class that the model predicted.

    Attributes:
        words: In their order; a word may come twice.
        scores: One per word, in probability: a positive one speaks for the class.
        predicted: The class.
        probability: Of that class.
        baseline: Its probability with every word blanked out.
        gap: By how much the scores miss `probability - baseline`.
        label: The class in the data.
        slices: Column to value, as text.
        segments: One per word: 0 for the first text, 1 for its pair; empty: all 0.
    """

    words: tuple[str, ...]
    scores: tuple[float, ...]
    predicted: str
    probability: float
    baseline: float = 0.0
    gap: float = 0.0
    label: str = ""
    slices: Mapping[str, str] = field(default_factory=dict)
    segments: tuple[int, ...] = ()
