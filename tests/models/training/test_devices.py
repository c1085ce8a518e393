import json
import math
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from models.params import TrainParams
from models.training.devices import choose_strategy
from tests.models.toy_training import build_toy, run_python, toy_rows, write_rows

TRAIN = TrainParams(
    epochs=2,
    batch_size=8,
    learning_rate=1e-3,
    dropout=0.0,
    precision="float32",
    teacher="the rows of the first folder have seen one",
)

# Logical devices must be made before TensorFlow starts: hence a process of its own.
TWO_DEVICES = """
import json, sys
from dataclasses import replace
from pathlib import Path
import models.keras_compat
import numpy as np
import tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)

from models.training.devices import choose_strategy
from models.training.fitting import fit
from models.params import TrainParams
from models.training.teaching.soft_labels import with_scores
from tests.models.toy_training import Toy, weights_of

found = {}
for strategy, folder in (("one_device", 1), ("mirrored", 1), ("mirrored", 2)):
    toy = Toy(Path(sys.argv[folder]))
    train = TrainParams.model_validate_json(sys.argv[3]).model_copy(update={"strategy": strategy})
    data = toy.data()
    if folder == 1:
        scores = np.log(np.array([[0.7, 0.3]] * data.train_summary.rows, np.float32))
        data = replace(data, train=with_scores(data.train, scores))
    model, state = fit(toy.request(train, str(toy.folder / strategy)), data, 2)
    found[f"{strategy} {folder}"] = {
        "replicas": choose_strategy(train).num_replicas_in_sync,
        "history": state.history,
        "steps": int(model.optimizer.iterations.numpy()),
        "weights": {name: values.ravel().tolist() for name, values in weights_of(model).items()},
    }
found["auto"] = choose_strategy(TrainParams()).num_replicas_in_sync
Path(sys.argv[4]).write_text(json.dumps(found))
"""


@pytest.fixture(scope="module")
def two_devices(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What trainings in a process with two CPU devices found."""
    even, uneven = tmp_path_factory.mktemp("even"), tmp_path_factory.mktemp("uneven")
    build_toy(even)
    build_toy(uneven, rows=37)  # the last batch of 8 has 5
    # All batches are full, so both devices get half of each.
    rows = [row for row in toy_rows(200, seed=4) if len(row.word_ids) < 16][:32]
    write_rows(even / "train.gz", rows)
    output = even / "found.json"
    done = run_python(TWO_DEVICES, str(even), str(uneven), TRAIN.model_dump_json(), str(output))
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(output.read_text())
    return found


@pytest.mark.parametrize("strategy", ["auto", "one_device"])
def test_one_cpu_is_used_alone(strategy: Any) -> None:
    chosen = choose_strategy(TrainParams(strategy=strategy))

    assert not isinstance(chosen, tf.distribute.MirroredStrategy)
    assert chosen.num_replicas_in_sync == 1


def test_mirroring_can_be_asked_for() -> None:
    chosen = choose_strategy(TrainParams(strategy="mirrored"))

    assert isinstance(chosen, tf.distribute.MirroredStrategy)
    assert chosen.num_replicas_in_sync == 1


@pytest.mark.parametrize(("gpus", "mirrored"), [(1, False), (2, True), (4, True)])
def test_several_gpus_are_mirrored(
    gpus: int, mirrored: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = {"GPU": gpus, "CPU": 1}
    chosen: list[list[str]] = []
    monkeypatch.setattr(
        tf.config,
        "list_logical_devices",
        lambda kind: [
            tf.config.LogicalDevice(f"/device:{kind}:{place}", kind) for place in range(kinds[kind])
        ],
    )
    monkeypatch.setattr(tf.distribute, "MirroredStrategy", chosen.append)

    choose_strategy(TrainParams())

    assert chosen == ([[f"/device:GPU:{place}" for place in range(gpus)]] if mirrored else [])


@pytest.mark.slow
def test_two_devices_are_two_replicas(two_devices: dict[str, Any]) -> None:
    assert two_devices["mirrored 1"]["replicas"] == 2
    assert two_devices["one_device 1"]["replicas"] == 1
    assert two_devices["auto"] == 1  # several CPU devices are mirrored on request only


@pytest.mark.slow
def test_two_devices_train_as_one_does(two_devices: dict[str, Any]) -> None:
    one, two = two_devices["one_device 1"], two_devices["mirrored 1"]

    assert one["steps"] == two["steps"] == 8
    for ours, theirs in zip(two["history"], one["history"], strict=True):
        for name in ("loss", "accuracy", "val_loss", "val_accuracy"):
            assert ours[name] == pytest.approx(theirs[name], abs=1e-5), name
    assert one["weights"].keys() == two["weights"].keys()
    for name, values in one["weights"].items():
        np.testing.assert_allclose(two["weights"][name], values, atol=1e-5, err_msg=name)


@pytest.mark.slow
def test_batches_that_cannot_be_halved_are_trained_on(two_devices: dict[str, Any]) -> None:
    uneven = two_devices["mirrored 2"]

    assert uneven["steps"] == 2 * 5
    assert all(math.isfinite(figures["loss"]) for figures in uneven["history"])
