import pytest
from pydantic import BaseModel, ValidationError

from models.params import (
    EncoderParams,
    FeatureNames,
    PreprocessingParams,
    TrainerParams,
    TrainParams,
    TransformParams,
    TuneParams,
)


def _trainer() -> TrainerParams:
    return TrainerParams(
        features=FeatureNames(text="review", label="stars"),
        encoder=EncoderParams(),
        encoder_fingerprint="2c3d",
        transform=TransformParams(),
        train=TrainParams(epochs=2),
        tune=TuneParams(dropout=(0.1, 0.2)),
        checkpoint_root="checkpoints",
        code_fingerprint="0a1b",
    )


@pytest.mark.parametrize(
    "params",
    [
        _trainer(),
        PreprocessingParams(
            features=FeatureNames(text="a", text_pair="b", label="c"),
            vocab_path="vocab.txt",
            do_lower_case=False,
        ),
    ],
    ids=["trainer", "preprocessing"],
)
def test_parameters_survive_the_way_through_json(params: BaseModel) -> None:
    assert type(params).model_validate_json(params.model_dump_json()) == params


@pytest.mark.parametrize(
    ("params", "given", "place"),
    [
        (TrainParams, '{"epochs": 0}', "epochs"),
        (TrainParams, '{"epochs": 2.5}', "epochs"),
        (TrainParams, '{"epochs": "2"}', "epochs"),
        (TrainParams, '{"batch_size": 0}', "batch_size"),
        (TrainParams, '{"learning_rate": 0}', "learning_rate"),
        (TrainParams, '{"learning_rate": NaN}', "learning_rate"),
        (TrainParams, '{"warmup_fraction": 1}', "warmup_fraction"),
        (TrainParams, '{"dropout": 1.0}', "dropout"),
        (TrainParams, '{"clip_norm": 0}', "clip_norm"),
        (TrainParams, '{"class_weights": "some"}', "class_weights"),
        (TrainParams, '{"strategy": "tpu"}', "strategy"),
        (TrainParams, '{"epoch": 1}', "epoch"),
        (TransformParams, '{"max_seq_length": 2}', "max_seq_length"),
        (EncoderParams, '{"source": ""}', "source"),
        (TuneParams, '{"learning_rate": [1e-3, 1e-4]}', "learning_rate"),
        (TuneParams, '{"learning_rate": [0.0, 1e-4]}', "learning_rate"),
        (TuneParams, '{"learning_rate": [1e-4]}', "learning_rate"),
        (TuneParams, '{"dropout": [0.1, 0.1]}', "dropout"),
        (TuneParams, '{"dropout": [0.1, 1.0]}', "dropout"),
        (TuneParams, '{"batch_size": []}', "batch_size"),
        (TuneParams, '{"batch_size": [16, 0]}', "batch_size"),
        (TuneParams, '{"epochs": [0]}', "epochs"),
        (FeatureNames, '{"text": "", "label": "b"}', "text"),
    ],
)
def test_what_is_out_of_range_is_refused_by_name(
    params: type[BaseModel], given: str, place: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        params.model_validate_json(given)

    assert {error["loc"][0] for error in refused.value.errors()} == {place}


def test_parameters_cannot_change() -> None:
    params = TrainParams()

    with pytest.raises(ValidationError, match="frozen"):
        params.epochs = 7
