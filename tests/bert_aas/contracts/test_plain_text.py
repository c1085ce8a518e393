"""Text is shown, not obeyed."""

import json
import subprocess

import pytest

from bert_aas.contracts.plain_text import printable, printable_json, shell_word


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("naïve 日本語 👩‍👩‍👧 [/x] :smile:", "naïve 日本語 👩‍👩‍👧 [/x] :smile:"),
        ("\x1b[31mred\x1b]8;;http://x\x07", "\\x1b[31mred\\x1b]8;;http://x\\x07"),
        ("a\rb\x08c\x00d\x7fe", "a\\rb\\x08c\\x00d\\x7fe"),
        ("a\x9b31mb\x85c", "a\\x9b31mb\\x85c"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("a\u2028b\u2029c", "a\\u2028b\\u2029c"),
        ("a\u202eb\u2066c", "a\\u202eb\\u2066c"),
        ("caf\udce9", "caf\\udce9"),
    ],
)
def test_controls_are_spelt_out(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert printable(text).encode()


def test_lines_may_stay() -> None:
    assert printable("a\nb\x1b\r\n", lines=True) == "a\nb\\x1b\\r\n"


def test_json_says_the_same_and_can_be_written() -> None:
    content = {"é\x1b\n": ["a\x9b\u202e\u2028", "caf\udce9", 1, None]}
    text = printable_json(content)
    assert json.loads(text) == content
    assert "é\\u001b\\n" in text
    assert not set(text) & set("\x9b\u202e\u2028\udce9\x1b")
    assert text.encode()


@pytest.mark.parametrize(
    "word",
    [
        "plain",
        "",
        "two words",
        "it's",
        '"$HOME"`id`',
        "[a]*?{b}#!~;&|",
        "a\nb\x1b'\\c",
        "caf\udce9",
    ],
)
def test_a_shell_reads_the_word_back(word: str) -> None:
    command = ["bash", "-c", f"printf %s {shell_word(word)}"]
    read = subprocess.run(command, capture_output=True, check=True).stdout
    assert read == word.encode(errors="surrogateescape")
    assert printable(shell_word(word)) == shell_word(word)
