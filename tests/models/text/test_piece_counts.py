import csv
from importlib.resources import files
from pathlib import Path

import pytest

from models.encoders.resolving import MINILM_PACKAGE
from models.text.piece_counts import PieceCounter, read_pieces

PIECES = ["[UNK]", "un", "##want", "##ed", "run", "##n", "##ing", ",", "_", "中"]
ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("UNwanted,running", 7),
        ("Únwantéd", 3),
        ("", 0),
        (" \n", 0),
        ("unwanteX", 1),
        ("run_run", 3),
        ("中中run", 3),
        ("run" + "n" * 97, 98),
        ("run" + "n" * 98, 1),  # longer than 100 characters
    ],
)
def test_pieces_by_hand(text: str, pieces: int) -> None:
    assert PieceCounter(PIECES).count(text) == pieces


def test_the_bundled_reviews_have_as_many_pieces_as_hugging_face_counts() -> None:
    from transformers import BertTokenizerFast

    path = Path(str(files(MINILM_PACKAGE).joinpath("model/vocab.txt")))
    counter = PieceCounter(read_pieces(path))
    tokenizer = BertTokenizerFast(vocab_file=str(path), do_lower_case=True)
    with (ROOT / "data" / "product_reviews.csv").open(encoding="utf-8") as file:
        texts = [row["review_body"] for row in csv.DictReader(file)]
    texts += ["Ça va ? — “très bien” 中文 naïve café 😀 it's", "tabs\tand\u00a0blanks…"]
    expected = [len(ids) for ids in tokenizer(texts, add_special_tokens=False)["input_ids"]]
    assert [counter.count(text) for text in texts] == expected
