import re

import pytest

from models.attribution.attributed import Word
from pipeline.report.pages.attribution import attribution_chart, show_text, signed
from tests.pipeline.attributions import attribution


def test_words_are_coloured_by_their_share_of_the_largest() -> None:
    first, second = show_text(attribution()).segments

    assert [(word.text, word.kind, word.strength) for word in first] == [
        ("not", "for", 60),
        ("bad", "against", 30),
        (",", "", 0),
        ("<fine>", "for", 12),
    ]
    assert [word.text for word in second] == ["ok"]


def test_small_contributions_stay_pale() -> None:
    words = (Word("a", 0.02), Word("b", -0.004))
    (shown,) = show_text(attribution(words=words)).segments

    assert [(word.kind, word.strength) for word in shown] == [("for", 12), ("", 2)]


def test_punctuation_stands_where_it_belongs() -> None:
    words = tuple(Word(text, 0.0) for text in ("it", "'", "s", "(", "so", ")", "good", "!"))
    (shown,) = show_text(attribution(words=words)).segments

    text = "".join(f"{' ' * word.spaced}{word.text}" for word in shown)
    assert text == "it's (so) good!"


def test_the_largest_contributions_come_first() -> None:
    largest = show_text(attribution()).largest

    assert [(word.text, word.score) for word in largest] == [
        ("not", "+0.300"),
        ("bad", "−0.150"),  # noqa: RUF001
        ("<fine>", "+0.060"),
        (",", "+0.001"),
        ("ok", "0.000"),
    ]


def test_of_many_classes_the_likeliest_and_the_explained_one_are_shown() -> None:
    probabilities = {str(number): number / 45 for number in range(10)}
    shown = show_text(attribution(probabilities=probabilities, target="1"))

    assert [name for name, _ in shown.classes] == ["1", "5", "6", "7", "8", "9"]


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.1234, "+0.123"), (-0.5, "−0.500"), (0.0004, "0.000"), (-0.0004, "0.000")],  # noqa: RUF001
)
def test_contributions_have_signs(value: float, written: str) -> None:
    assert signed(value) == written


def test_the_page_says_what_the_colours_say_and_escapes_the_text() -> None:
    fragment = attribution_chart([attribution(), attribution(words=())], "Two <texts>")
    page = str(fragment.body)

    assert fragment.title == "Two <texts>"
    assert "<h2>Two &lt;texts&gt;</h2>" in page
    assert page.count("<figure") == 2
    assert '<span class="against" style="--strength: 30%" title="bad: −0.150">bad</span>' in page  # noqa: RUF001
    assert "&lt;fine&gt;</span>" in page
    assert "<fine>" not in page
    assert "bad &amp; worse" in page
    assert "(an empty text)" in page
    assert re.search(r"Probability of <b>good</b>: 0.711; 0.500 with every word blanked", page)
    assert "add up to +0.211." in page
    assert "That misses" not in page
    assert "was not read" not in page


def test_what_is_uncertain_is_said() -> None:
    page = str(attribution_chart([attribution(gap=-0.06, at_limit=True)]).body)

    assert "That misses the difference by −0.060" in page  # noqa: RUF001
    assert "fills the model's 10 tokens" in page
