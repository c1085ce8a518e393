"""A random Hugging Face checkpoint folder, and Hugging Face's own model of it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file
from transformers import BertConfig, TFBertModel

from tests.tiny_encoder import VOCAB

Tensors = dict[str, npt.NDArray[np.float32]]

CONFIG: dict[str, Any] = {
    "model_type": "bert",
    "vocab_size": len(VOCAB),
    "hidden_size": 12,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 20,
    "max_position_embeddings": 16,
    "type_vocab_size": 2,
    "hidden_act": "gelu",
    "layer_norm_eps": 1e-12,
}


def random_tensors(seed: int = 0) -> Tensors:
    """Random tensors of `CONFIG`, with the names and shapes that PyTorch gives them."""
    hidden, inner = CONFIG["hidden_size"], CONFIG["intermediate_size"]
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (CONFIG["vocab_size"], hidden),
        "embeddings.position_embeddings.weight": (CONFIG["max_position_embeddings"], hidden),
        "embeddings.token_type_embeddings.weight": (CONFIG["type_vocab_size"], hidden),
        **_norm("embeddings.LayerNorm", hidden),
        **_dense("pooler.dense", hidden, hidden),
    }
    for layer in range(CONFIG["num_hidden_layers"]):
        prefix = f"encoder.layer.{layer}"
        for part in ("query", "key", "value"):
            shapes |= _dense(f"{prefix}.attention.self.{part}", hidden, hidden)
        shapes |= _dense(f"{prefix}.attention.output.dense", hidden, hidden)
        shapes |= _norm(f"{prefix}.attention.output.LayerNorm", hidden)
        shapes |= _dense(f"{prefix}.intermediate.dense", inner, hidden)
        shapes |= _dense(f"{prefix}.output.dense", hidden, inner)
        shapes |= _norm(f"{prefix}.output.LayerNorm", hidden)
    generator = np.random.default_rng(seed)
    return {
        name: generator.normal(0.0, 0.4, shape).astype(np.float32) for name, shape in shapes.items()
    }


def write_checkpoint(
    folder: Path, tensors: Tensors | None = None, config: dict[str, Any] | None = None
) -> Path:
    """Write a checkpoint folder and return it; `config` holds changes to `CONFIG`."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(random_tensors() if tensors is None else tensors, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(CONFIG | (config or {})), encoding="utf-8")
    (folder / "vocab.txt").write_text("\n".join(VOCAB) + "\n", encoding="utf-8")
    return folder


def reference_model(config: dict[str, Any], tensors: Tensors) -> Any:
    """Hugging Face's TensorFlow model, its weights assigned by name."""
    model = TFBertModel(BertConfig(**config))
    model(model.dummy_inputs)
    for variable in model.weights:
        place = variable.name.split("/bert/")[1].removesuffix(":0")
        module, kind = place.replace("_._", ".").replace("/", ".").rsplit(".", 1)
        value = tensors[f"{module}.{'bias' if kind in {'bias', 'beta'} else 'weight'}"]
        variable.assign(value.T if kind == "kernel" else value)
    return model


def _dense(name: str, outputs: int, inputs: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (outputs, inputs), f"{name}.bias": (outputs,)}


def _norm(name: str, size: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (size,), f"{name}.bias": (size,)}
