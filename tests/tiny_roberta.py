"""A 2-layer random RoBERTa with a few hundred byte-level pieces: a checkpoint, and a module."""

import json
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file

from models.encoders.importing.huggingface import import_checkpoint
from models.text.byte_level.bpe import ByteLevelBpe, write_bpe
from models.text.byte_level.byte_characters import characters

Tensors = dict[str, npt.NDArray[np.float32]]

WORDS = (
    *("the", "and", "not", "very", "good", "bad", "fine", "shirt", "shoes", "movie", "fits"),
    *("love", "hate", "loved", "hated"),
)
_SPELT = [f"{blank}{word}" for word in WORDS for blank in ("\u0120", "")]
_MERGES = tuple(
    dict.fromkeys(
        (before, after[len(before) :])
        for word in _SPELT
        for before, after in pairwise(accumulate(word))
    )
)
BPE = ByteLevelBpe(
    (
        *("<s>", "<pad>", "</s>", "<unk>"),
        *characters(),
        *dict.fromkeys("".join(merge) for merge in _MERGES),
        "<mask>",
    ),
    _MERGES,
)
CONFIG: dict[str, Any] = {
    "model_type": "roberta",
    "vocab_size": len(BPE.pieces),
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 34,
    "type_vocab_size": 1,
    "hidden_act": "gelu",
    "layer_norm_eps": 1e-5,
    "pad_token_id": 1,
}


def random_tensors(config: dict[str, Any], seed: int = 0) -> Tensors:
    """Random tensors with the names and shapes of a RoBERTa, its pooler among them."""
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (config["vocab_size"], hidden),
        "embeddings.position_embeddings.weight": (config["max_position_embeddings"], hidden),
        "embeddings.token_type_embeddings.weight": (config["type_vocab_size"], hidden),
        "embeddings.LayerNorm.weight": (hidden,),
        "embeddings.LayerNorm.bias": (hidden,),
    }
    dense = {"pooler.dense": (hidden, hidden)}
    for layer in range(config["num_hidden_layers"]):
        prefix = f"encoder.layer.{layer}"
        for part in ("attention.self.query", "attention.self.key", "attention.self.value"):
            dense[f"{prefix}.{part}"] = (hidden, hidden)
        dense[f"{prefix}.attention.output.dense"] = (hidden, hidden)
        dense[f"{prefix}.intermediate.dense"] = (inner, hidden)
        dense[f"{prefix}.output.dense"] = (hidden, inner)
        for norm in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes |= {f"{prefix}.{norm}.{kind}": (hidden,) for kind in ("weight", "bias")}
    for name, shape in dense.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    generator = np.random.default_rng(seed)
    return {
        f"roberta.{name}": generator.normal(name.endswith("Norm.weight"), 0.2, shape).astype(
            np.float32
        )
        for name, shape in shapes.items()
    }


def write_roberta(folder: Path, bpe: ByteLevelBpe = BPE, **config: Any) -> Path:
    """Write a checkpoint folder with `vocab.json` and `merges.txt`, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    values = CONFIG | {"vocab_size": len(bpe.pieces)} | config
    save_file(random_tensors(values), folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(values), encoding="utf-8")
    write_tokenizer(folder, bpe)
    return folder


def write_tokenizer(folder: Path, bpe: ByteLevelBpe = BPE) -> Path:
    """Write `vocab.json` and `merges.txt` into a folder, and return it."""
    ids = {piece: place for place, piece in enumerate(bpe.pieces)}
    (folder / "vocab.json").write_text(json.dumps(ids), encoding="utf-8")
    lines = ["#version: 0.2", *(" ".join(merge) for merge in bpe.merges), ""]
    (folder / "merges.txt").write_text("\n".join(lines), encoding="utf-8")
    return folder


def build_tiny_roberta(output: Path) -> Path:
    """Write the module into `output` (a new folder) and return that path."""
    checkpoint = write_roberta(output.with_name(f"{output.name}-checkpoint"))
    import_checkpoint(checkpoint, output)
    return output


def reference_tokenizer(bpe: ByteLevelBpe, folder: Path) -> Any:
    """Hugging Face's fast tokenizer, without its reading of "</s>" in a text as that token."""
    from transformers import RobertaTokenizerFast

    write_tokenizer(folder, bpe)
    make: Any = RobertaTokenizerFast.from_pretrained
    tokenizer = make(str(folder), add_prefix_space=bpe.add_prefix_space)
    tokenizer.backend_tokenizer.encode_special_tokens = True
    return tokenizer


def file_of(bpe: ByteLevelBpe, path: Path) -> Path:
    """Write the file that a module carries."""
    path.write_bytes(write_bpe(bpe))
    return path
