"""What the pieces and words of a text contributed to a prediction, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass

DEFAULT_STEPS = 64
"""Contributions to the demo's model then miss their sum by 0.003 on average; by 0.05 with 32."""


@dataclass(frozen=True)
class Word:
    """A word of a text, put together from its word pieces.

    Attributes:
        text: As the model reads it: lower-cased if the encoder is, `[UNK]` where it has no pieces.
        score: Sum of the scores of its pieces.
        segment: 0 for the first text, 1 for its pair.
    """

    text: str
    score: float
    segment: int = 0


@dataclass(frozen=True)
class Attribution:
    """Contributions to the probability of one class.

    Attributes:
        pieces: The word pieces that the model read, `[CLS]` and `[SEP]` among them, no padding.
        scores: One per piece, in probability: a positive one speaks for the class. `[CLS]` and
            `[SEP]` have 0.
        words: The pieces put together, without `[CLS]` and `[SEP]`.
        target: The class.
        probabilities: Class to probability, in the model's order of the classes.
        baseline: Probability of the class when every word is blanked out.
        gap: Sum of the scores minus the change of the probability from `baseline`: the error of the
            integral, 0 at best.
        at_limit: The input has as many tokens as the model takes: the text may have been cut.
    """

    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    words: tuple[Word, ...]
    target: str
    probabilities: Mapping[str, float]
    baseline: float
    gap: float
    at_limit: bool = False

    @property
    def probability(self) -> float:
        """Return the probability of the class."""
        return self.probabilities[self.target]

    @property
    def predicted(self) -> str:
        """Return the likeliest class."""
        return max(self.probabilities, key=lambda name: self.probabilities[name])
