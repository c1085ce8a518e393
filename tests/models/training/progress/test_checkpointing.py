from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.keras_compat import keras
from models.training.progress.checkpointing import TrainingState


def _model() -> Any:
    model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.AdamW(0.1), loss="mse", run_eagerly=True)
    return model


def _train(model: Any, steps: int = 1) -> None:
    for _ in range(steps):
        model.train_on_batch(np.ones((4, 1), np.float32), np.full((4, 1), 3.0, np.float32))


def _weights(model: Any) -> list[float]:
    return [float(weight) for weight in np.concatenate([w.ravel() for w in model.get_weights()])]


def test_the_first_training_starts_at_the_beginning(tmp_path: Path) -> None:
    state = TrainingState(_model(), str(tmp_path / "new"))

    assert not state.resumed
    assert (int(state.epoch), int(state.step), int(state.bad_epochs)) == (0, 0, 0)
    assert state.history == []


def test_a_checkpoint_brings_everything_back(tmp_path: Path) -> None:
    model = _model()
    state = TrainingState(model, str(tmp_path))
    _train(model, steps=3)
    state.record_epoch(0.5)
    state.record_epoch(0.4)
    state.append_history({"loss": 2.0})
    state.append_history({"loss": 1.5})
    state.save(epoch=2, step=7)

    again = _model()
    found = TrainingState(again, str(tmp_path))

    assert found.resumed
    assert (int(found.epoch), int(found.step), int(found.bad_epochs)) == (2, 7, 1)
    assert float(found.best) == 0.5
    assert found.history == [{"loss": 2.0}, {"loss": 1.5}]
    assert _weights(again) == _weights(model)


def test_the_optimizer_goes_on_with_its_moments(tmp_path: Path) -> None:
    model = _model()
    state = TrainingState(model, str(tmp_path))
    _train(model, steps=3)
    state.save(epoch=0, step=3)
    again = _model()
    TrainingState(again, str(tmp_path))

    _train(model)
    _train(again)

    # A new Adam would take a first step of its own, of another size.
    assert int(again.optimizer.iterations) == 4
    assert _weights(again) == _weights(model)


def test_what_was_not_saved_is_forgotten(tmp_path: Path) -> None:
    model = _model()
    state = TrainingState(model, str(tmp_path))
    state.save(epoch=0, step=2)
    saved = _weights(model)
    _train(model)
    state.append_history({"loss": 1.0})

    again = _model()
    found = TrainingState(again, str(tmp_path))

    assert (int(found.epoch), int(found.step), found.history) == (0, 2, [])
    assert _weights(again) == saved


def test_only_the_newest_checkpoint_is_kept(tmp_path: Path) -> None:
    state = TrainingState(_model(), str(tmp_path))

    for step in range(4):
        state.save(epoch=0, step=step)

    assert len(list((tmp_path / "latest").glob("*.index"))) == 1


def test_the_best_weights_come_back(tmp_path: Path) -> None:
    model = _model()
    state = TrainingState(model, str(tmp_path))
    results, seen = [], []
    for value in (0.5, 0.8, 0.8, 0.7):
        _train(model)
        results.append(state.record_epoch(value))
        seen.append(_weights(model))

    state.restore_best()

    assert results == [True, True, False, False]  # as good as the best is not better
    assert int(state.bad_epochs) == 2
    assert _weights(model) == seen[1]


def test_a_better_epoch_ends_the_bad_ones(tmp_path: Path) -> None:
    state = TrainingState(_model(), str(tmp_path))

    for value in (0.5, 0.4, 0.6):
        state.record_epoch(value)

    assert int(state.bad_epochs) == 0
    assert float(state.best) == 0.6


def test_the_best_weights_survive_a_kill(tmp_path: Path) -> None:
    model = _model()
    state = TrainingState(model, str(tmp_path))
    state.record_epoch(0.9)
    best = _weights(model)
    state.save(epoch=1, step=0)

    again = _model()
    found = TrainingState(again, str(tmp_path))
    _train(again, steps=2)
    assert not found.record_epoch(0.8)
    found.restore_best()

    assert _weights(again) == best


def test_a_resumed_training_does_not_overwrite_the_best_weights(tmp_path: Path) -> None:
    state = TrainingState(_model(), str(tmp_path))
    state.record_epoch(0.5)
    state.save(epoch=1, step=0)
    before = {path.name for path in (tmp_path / "best").glob("*.index")}

    TrainingState(_model(), str(tmp_path)).record_epoch(0.6)

    # A file of its own: killed while it is written, the older one is still whole.
    after = {path.name for path in (tmp_path / "best").glob("*.index")}
    assert not before & after


def test_an_epoch_without_a_number_is_never_the_best(tmp_path: Path) -> None:
    state = TrainingState(_model(), str(tmp_path))

    assert not state.record_epoch(float("nan"))
    state.restore_best()  # there is none: the weights stay


def test_delete_removes_the_folder(tmp_path: Path) -> None:
    state = TrainingState(_model(), str(tmp_path / "checkpoints"))
    state.record_epoch(0.5)
    state.save(epoch=1, step=0)

    state.delete()
    state.delete()

    assert not (tmp_path / "checkpoints").exists()


@pytest.mark.parametrize("values", [[], [{"loss": 1.25, "val_accuracy": 0.5}, {"loss": 1e-9}]])
def test_the_history_is_kept_exactly(tmp_path: Path, values: list[dict[str, float]]) -> None:
    state = TrainingState(_model(), str(tmp_path))
    for figures in values:
        state.append_history(figures)

    assert state.history == values


def test_the_sums_of_the_epoch_come_back(tmp_path: Path) -> None:
    state = TrainingState(_model(), str(tmp_path))
    state.save(epoch=1, step=7, sums=[0.1, 40.0])
    assert TrainingState(_model(), str(tmp_path)).sums == [0.1, 40.0]
    state.save(epoch=2, step=0)
    assert TrainingState(_model(), str(tmp_path)).sums == []


def test_weights_that_are_not_finite_are_left_aside(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model = _model()
    state = TrainingState(model, str(tmp_path))
    model.set_weights([np.array([[np.nan]]), np.zeros(1)])
    state.save(epoch=0, step=3)

    again = _model()
    found = TrainingState(again, str(tmp_path))

    assert not found.resumed
    assert int(found.step) == 0
    assert np.isfinite(_weights(again)).all()
    assert "has weights that are not finite; the training starts from the beginning" in caplog.text


def test_a_damaged_checkpoint_is_left_aside(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    TrainingState(_model(), str(tmp_path)).save(epoch=0, step=3)
    for file in (tmp_path / "latest").glob("*.data*"):
        file.write_bytes(b"")

    assert not TrainingState(_model(), str(tmp_path)).resumed
    assert "cannot be read" in caplog.text
