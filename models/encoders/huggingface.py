"""Import a Hugging Face BERT checkpoint folder as a TF-Hub module."""

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from models.encoders.bert import BertConfig, BertEncoder
from models.encoders.checkpoint import CheckpointWeights, read_tensors
from models.encoders.exporting import export_encoder
from models.errors import InvalidInputError
from models.tokenizer import read_vocab


def import_checkpoint(source: Path, output: Path) -> None:
    """Turn a Hugging Face BERT checkpoint into a TF-Hub module; complete or not at all.

    A checkpoint without a pooler gets the identity as its kernel: `pooled_output` is then the
    hyperbolic tangent of the `[CLS]` vector.

    Args:
        source: Folder with `config.json` (`model_type` bert), `vocab.txt` and `model.safetensors`
            or its shards with `model.safetensors.index.json`; `tokenizer_config.json` is optional.
        output: The module folder to create; absent or empty.

    Raises:
        InvalidInputError: If `source` is no such folder, its model needs what a BERT module
            cannot express, or something is at `output` already.
    """
    if output.exists() and not (output.is_dir() and not any(output.iterdir())):
        raise InvalidInputError(f"{output} exists already; give a new folder for the module.")
    if not source.is_dir():
        raise InvalidInputError(
            f"{source} is not a folder; give the folder of a Hugging Face BERT checkpoint."
        )
    config = _read_config(source)
    vocab_path = source / "vocab.txt"
    pieces = len(read_vocab(vocab_path))
    if pieces > config.vocab_size:
        raise InvalidInputError(
            f"{vocab_path} has {pieces} word pieces, but the model in {source} has embeddings for "
            f"{config.vocab_size} only; give a vocabulary that belongs to the model."
        )
    do_lower_case = _read_do_lower_case(source)
    encoder = BertEncoder(config, CheckpointWeights(source, read_tensors(source)))
    export_encoder(encoder, vocab_path, do_lower_case, output)


def _read_config(source: Path) -> BertConfig:
    """Read and check `config.json`."""
    path = source / "config.json"
    values = _read_json(path)
    _require(path, values, "model_type", ("bert",))
    _require(path, values, "position_embedding_type", ("absolute", None))
    _require(path, values, "is_decoder", (False, None))
    _require(path, values, "hidden_act", ("gelu", "gelu_new", "relu", None))
    known = {name: values[name] for name in BertConfig.model_fields if values.get(name) is not None}
    try:
        config = BertConfig.model_validate(known)
    except ValidationError as exc:
        problem = exc.errors()[0]
        raise InvalidInputError(
            f"{path} has no usable {problem['loc'][0]} ({problem['msg']}); a BERT's config.json is "
            "needed."
        ) from exc
    if config.hidden_size % config.num_attention_heads:
        raise InvalidInputError(
            f"{path} has hidden_size {config.hidden_size}, which must be a multiple of "
            f"num_attention_heads ({config.num_attention_heads})."
        )
    return config


def _read_do_lower_case(source: Path) -> bool:
    """Read the tokenizer's settings; the defaults are those of Hugging Face's `BertTokenizer`."""
    path = source / "tokenizer_config.json"
    values = _read_json(path) if path.exists() else {}
    _require(path, values, "do_lower_case", (True, False, None))
    _require(path, values, "tokenize_chinese_chars", (True, None))
    _require(path, values, "do_basic_tokenize", (True, None))
    do_lower_case = values.get("do_lower_case") is not False
    _require(path, values, "strip_accents", (do_lower_case, None))
    return do_lower_case


def _read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise InvalidInputError(
            f"{path} cannot be read as JSON ({exc}); a Hugging Face BERT checkpoint folder has it."
        ) from exc
    if not isinstance(values, dict):
        raise InvalidInputError(f"{path} holds a {type(values).__name__}; a JSON object is needed.")
    return values


def _require(path: Path, values: dict[str, Any], name: str, allowed: tuple[Any, ...]) -> None:
    """Refuse a setting outside `allowed`, where None stands for an absent one."""
    given = values.get(name)
    # By type as well: JSON's 1 is not true.
    if not any(given == value and type(given) is type(value) for value in allowed):
        wanted = " or ".join("absent" if value is None else json.dumps(value) for value in allowed)
        raise InvalidInputError(
            f"{path} has {name} {json.dumps(given)}; only {wanted} can be imported."
        )
