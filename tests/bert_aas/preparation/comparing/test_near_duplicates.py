import itertools
import random
import re
import tracemalloc

import numpy as np
import pytest

from bert_aas.preparation.comparing.bands import band_hashes, rows_per_band
from bert_aas.preparation.comparing.facts import Hashes
from bert_aas.preparation.comparing.near_duplicates import (
    NearTexts,
    find_near_duplicates,
    jaccard,
)
from bert_aas.preparation.comparing.shingles import Shingler, Shingles
from bert_aas.preparation.params import NearDuplicateRules, PreparationRules
from bert_aas.preparation.tables import prepare_table


def runs(text: str, words: int = 3) -> set[tuple[str, ...]]:
    """The shingles of a text, by another way."""
    found = re.findall(r"\w+", text.lower())
    size = min(words, len(found))
    return {tuple(found[start : start + size]) for start in range(len(found) - size + 1)}


def similarity(one: str, other: str) -> float:
    return len(runs(one) & runs(other)) / len(runs(one) | runs(other))


def family(draw: random.Random, size: int) -> list[str]:
    """A text and others made of it by changing some words."""
    words = [f"w{draw.randrange(300)}" for _ in range(30)]
    texts = []
    for _ in range(size):
        changed = list(words)
        for place in draw.sample(range(len(words)), draw.randrange(6)):
            changed[place] = f"x{draw.randrange(1000)}"
        texts.append(" ".join(changed))
    return texts


def test_shingles_have_the_similarity_of_runs_of_words() -> None:
    texts = [*family(random.Random(3), 12), "a", "a b", "A  b!", "a b c d"]  # noqa: S311
    shingles = Shingler(3)(texts)
    for one, other in itertools.combinations(range(len(texts)), 2):
        if runs(texts[one]) and runs(texts[other]):
            (found,) = jaccard(shingles.of(one), [shingles.of(other)])
            assert found == pytest.approx(similarity(texts[one], texts[other]))


def test_no_two_texts_that_stay_are_nearly_equal() -> None:
    draw = random.Random(5)  # noqa: S311
    texts = [text for _ in range(40) for text in family(draw, 10)]
    labels = ["a"] * len(texts)
    splits = [draw.choice(("train", "eval", "test")) for _ in texts]
    rules = PreparationRules(near_duplicates=NearDuplicateRules(threshold=0.6))
    found = prepare_table([[text] for text in texts], labels, rules, splits)
    kept = [text for text, copies in zip(texts, found.copies, strict=True) if copies]
    assert found.dropped()["near_duplicate"] > 20
    assert max(similarity(*pair) for pair in itertools.combinations(kept, 2)) < 0.6
    # And each that went is nearly equal to one that stays.
    gone = [
        text
        for text, why in zip(texts, found.reasons, strict=True)
        if why.called == "near_duplicate"
    ]
    assert all(max(similarity(text, other) for other in kept) >= 0.6 for text in gone)


def test_what_shares_a_band_and_is_not_similar_stays() -> None:
    shingles = Shingler(1)(["a b c", "a x y", "a b c d"])
    bands = np.zeros((1, 3), np.uint64)  # all are candidates
    near = NearTexts(bands, np.array([3, 3, 4], np.int32), shingles.of)
    order = np.arange(3)
    assert find_near_duplicates(near, order, 0.7).tolist() == [2]
    assert find_near_duplicates(near, order, 0.75).tolist() == [2]
    assert find_near_duplicates(near, order, 0.8).tolist() == []
    assert find_near_duplicates(near, order[::-1], 0.7).tolist() == [0]


def plainly(bands: Hashes, order: list[int], shingles: Shingles, threshold: float) -> list[int]:
    """Find what is nearly equal as the definition says it, in plain Python."""
    staying: list[int] = []
    dropped = []
    for place in order:
        mine = set(shingles.of(place).tolist())
        others = [other for other in staying if (bands[:, place] == bands[:, other]).any()]
        sets = [set(shingles.of(other).tolist()) for other in others]
        if any(len(mine & each) / len(mine | each) >= threshold for each in sets):
            dropped.append(place)
        else:
            staying.append(place)
    return dropped


@pytest.mark.parametrize("seed", range(8))
def test_decisions_are_those_of_comparing_one_by_one(seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311
    texts = [text for _ in range(draw.randrange(2, 12)) for text in family(draw, 12)]
    threshold = draw.choice((0.3, 0.5, 0.7, 0.9))
    parts = [Shingler(3)(texts[:7]), Shingler(3)(texts[7:])]
    order = draw.sample(range(len(texts)), len(texts) - 3)
    near = NearTexts.of(parts, threshold)
    found = find_near_duplicates(near, np.array(order), threshold).tolist()
    together = Shingler(3)(texts)
    expected = plainly(band_hashes(together, threshold), order, together, threshold)
    assert found == expected


def test_memory_is_some_bytes_for_each_text() -> None:
    words = 12
    rows = 40_000  # in pairs that share all bands and are not near
    values = np.arange(rows * words, dtype=np.uint64).reshape(rows, words)
    bands = np.tile(np.arange(rows, dtype=np.uint64) // np.uint64(2), (25, 1))
    near = NearTexts(bands, np.full(rows, words, np.int32), values.__getitem__)
    tracemalloc.start()
    find_near_duplicates(near, np.arange(rows), 0.8)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak / rows < 200  # with an object for each band: thousands


def test_equal_signatures_share_all_bands() -> None:
    bands = band_hashes(Shingler(3)(["one two three four", "One, two; three four", "five"]), 0.8)
    assert (bands[:, 0] == bands[:, 1]).all()
    assert (bands[:, 0] != bands[:, 2]).all()


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7, 0.8, 0.9, 1.0])
def test_bands_find_what_they_must(threshold: float) -> None:
    size = rows_per_band(threshold)
    assert size == 1 or (1 - threshold**size) ** (128 // size) <= 1e-4
