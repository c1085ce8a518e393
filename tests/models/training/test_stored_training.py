"""Training with rows, transform graph, checkpoints and model in storage that is no disk."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from models.params import TrainParams, TuneParams
from models.training.run import run_fn
from models.tuning import tuner_fn
from tests.models.toy_training import (
    LABELS,
    Toy,
    fn_args,
    shared_toy,
    trainer_params,
    transform_graph,
)
from tests.ram_storage import ram_uri, stored, upload

pytestmark = pytest.mark.slow

TRAIN = TrainParams(epochs=1, batch_size=16, learning_rate=1e-2, checkpoint_every_steps=2)
TUNE = TuneParams(enabled=True, max_trials=2, algorithm="random", batch_size=(16,), epochs=(1,))


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Toy:
    return shared_toy(tmp_path_factory)


@pytest.fixture
def storage(tmp_path: Path) -> str:
    return ram_uri(tmp_path)


@pytest.fixture
def args(
    toy: Toy, storage: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> SimpleNamespace:
    """What TFX hands to a training, all of it in memory but the encoder."""
    params = trainer_params(toy, tmp_path, TRAIN, TUNE)
    params = params.model_copy(update={"checkpoint_root": f"{storage}/checkpoints"})
    args = fn_args(toy, transform_graph(tmp_path_factory), tmp_path, params)
    upload(toy.folder, f"{storage}/rows")
    args.train_files, args.eval_files = [f"{storage}/rows/train*"], [f"{storage}/rows/eval*"]
    args.transform_graph_path = upload(Path(args.transform_graph_path), f"{storage}/graph")
    args.model_run_dir, args.serving_model_dir = f"{storage}/run", f"{storage}/model"
    return args


def download_model(uri: str, folder: Path) -> str:
    """Copy a SavedModel to a disk."""
    for name, content in stored(uri).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    graph = saved_model_pb2.SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    # `ram://` appends where a file is written anew; storage that people have does not.
    del graph.meta_graphs[:-1]
    (folder / "saved_model.pb").write_bytes(graph.SerializeToString())
    return str(folder)


def test_a_training_leaves_model_history_and_no_checkpoints(
    args: SimpleNamespace, storage: str, tmp_path: Path
) -> None:
    run_fn(args)

    model = tf.saved_model.load(download_model(args.serving_model_dir, tmp_path / "model"))
    answer = model.signatures["serving_default"](text=tf.constant(["a good shirt"]))
    assert answer["label"].numpy()[0].decode() in LABELS
    assert len(json.loads(stored(args.model_run_dir)["history.json"])["epochs"]) == 1
    assert stored(f"{storage}/checkpoints") == {}


def test_a_search_leaves_its_trials(args: SimpleNamespace, storage: str) -> None:
    tuner = tuner_fn(args).tuner
    tuner.search()

    names = {name.rpartition("/")[2] for name in stored(f"{storage}/checkpoints")}
    assert "oracle.json" in names
    assert len(tuner.get_best_hyperparameters(2)) == 2
