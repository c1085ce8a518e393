import json
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import save_file

from bert_aas.contracts.errors import InvalidInputError
from models.encoders.importing.checkpoint import Array, CheckpointWeights, read_tensors

FOLDER = Path("checkpoint")


def _one() -> dict[str, Array]:
    return {"a": np.array([1.5, -2.0], np.float32)}


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16, np.float64])
def test_any_precision_becomes_float32(tmp_path: Path, dtype: type) -> None:
    name = "embeddings.word_embeddings.weight"
    save_file({name: np.array([[1.5, -2.0]], dtype)}, tmp_path / "model.safetensors")

    weights = CheckpointWeights(tmp_path, read_tensors(tmp_path))
    value = weights("word_embeddings/embeddings", (1, 2))

    assert value.dtype == np.float32
    assert value.tolist() == [[1.5, -2.0]]


def test_prefix_and_old_layer_norm_names_are_translated(tmp_path: Path) -> None:
    stored = {f"bert.embeddings.LayerNorm.{kind}": _one()["a"] for kind in ("gamma", "beta")}
    save_file(stored, tmp_path / "model.safetensors")

    weights = CheckpointWeights(tmp_path, read_tensors(tmp_path))
    assert weights("embeddings/layer_norm/gamma", (2,)).tolist() == [1.5, -2.0]
    assert weights("embeddings/layer_norm/bias", (2,)).tolist() == [1.5, -2.0]


def test_shards_are_read_together(tmp_path: Path) -> None:
    for name in "xy":
        save_file({name: _one()["a"]}, tmp_path / f"{name}.safetensors")
    index = {"weight_map": {"x": "x.safetensors", "y": "y.safetensors"}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))

    assert set(read_tensors(tmp_path)) == {"x", "y"}


def test_a_shard_outside_the_folder_is_not_read(tmp_path: Path) -> None:
    save_file(_one(), tmp_path / "x.safetensors")
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    index = {"weight_map": {"a": "../x.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))

    with pytest.raises(InvalidInputError, match="cannot be read as safetensors"):
        read_tensors(folder)


def test_query_key_and_value_lie_side_by_side() -> None:
    prefix = "encoder.layer.1.attention.self"
    tensors = {
        f"{prefix}.{part}.weight": np.array([[number] * 2, [number + 0.5] * 2], np.float32)
        for number, part in enumerate(("query", "key", "value"))
    }

    kernel = CheckpointWeights(FOLDER, tensors)("layer_1/attention/qkv/kernel", (2, 6))

    # PyTorch's rows are outputs: each part's columns differ by 0.5 after the transposition.
    assert kernel.tolist() == [[0, 0.5, 1, 1.5, 2, 2.5]] * 2


def test_an_absent_pooler_is_the_identity() -> None:
    weights = CheckpointWeights(FOLDER, {})

    np.testing.assert_array_equal(weights("pooler/kernel", (3, 3)), np.eye(3))
    np.testing.assert_array_equal(weights("pooler/bias", (3,)), np.zeros(3))


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"no safetensors")

    with pytest.raises(InvalidInputError, match="cannot be read as safetensors"):
        read_tensors(tmp_path)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
def test_what_is_not_finite_in_float32_is_refused(value: float) -> None:
    weights = CheckpointWeights(
        FOLDER, {"embeddings.word_embeddings.weight": np.array([[1.0, value]])}
    )
    with pytest.raises(
        InvalidInputError, match=r"word_embeddings\.weight in checkpoint has values"
    ):
        weights("word_embeddings/embeddings", (1, 2))


def test_quantized_weights_are_refused() -> None:
    tensors = {"embeddings.word_embeddings.weight": np.array([[1, 2]], np.int8)}
    with pytest.raises(InvalidInputError, match=r"holds int8; floats are needed"):
        CheckpointWeights(FOLDER, tensors)("word_embeddings/embeddings", (1, 2))  # type: ignore[arg-type]
