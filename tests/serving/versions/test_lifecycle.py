from pathlib import Path

import pytest

from serving.errors import Code, ServingError
from serving.observing.observer import LoadRecord, Observers
from serving.servables.model import LoadedModel
from serving.versions.lifecycle import VersionLoader
from tests.serving.version_folders import TextLoader, add_version


class Loads(Observers):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[LoadRecord] = []

    def load(self, record: LoadRecord) -> None:
        self.records.append(record)


def test_a_load_is_reported(tmp_path: Path) -> None:
    loads = Loads()
    loader = VersionLoader(TextLoader(), loads, lambda _model, _folder: 7)
    model = loader.load("m", 3, add_version(tmp_path, 3))
    assert (model.name, model.version) == ("m", 3)
    [record] = loads.records
    assert (record.model_name, record.version, record.code) == ("m", 3, Code.OK)
    assert record.warmup_records == 7
    assert record.seconds >= record.warmup_seconds >= 0


def test_a_failed_load_is_reported(tmp_path: Path) -> None:
    loads = Loads()
    loader = VersionLoader(TextLoader(), loads)
    with pytest.raises(ServingError, match="broken"):
        loader.load("m", 3, add_version(tmp_path, 3, "bad"))
    assert [record.code for record in loads.records] == [Code.DATA_LOSS]


def test_a_failed_warm_up_fails_the_load_and_frees_the_model(tmp_path: Path) -> None:
    def fail(_model: LoadedModel, _folder: Path) -> int:
        raise ServingError(Code.INVALID_ARGUMENT, "too many")

    loads, loader = Loads(), TextLoader()
    with pytest.raises(ServingError, match="too many"):
        VersionLoader(loader, loads, fail).load("m", 1, add_version(tmp_path, 1))
    assert loader.events == ["load 1", "close 1"]
    assert [record.code for record in loads.records] == [Code.INVALID_ARGUMENT]
