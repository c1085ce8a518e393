"""Byte-level pieces put together to words."""

from models.attribution.attributed import Word
from models.attribution.words import merge_pieces
from models.text.spelling import ByteLevelSpelling

SPELLING = ByteLevelSpelling()


def test_byte_level_pieces_become_words() -> None:
    pieces = [
        "<s>",
        "g",
        "\u00c3",
        "\u00a4",
        "be",
        ",",
        "\u0120good",
        "s",
        "'",
        "s",
        "12",
        "a",
        "</s>",
    ]
    scores = [9.0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 9]

    assert merge_pieces(pieces, scores, [0] * len(pieces), SPELLING) == (
        Word("g\u00e4be", 15.0),
        Word(",", 16.0),
        Word("goods", 96.0),
        Word("'", 128.0),
        Word("s", 256.0),
        Word("12", 512.0),
        Word("a", 1024.0),
    )


def test_white_space_is_a_word_of_its_own() -> None:
    pieces = ["<s>", "a", "\u0120\u0120", "\u010a", "b", "</s>"]

    words = merge_pieces(pieces, [0.0] * 6, [0] * 6, SPELLING)
    assert [word.text for word in words] == ["a", "  ", "\n", "b"]


def test_a_blank_belongs_to_the_word_behind_it() -> None:
    words = merge_pieces(["\u0120", "\u0120", "b", "\u0120", "!"], [1.0] * 5, [0] * 5, SPELLING)

    assert [(word.text, word.score) for word in words] == [(" ", 1.0), ("b", 2.0), ("!", 2.0)]


def test_the_second_text_begins_at_the_second_end_token() -> None:
    pieces = ["<s>", "a", "</s>", "</s>", "b", "</s>"]

    assert SPELLING.segments(pieces, [0] * 6) == [0, 0, 0, 1, 1, 1]
