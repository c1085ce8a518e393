import pytest

from bert_aas.preparation.texts import patterns
from bert_aas.preparation.texts.steps import STEPS


@pytest.mark.parametrize(
    ("step", "text", "cleaned"),
    [
        ("html", "a<br/>b", "a b"),
        ("html", "<p class='x'>soft</p>", " soft "),
        ("html", "I <3 it, 2 < 3 > 1", "I <3 it, 2 < 3 > 1"),
        ("html", "<script>var a = '<b>';</script>soft", " soft"),
        ("html", "fish &amp; chips &#39;n&#39; &#x22;peas&quot;", "fish & chips 'n' \"peas\""),
        (
            "html",
            "it&#146;s &nope; &#0; &#xD800; &#1114112;",
            "it\u2019s &nope; &#0; &#xD800; &#1114112;",
        ),
        ("html", "AT&T; R&D", "AT&T; R&D"),
        ("control_characters", "a\x00b\x1b\u200bc\ufeff\u00add", "abcd"),
        ("control_characters", "a\tb\nc\u200dd", "a\tb\nc\u200dd"),
        ("unicode", "e\u0301", "é"),
        ("unicode", "ﬁ²", "ﬁ²"),
        ("unicode", "e\u0301\u1ac1", "e\u0301\u1ac1"),
        ("white_space", " \u3000a \t\n b\u00a0c ", "a b c"),
        ("white_space", "a  b ", "a b"),
        ("email", "to jo.doe+x@mail.example.co.uk, now", "to [EMAIL], now"),
        ("email", "@handle a@b a@b.c", "@handle a@b a@b.c"),
        ("phone", "call +49 (0)30 123456 or (212) 555-0100", "call [PHONE] or [PHONE]"),
        ("phone", "1-212-555-0100, 06 12 34 56 78, 030 1234567", "[PHONE], [PHONE], [PHONE]"),
        (
            "phone",
            "2026-11-30, 01/02/2026, 36 38 40, $1,200.50",
            "2026-11-30, 01/02/2026, 36 38 40, $1,200.50",
        ),
        ("card_number", "4111 1111 1111 1111 or 378282246310005", "[CARD] or [CARD]"),
        ("card_number", "4111 1111 1111 1112, 1234567890123", "4111 1111 1111 1112, 1234567890123"),
    ],
)
def test_a_step_does_what_its_name_says_and_no_more(step: str, text: str, cleaned: str) -> None:
    assert STEPS[step](text) == cleaned


def test_the_blanks_are_those_that_python_splits_at() -> None:
    blanks = {code for first, last in patterns.BLANKS for code in range(first, last + 1)}
    assert blanks == {code for code in range(0x110000) if not chr(code).split()}


@pytest.mark.parametrize("name", ["control_characters", "white_space"])
def test_ascii_is_cleaned_as_the_same_text_with_other_characters(name: str) -> None:
    for code in range(128):
        cleaned = STEPS[name](f"a{chr(code)}b")
        assert STEPS[name](f"a{chr(code)}bé") == f"{cleaned}é"
