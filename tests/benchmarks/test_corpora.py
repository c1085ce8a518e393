from pathlib import Path

import pytest

from benchmarks.corpora import load_corpora


def test_the_bundled_reviews_give_short_sentences_and_long_reviews() -> None:
    short, long = load_corpora([], 300)

    assert len(short.texts) == len(long.texts) == 300
    assert 5 < short.mean_words < 15
    assert 60 <= long.mean_words < 75
    assert all(len(text.split()) >= 60 for text in long.texts)


def test_every_run_has_the_same_texts() -> None:
    assert load_corpora([], 50) == load_corpora([], 50)


def test_a_file_of_ones_own_is_read_by_column(tmp_path: Path) -> None:
    path = tmp_path / "a:b.csv"
    path.write_text('text,other\n"one, two",x\n,y\nthree,z\n')

    (corpus,) = load_corpora([f"mine={path}:text"], 4)

    assert corpus.name == "mine"
    assert sorted(set(corpus.texts)) == ["one, two", "three"]
    assert len(corpus.texts) == 4


@pytest.mark.parametrize("given", ["mine", "mine=file.csv", "mine=absent.csv:text"])
def test_what_cannot_be_read_is_named(given: str) -> None:
    with pytest.raises(SystemExit, match=given):
        load_corpora([given], 4)
