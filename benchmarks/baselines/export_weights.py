"""Write the weights of our SavedModel as a Hugging Face checkpoint folder with a linear head.

So the baselines classify with the very weights that our server has.

Usage: python -m benchmarks.baselines.export_weights --model-dir MODEL_DIR --output FOLDER
"""

import argparse
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

HEADS = 12
LONGER_THAN_ANY = 20_000  # words; more than a model takes
EXPORT = "export.json"

_NAMES = {
    "word_embeddings/embeddings": "embeddings.word_embeddings.weight",
    "position_embedding/embeddings": "embeddings.position_embeddings.weight",
    "type_embeddings/embeddings": "embeddings.token_type_embeddings.weight",
    "embeddings/layer_norm": "embeddings.LayerNorm",
    "attention/output": "attention.output.dense",
    "attention/layer_norm": "attention.output.LayerNorm",
    "intermediate": "intermediate.dense",
    "output": "output.dense",
    "output/layer_norm": "output.LayerNorm",
}
_KINDS = {"kernel": "weight", "gamma": "weight", "bias": "bias"}
_HEAD = "logits"


def main() -> int:
    """Write the folder and print where it is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model-dir", type=Path, required=True, help="folder of version folders")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--heads", type=int, default=HEADS, help="attention heads of the encoder")
    arguments = parser.parse_args()
    export_weights(latest_version(arguments.model_dir), arguments.output, arguments.heads)
    print(arguments.output)
    return 0


def latest_version(model_dir: Path) -> Path:
    """Find the version folder with the highest number.

    Args:
        model_dir: Folder of version folders.

    Returns:
        The version folder.

    Raises:
        SystemExit: If there is none.
    """
    folders = model_dir.iterdir() if model_dir.is_dir() else ()
    versions = [path for path in folders if path.name.isdigit()]
    if not versions:
        raise SystemExit(f"{model_dir} holds no version folder; make one with `make demo`.")
    return max(versions, key=lambda path: int(path.name))


def export_weights(version: Path, output: Path, heads: int = HEADS) -> None:
    """Write `model.safetensors`, `config.json`, `vocab.txt` and `export.json`.

    Args:
        version: A SavedModel with our signatures.
        output: The folder to write to.
        heads: Attention heads of its encoder, which no variable tells.
    """
    import tensorflow as tf
    import tensorflow_text  # noqa: F401 - registers the model's operations

    loaded = tf.saved_model.load(str(version))  # its signatures do not keep its variables alive
    signatures = loaded.signatures
    variables = {each.name.split(":")[0]: each.numpy() for each in signatures["tokens"].variables}
    write_checkpoint(variables, output, heads)
    shutil.copyfile(version / "assets" / "vocab.txt", output / "vocab.txt")
    tokenize = signatures["tokenize"]
    long, cases = tf.constant(["a " * LONGER_THAN_ANY]), tf.constant(["good a", "GOOD A"])
    lower, upper = tokenize(text=cases)["input_word_ids"].numpy().tolist()
    answer = signatures["serving_default"](text=cases)
    _write_json(
        output / EXPORT,
        {
            "max_seq_length": int(tokenize(text=long)["input_word_ids"].shape[1]),
            "do_lower_case": lower == upper,
            "classes": [name.decode() for name in answer["classes"].numpy()[0]],
        },
    )


def write_checkpoint(variables: Mapping[str, Array], output: Path, heads: int) -> None:
    """Write `model.safetensors` and `config.json`.

    Args:
        variables: As `to_hugging_face` takes them.
        output: The folder to write to; created when needed.
        heads: Attention heads of the encoder.
    """
    from safetensors.numpy import save_file

    output.mkdir(parents=True, exist_ok=True)
    save_file(to_hugging_face(variables), output / "model.safetensors")
    _write_json(output / "config.json", _config(variables, heads))


def to_hugging_face(variables: Mapping[str, Array]) -> dict[str, Array]:
    """Rename our variables and lay them out as PyTorch does.

    Args:
        variables: By their names in `models.encoders.architecture.bert`, and `logits/kernel`,
            `logits/bias`.

    Returns:
        Tensors under `bert.` and `classifier.`, linear maps as `[outputs, inputs]`; no pooler,
        which our classifier does not use.
    """
    tensors: dict[str, Array] = {}
    for name, value in variables.items():
        if name.startswith("pooler/"):
            continue
        if name in _NAMES:
            tensors[f"bert.{_NAMES[name]}"] = value
            continue
        module, kind = name.rsplit("/", 1)
        laid_out = np.ascontiguousarray(value.T)
        if module.endswith("attention/qkv"):
            layer = module.split("/")[0].removeprefix("layer_")
            for part, piece in zip(("query", "key", "value"), np.split(laid_out, 3), strict=True):
                full = f"bert.encoder.layer.{layer}.attention.self.{part}.{_KINDS[kind]}"
                tensors[full] = np.ascontiguousarray(piece)
            continue
        tensors[f"{_module_name(module)}.{_KINDS[kind]}"] = laid_out
    return tensors


def _module_name(module: str) -> str:
    """Translate the place of a linear map or a layer norm."""
    if module == _HEAD:
        return "classifier"
    layer, _, rest = module.partition("/")
    if layer.startswith("layer_"):
        return f"bert.encoder.layer.{layer.removeprefix('layer_')}.{_NAMES[rest]}"
    return f"bert.{_NAMES[module]}"


def _config(variables: Mapping[str, Array], heads: int) -> dict[str, Any]:
    """Read the sizes off the shapes."""
    words, hidden = variables["word_embeddings/embeddings"].shape
    return {
        "model_type": "bert",
        "vocab_size": words,
        "hidden_size": hidden,
        "num_hidden_layers": sum(name.endswith("qkv/bias") for name in variables),
        "num_attention_heads": heads,
        "intermediate_size": variables["layer_0/intermediate/bias"].shape[0],
        "max_position_embeddings": variables["position_embedding/embeddings"].shape[0],
        "type_vocab_size": variables["type_embeddings/embeddings"].shape[0],
        "hidden_act": "gelu",
        "layer_norm_eps": 1e-12,
    }


def _write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write a JSON object."""
    path.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
