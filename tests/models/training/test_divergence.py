import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from bert_aas.contracts.errors import InvalidInputError
from models.encoders.architecture.bert import BertConfig, BertEncoder, random_weights
from models.encoders.exporting import export_encoder
from models.keras_compat import keras
from models.params import TrainParams
from models.training.divergence import DivergedError, DivergenceGuard, check_loss, check_weights
from models.training.fitting import fit
from tests.models.toy_training import Toy, build_toy
from tests.tiny_encoder import VOCAB

TRAIN = TrainParams(learning_rate=0.5, batch_size=8, precision="float32")


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_not_finite_is_refused_with_the_cure(loss: float) -> None:
    guard = DivergenceGuard(TRAIN, epoch=1, first_step=3)
    guard.on_train_batch_end(0, {"loss": 5.0})
    with pytest.raises(DivergedError) as refused:
        guard.on_train_batch_end(1, {"loss": loss})
    assert str(refused.value) == (
        f"the training diverged: its loss is {loss} at epoch 2, step 5; try a lower "
        "`train.learning_rate` (it is 0.5) or a lower `train.clip_norm` (it is 1)"
    )


def test_a_narrow_format_may_be_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.training.divergence.choose_precision", lambda wanted: "bfloat16")
    with pytest.raises(DivergedError, match=r"or `train\.precision: float32`$"):
        check_loss(math.nan, TRAIN, "epoch 1, step 1")


def test_weights_that_are_not_finite_are_refused_by_name() -> None:
    model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1, name="logits")])
    check_weights(model, "/encoder")
    model.set_weights([np.array([[np.nan]]), np.zeros(1)])
    with pytest.raises(InvalidInputError, match=r"the encoder /encoder has .* in logits/kernel:0;"):
        check_weights(model, "/encoder")


def _with_encoder(folder: Path, deviation: float, change: Any = None) -> Toy:
    """A toy whose encoder has weights of a size."""
    (folder / "toy").mkdir()
    toy = build_toy(folder / "toy")
    config = BertConfig(
        vocab_size=len(VOCAB),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=32,
    )
    vocab = folder / "vocab.txt"
    vocab.write_text("\n".join(VOCAB) + "\n", encoding="utf-8")
    encoder = BertEncoder(config, random_weights(3, deviation))
    if change is not None:
        encoder.word_embeddings.assign(change(encoder.word_embeddings))
    other = folder / "other"
    export_encoder(encoder, vocab, True, other)
    (folder / "toy" / "encoder").rename(folder / "old")
    other.rename(folder / "toy" / "encoder")
    return toy


@pytest.mark.slow
def test_a_training_that_diverges_stops_at_once(tmp_path: Path) -> None:
    toy = _with_encoder(tmp_path, deviation=1e25)  # its square is above float32's largest number
    with pytest.raises(DivergedError, match=r"its loss is nan at epoch 1, step [12];"):
        fit(toy.request(TRAIN, tmp_path / "checkpoints"), toy.data(), 2)


@pytest.mark.slow
def test_an_encoder_with_nan_is_refused_before_the_training(tmp_path: Path) -> None:
    toy = _with_encoder(tmp_path, 0.2, lambda weights: tf.where(weights > 0.5, np.nan, weights))
    with pytest.raises(InvalidInputError, match=r"encoder has weights that are not finite"):
        fit(toy.request(TRAIN, tmp_path / "checkpoints"), toy.data(), 2)
