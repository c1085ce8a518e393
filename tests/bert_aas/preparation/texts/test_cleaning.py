import pytest

from bert_aas.preparation.params import CleaningStep, TextRules
from bert_aas.preparation.texts.cleaning import CleanedText, TextCleaner


def clean(text: str, *steps: CleaningStep) -> CleanedText:
    return TextCleaner(TextRules(clean=steps))(text)


def test_steps_run_in_their_order_and_say_what_they_changed() -> None:
    found = clean(" <b>so</b>  soft", "html", "unicode", "white_space")
    assert found == CleanedText("so soft", ("html", "white_space"))


def test_what_is_escaped_twice_is_read_twice() -> None:
    assert clean("it&amp;#39;s", "html") == CleanedText("it's", ("html",))


def test_what_changes_a_third_time_is_not_settled() -> None:
    found = clean("&amp;amp;amp;amp;", "html")
    assert (found.text, found.settled) == ("&amp;amp;", False)


@pytest.mark.parametrize("text", ["", " <b> &amp; \x1b e\u0301 a@b.co +49 30 123456 "])
def test_without_steps_nothing_changes(text: str) -> None:
    assert clean(text) == CleanedText(text)


def test_marks_are_no_tags() -> None:
    rules = TextRules(clean=("html",), personal_data=("email",))
    found = TextCleaner(rules)("<i>jo&#64;doe.org</i>")
    assert found == CleanedText(" [EMAIL] ", ("html", "email"))
