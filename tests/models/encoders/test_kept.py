"""The cache of encoders does not grow without end."""

import os
import time
from pathlib import Path

from models.encoders.facts import EncoderFacts, keep_facts, recall_facts
from models.encoders.kept import note_use, remove_unused

NOW = time.time()
FACTS = EncoderFacts("vocab.txt", True, 512, 16)


def used(path: Path, days_ago: int) -> Path:
    os.utime(path, (NOW - days_ago * 86_400,) * 2)
    return path


def folder(cache: Path, name: str, days_ago: int) -> None:
    (cache / name).mkdir()
    (cache / name / "saved_model.pb").touch()
    used(cache / name, days_ago)


def test_those_used_last_stay_and_those_used_this_week(tmp_path: Path) -> None:
    for name, days_ago in {"m-a": 40, "m-b": 30, "m-c": 20, "m-d": 6, "other": 90}.items():
        folder(tmp_path, name, days_ago)
    remove_unused(tmp_path, "m-*", keep=2, days=7)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m-c", "m-d", "other"]
    remove_unused(tmp_path, "m-*", keep=0, days=7)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m-d", "other"]


def test_what_is_used_stays(tmp_path: Path) -> None:
    for name in ("m-a", "m-b"):
        folder(tmp_path, name, 40)
    note_use(tmp_path / "m-b")
    remove_unused(tmp_path, "m-*", keep=1)
    assert [path.name for path in tmp_path.iterdir()] == ["m-b"]


def test_facts_of_a_hundred_modules_are_kept(tmp_path: Path) -> None:
    keep_facts(tmp_path, "first", FACTS)
    used(next(tmp_path.iterdir()), 40)
    for number in range(105):
        used_facts = tmp_path / f"facts-{number}.json"
        used_facts.touch()
        used(used_facts, 30)
    assert recall_facts(tmp_path, "first") == FACTS  # used now
    keep_facts(tmp_path, "second", FACTS)
    assert len([*tmp_path.glob("facts-*.json")]) == 100
    assert recall_facts(tmp_path, "first") == recall_facts(tmp_path, "second") == FACTS
