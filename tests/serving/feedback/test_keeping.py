import json
import logging
from pathlib import Path
from typing import Any

import pytest

from bert_aas.traffic.statistics.intervals import Rewards
from serving.errors import SettingsError
from serving.feedback.feedback import Feedback, FeedbackOptions
from serving.feedback.keeping import Keeper
from tests.serving.version_folders import wait_until


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "feedback.json"


def counted() -> Feedback:
    feedback = Feedback(FeedbackOptions())
    feedback.tallies.begin("m", "plan")
    feedback.tallies.count("m", 3, 0.5, "plan", is_label=True)
    feedback.tallies.count("m", 4, 1.0, "", is_label=False)
    feedback.tallies.refuse("m", "late")
    return feedback


def test_the_counts_outlive_the_server(file: Path) -> None:
    before, after = counted(), Feedback(FeedbackOptions())
    Keeper(before, file).stop()

    Keeper(after, file).read()

    assert after.tallies.of("m") == before.tallies.of("m")
    assert after.server == before.server
    after.tallies.count("m", 3, 0.5, "plan", is_label=True)
    assert after.tallies.of("m").chosen == {3: Rewards(1.0, 2)}


def test_a_file_that_is_not_there_yet_has_no_counts(file: Path) -> None:
    feedback = Feedback(FeedbackOptions())
    Keeper(feedback, file).read()

    assert feedback.tallies.models() == []


def test_writes_by_itself_what_is_new(file: Path) -> None:
    feedback = counted()
    keeper = Keeper(feedback, file, pause_s=0.01)
    keeper.start()
    wait_until(file.exists)
    feedback.tallies.count("m", 3, 1.0, "plan", is_label=True)
    wait_until(lambda: json.loads(file.read_text())["models"]["m"]["chosen"]["3"] == [1.5, 2])
    keeper.stop()
    file.unlink()
    keeper.write()

    assert not file.exists()


def test_a_folder_that_cannot_be_written_is_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    keeper = Keeper(counted(), tmp_path / "file" / "feedback.json")
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            keeper.write()

    assert len(caplog.records) == 1
    assert "cannot be kept in" in caplog.text


GOOD = {"accuracy": {}, "rewards": {}, "chosen": {}, "experiment": "", "refused": {}}


@pytest.mark.parametrize(
    "document",
    [
        "{",
        [],
        {"format": 2, "server": "a", "models": {}},
        {"format": 1, "models": {}},
        {"format": 1, "server": "a", "models": []},
        {"format": 1, "server": "a", "models": {"m": {}}},
        {"format": 1, "server": "a", "models": {"m": {**GOOD, "rewards": {"x": [1, 1]}}}},
        {"format": 1, "server": "a", "models": {"m": {**GOOD, "rewards": {"3": [2, 1]}}}},
        {"format": 1, "server": "a", "models": {"m": {**GOOD, "rewards": {"3": [1]}}}},
        {"format": 1, "server": "a", "models": {"m": {**GOOD, "refused": 1}}},
    ],
)
def test_a_file_that_holds_no_counts_is_refused(tmp_path: Path, document: Any) -> None:
    file = tmp_path / "feedback.json"
    file.write_text(document if isinstance(document, str) else json.dumps(document))
    feedback = Feedback(FeedbackOptions())

    with pytest.raises(SettingsError, match="holds no counts of feedback: "):
        Keeper(feedback, file).read()

    assert feedback.tallies.models() == []


def test_a_folder_in_its_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="Is a directory"):
        Keeper(Feedback(FeedbackOptions()), tmp_path).read()
