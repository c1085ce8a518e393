import os
from pathlib import Path

import numpy as np

from bert_aas.preparation.comparing.bands import band_hashes
from bert_aas.preparation.comparing.near_duplicates import NearTexts
from bert_aas.preparation.comparing.shingles import Shingler
from components.preparer.near_texts import open_near_texts
from components.preparer.parts import InputFile, Part, save_array

THRESHOLD = 0.8
TEXTS = (("a b c d", "e", "a b c d e"), ("x y z w v u", "e"))


def part(folder: Path, number: int) -> Part:
    """A part as the first pass leaves it."""
    folder = folder / str(number)
    folder.mkdir()
    shingles = Shingler(3)(TEXTS[number])
    save_array(f"{folder}/bands.npy", band_hashes(shingles, THRESHOLD))
    save_array(f"{folder}/shingles.npy", shingles.values)
    save_array(f"{folder}/ends.npy", shingles.ends)
    file = InputFile(number, "train", "file")
    return Part(file, str(folder), len(TEXTS[number]), (), (), {}, {}, {})


def test_parts_are_one_table(tmp_path: Path) -> None:
    expected = NearTexts.of([Shingler(3)(texts) for texts in TEXTS], THRESHOLD)
    with open_near_texts([part(tmp_path, 0), part(tmp_path, 1)]) as near:
        assert near.sizes.tolist() == expected.sizes.tolist() == [2, 1, 3, 4, 1]
        for place in (4, 0, 3, 2, 1, 0):
            assert near.shingles(place).tolist() == expected.shingles(place).tolist()
        assert np.array_equal(np.stack([*near.bands]), np.stack([*expected.bands]))


def test_files_have_no_name_that_could_stay(tmp_path: Path) -> None:
    parts = [part(tmp_path, 0), part(tmp_path, 1)]
    before = sorted(os.walk(tmp_path))
    with open_near_texts(parts) as near:
        next(iter(near.bands))
        assert sorted(os.walk(tmp_path)) == before
