"""The texts of the benchmarks: short sentences and reviews of about sixty words."""

import csv
import random
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUNDLED = ROOT / "data" / "product_reviews.csv"
BUNDLED_COLUMN = "review_body"
REVIEW_WORDS = 60
SEED = 6

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


@dataclass(frozen=True)
class Corpus:
    """Texts under a name."""

    name: str
    texts: Sequence[str]

    @property
    def mean_words(self) -> float:
        """Return the mean number of words per text."""
        return round(statistics.mean(len(text.split()) for text in self.texts), 1)


def load_corpora(given: Sequence[str], count: int) -> list[Corpus]:
    """Read the corpora that a benchmark runs on.

    Args:
        given: Each `NAME=FILE.csv:COLUMN`; none means short sentences and sixty-word reviews, both
            cut from the bundled reviews.
        count: Texts of each; drawn with a fixed seed, again and again if there are fewer.

    Returns:
        The corpora, in order.
    """
    corpora = [_read_given(each) for each in given] or [
        Corpus("short sentences", _sentences(_read_column(BUNDLED, BUNDLED_COLUMN))),
        Corpus("60-word reviews", _long_reviews(_read_column(BUNDLED, BUNDLED_COLUMN))),
    ]
    return [Corpus(each.name, _draw(each.texts, count)) for each in corpora]


def _read_given(given: str) -> Corpus:
    """Read `NAME=FILE.csv:COLUMN`."""
    name, _, place = given.partition("=")
    path, _, column = place.rpartition(":")
    if not (name and path and column):
        raise SystemExit(f"--corpus {given} cannot be read; write it as NAME=FILE.csv:COLUMN.")
    if not Path(path).is_file():
        raise SystemExit(f"--corpus {given}: there is no file {path}.")
    return Corpus(name, _read_column(Path(path), column))


def _read_column(path: Path, column: str) -> list[str]:
    """Read the texts of a column that are not empty."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        if column not in (rows.fieldnames or ()):
            raise SystemExit(f"{path} has no column {column}; it has {rows.fieldnames}.")
        return [text for row in rows if (text := (row[column] or "").strip())]


def _sentences(reviews: Sequence[str]) -> list[str]:
    """Cut reviews into sentences."""
    return [sentence for review in reviews for sentence in _SENTENCE_END.split(review) if sentence]


def _long_reviews(reviews: Sequence[str]) -> list[str]:
    """Join sentences of consecutive reviews until each text has sixty words or some more."""
    texts: list[str] = []
    words: list[str] = []
    for sentence in _sentences(reviews):
        words += sentence.split()
        if len(words) >= REVIEW_WORDS:
            texts.append(" ".join(words))
            words = []
    return texts


def _draw(texts: Sequence[str], count: int) -> list[str]:
    """Draw `count` texts in an order that is the same in every run."""
    shuffled = list(texts)
    random.Random(SEED).shuffle(shuffled)  # noqa: S311 - a sample, no secret
    return [shuffled[place % len(shuffled)] for place in range(count)]
