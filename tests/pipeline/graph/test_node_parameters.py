"""What the training is told of a teacher; for the other parameters see test_run_settings."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from bert_aas.contracts.errors import InvalidInputError
from components.example_gen.params import DataParams
from models.encoders.resolving import EncoderModule
from models.params import TrainParams
from models.training.teaching.teachers import resolve_teacher
from pipeline.config.pipeline_config import PipelineConfig
from pipeline.graph.catalogue.entry import Told
from pipeline.graph.catalogue.trainer import trainer_config
from pipeline.graph.catalogue.tuner import tuner_config
from tests.models.toy_teacher import write_teacher

ENCODER = EncoderModule(Path("encoder"), "feed", Path("vocab.txt"), True, 32, 16)


@pytest.fixture
def versions(tmp_path: Path) -> Path:
    """The folder to which a pipeline pushes, with one version in it."""
    folder = tmp_path / "output" / "serving_model"
    folder.mkdir(parents=True)
    write_teacher(folder / "1")
    return folder


def _config(output: Path, teacher: object) -> PipelineConfig:
    return PipelineConfig(
        data=DataParams(path="rows.csv"),
        output_dir=str(output),
        train=TrainParams(teacher=None if teacher is None else str(teacher)),
    )


def _params(config: PipelineConfig) -> dict[str, Any]:
    told = Told(config, ENCODER, "code")
    found: dict[str, Any] = json.loads(trainer_config(told)["params"])
    assert json.loads(tuner_config(told)["params"])["train"] == found["train"]
    return found


def test_the_cache_key_has_the_content_of_the_teacher(versions: Path, tmp_path: Path) -> None:
    config = _config(tmp_path / "student", versions)
    first = _params(config)
    shutil.rmtree(versions / "1")
    write_teacher(versions / "1", sure=0.8)

    assert first["teacher_fingerprint"] != _params(config)["teacher_fingerprint"]
    expected = resolve_teacher(str(versions / "1")).fingerprint
    assert _params(config)["teacher_fingerprint"] == expected


def test_without_a_teacher_there_is_no_fingerprint(tmp_path: Path) -> None:
    assert _params(_config(tmp_path, None))["teacher_fingerprint"] is None


def test_an_absent_teacher_is_refused_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="there is no SavedModel there"):
        trainer_config(Told(_config(tmp_path, tmp_path / "none"), ENCODER, "code"))


def test_students_do_not_teach_their_successors(versions: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="to which this pipeline pushes its own models"):
        trainer_config(Told(_config(tmp_path / "output", versions), ENCODER, "code"))

    assert _params(_config(tmp_path / "output", versions / "1"))["teacher_fingerprint"]
