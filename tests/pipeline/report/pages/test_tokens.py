from pathlib import Path

import pytest
import tensorflow as tf

from models.text.tokenizer import BertTokenizer
from models.text.vocabulary import read_vocabulary, word_pieces
from pipeline.report.pages.tokens import TokenizedText, tokenize_texts, tokens_chart
from tests.tiny_encoder import VOCAB
from tests.tiny_roberta import BPE, file_of


def spelt(text: TokenizedText, kind: str) -> str:
    return " ".join(token.piece for token in text.tokens if token.kind == kind)


def test_pieces_have_their_ids() -> None:
    (text,) = tokenize_texts(["Fine, [SEP] hated"], word_pieces(VOCAB), True, 32)

    assert [(token.piece, token.id) for token in text.tokens[:3]] == [
        ("[CLS]", 2),
        ("fine", VOCAB.index("fine")),
        (",", VOCAB.index(",")),
    ]
    assert spelt(text, "special") == "[CLS] [SEP]"
    assert text.tokens[-3].piece == "hate"
    assert text.tokens[-2].piece == "##d"
    assert (text.kept, text.cut) == (len(text.tokens), 0)


def test_what_does_not_fit_is_cut() -> None:
    text, empty = tokenize_texts(["the good shirt fits", ""], word_pieces(VOCAB), True, 5)

    assert spelt(text, "piece") == "the good shirt"
    assert spelt(text, "cut") == "fits"
    assert (text.kept, text.cut) == (5, 1)
    assert (spelt(empty, "special"), empty.kept, empty.cut) == ("[CLS] [SEP]", 2, 0)


@pytest.mark.parametrize("limit", [5, 8])
def test_pairs_are_cut_as_the_encoder_gets_them(limit: int) -> None:
    texts = ["the shirt fits very good", "bad"]
    pairs = ["bad shoes and bad movie", "very good shirt and the bad shoes"]
    found = tokenize_texts(texts, word_pieces(VOCAB), True, limit, pairs)

    read = BertTokenizer(VOCAB, True, limit).tokenize(tf.constant(texts), tf.constant(pairs))
    kept = [[token.id for token in text.tokens if token.kind != "cut"] for text in found]
    assert kept == read.word_ids.to_list()
    assert [text.kept for text in found] == [len(ids) for ids in kept]
    assert [text.kept + text.cut for text in found] == [13, 11]


def test_the_chart_has_a_card_for_each_text(tmp_path: Path) -> None:
    vocab = tmp_path / "vocab.txt"
    vocab.write_text("\n".join([*VOCAB, "<", ">"]))
    page = str(tokens_chart(["good", "<b> a b c d"], vocab, True, 5).body)

    assert page.count("<figure") == 2
    assert f'<span class="chip piece">good<small>{VOCAB.index("good")}</small></span>' in page
    assert '<span class="chip special">[CLS]<small>2</small></span>' in page
    assert '<span class="chip piece">&lt;<small>' in page
    assert '<span class="chip cut" title="cut off"><s>a</s>' in page
    assert '5 tokens <span class="muted">and 4 cut off</span>' in page
    assert tokens_chart([], vocab, True, 5).body.count("<figure") == 0


@pytest.mark.parametrize("limit", [5, 9, 12])
def test_byte_level_pairs_are_cut_as_the_encoder_gets_them(tmp_path: Path, limit: int) -> None:
    vocabulary = read_vocabulary(file_of(BPE, tmp_path / "tokenizer.json"))
    texts, pairs = ["the shirt fits very good", "bad"], ["bad shoes", "very good shirt and shoes"]
    found = tokenize_texts(texts, vocabulary, False, limit, pairs)

    read = vocabulary.tokenizer(False, limit).tokenize(tf.constant(texts), tf.constant(pairs))
    kept = [[token.id for token in text.tokens if token.kind != "cut"] for text in found]
    assert kept == read.word_ids.to_list()
    assert spelt(found[0], "special") == "<s> </s> </s> </s>"
    assert (found[0].tokens[1].piece, found[0].tokens[2].piece) == ("the", "\u0120shirt")
