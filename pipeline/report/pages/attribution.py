"""Texts with each word coloured by what it contributed to the prediction."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.attribution.attributed import Attribution, Word
from pipeline.predictions.class_order import natural_order
from pipeline.report.formatting import metric
from pipeline.report.pages.fragment import Fragment, render_template

LARGE_GAP = 0.05
"""In probability; beyond it the page says that the scores do not add up."""

_TEMPLATE = "pages/attribution.html.j2"
_FULL_SCORE = 0.1  # scores below it stay pale, so that noise does not look like a reason
_FAINTEST = 0.05
_FULL_STRENGTH = 60  # % of the colour: the ink on it stays readable
_MAX_CLASSES = 6
_MAX_ROWS = 12
_MINUS = "\N{MINUS SIGN}"  # as wide as the plus
_QUOTE = "\N{RIGHT SINGLE QUOTATION MARK}"
_CLOSE_BEFORE = frozenset(f".,;:!?)]}}%'-{_QUOTE}")
_CLOSE_AFTER = frozenset(f"([{{'-{_QUOTE}")


@dataclass(frozen=True)
class ShownWord:
    """A word as the page shows it.

    Attributes:
        text: The word.
        score: Its contribution, signed.
        kind: `for`, `against`, or nothing where it hardly matters.
        strength: Of the colour, %.
        spaced: Whether a space stands before it.
    """

    text: str
    score: str
    kind: str
    strength: int
    spaced: bool


@dataclass(frozen=True)
class ShownText:
    """A text as the page shows it.

    Attributes:
        attribution: The contributions.
        segments: The words of the text, and of its pair.
        classes: Names and probabilities, in natural order; of many classes the likeliest.
        largest: The words that contributed most.
        total: Sum of all contributions, signed.
        gap: How far that is from the change of the probability, if that is much.
    """

    attribution: Attribution
    segments: tuple[tuple[ShownWord, ...], ...]
    classes: tuple[tuple[str, float], ...]
    largest: tuple[ShownWord, ...]
    total: str
    gap: str | None


def attribution_chart(
    attributions: Sequence[Attribution], title: str = "What the words contributed"
) -> Fragment:
    """Draw texts with their words coloured, and the probabilities of their classes.

    Args:
        attributions: As `models.attribution.attribution.Explainer.explain` gives them.
        title: The heading.

    Returns:
        One card per text.
    """
    return render_template(
        _TEMPLATE, title, heading=title, texts=[show_text(found) for found in attributions]
    )


def show_text(attribution: Attribution) -> ShownText:
    """Work out how a text is shown.

    Args:
        attribution: Its contributions.

    Returns:
        What the template needs.
    """
    words = attribution.words
    full = max([_FULL_SCORE, *(abs(word.score) for word in words)])
    segments = tuple(
        tuple(_show_words([word for word in words if word.segment == number], full))
        for number in sorted({word.segment for word in words})
    )
    shown = [word for segment in segments for word in segment]
    order = sorted(range(len(words)), key=lambda place: -abs(words[place].score))
    return ShownText(
        attribution,
        segments,
        _shown_classes(attribution),
        tuple(shown[place] for place in order[:_MAX_ROWS]),
        signed(sum(attribution.scores)),
        signed(attribution.gap) if abs(attribution.gap) > LARGE_GAP else None,
    )


def signed(value: float) -> str:
    """Write a contribution.

    Args:
        value: In probability.

    Returns:
        Three digits with a sign, for example `+0.120`; `0.000` has none.
    """
    written = metric(abs(value))
    if not float(written):
        return written
    return f"{'+' if value > 0 else _MINUS}{written}"


def _show_words(words: Sequence[Word], full: float) -> list[ShownWord]:
    shown = []
    for place, word in enumerate(words):
        share = abs(word.score) / full
        kind = "" if share < _FAINTEST else "for" if word.score > 0 else "against"
        spaced = place > 0 and not (
            word.text in _CLOSE_BEFORE or words[place - 1].text in _CLOSE_AFTER
        )
        strength = round(_FULL_STRENGTH * share)
        shown.append(ShownWord(word.text, signed(word.score), kind, strength, spaced))
    return shown


def _shown_classes(attribution: Attribution) -> tuple[tuple[str, float], ...]:
    found = attribution.probabilities
    likeliest = sorted(found, key=lambda name: (name != attribution.target, -found[name]))
    return tuple((name, found[name]) for name in natural_order(likeliest[:_MAX_CLASSES]))
