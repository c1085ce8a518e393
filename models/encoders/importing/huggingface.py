"""Import a Hugging Face checkpoint folder as a TF-Hub module."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from bert_aas.contracts.errors import InvalidInputError
from models.encoders.architecture.bert import BertConfig, BertEncoder
from models.encoders.exporting import check_new, export_encoder
from models.encoders.importing.archives import ARCHIVE_SUFFIXES, extract_archive
from models.encoders.importing.byte_level_settings import read_byte_level
from models.encoders.importing.checkpoint import CheckpointWeights, Tensors, read_tensors
from models.encoders.importing.families import FAMILIES, Family
from models.encoders.importing.settings import read_json, require
from models.encoders.importing.tokenizer_settings import read_tokenizer
from models.text.byte_level.bpe import write_bpe


def import_checkpoint(source: Path, output: Path) -> None:
    """Turn a Hugging Face checkpoint into a TF-Hub module; complete or not at all.

    A checkpoint without a pooler gets the identity as its kernel: `pooled_output` is then the
    hyperbolic tangent of the first token's vector. A RoBERTa classifier's own dense layer becomes
    the pooler, and `cls_vector` gives its output: what our classifier adds is the last layer.
    RoBERTa's positions begin with the row of the first token, so the module takes 512 tokens where
    `config.json` says 514. A DistilBERT's embeddings of types are zero.

    Args:
        source: Folder, or archive of one, with `config.json` (`model_type` one of `FAMILIES`),
            the tokenizer (`tokenizer.json`; or `vocab.txt`, for RoBERTa `vocab.json` and
            `merges.txt`), and `model.safetensors` or its shards with
            `model.safetensors.index.json`; `tokenizer_config.json` is optional.
        output: The module folder to create; absent or empty.

    Raises:
        InvalidInputError: If `source` is no such folder, its model or its tokenizer needs what a
            module of ours cannot express, `output` cannot be written, or something is there.
    """
    check_new(output)
    if source.is_file() and source.name.endswith(ARCHIVE_SUFFIXES):
        with tempfile.TemporaryDirectory() as folder:
            _import_folder(extract_archive(source, Path(folder, "checkpoint")), output)
    elif source.is_dir():
        _import_folder(source, output)
    else:
        raise InvalidInputError(
            f"{source} is not a folder; give the folder of a Hugging Face checkpoint, or an "
            f"archive of it ({', '.join(ARCHIVE_SUFFIXES)})."
        )


def _import_folder(source: Path, output: Path) -> None:
    path = source / "config.json"
    values = read_json(path)
    require(path, values, "model_type", tuple(FAMILIES))
    family = FAMILIES[values["model_type"]]
    config = _read_config(path, values, family)
    settings = _read_tokenizer(source, values, family)
    if settings.pieces > config.vocab_size:
        raise InvalidInputError(
            f"the vocabulary in {source} has {settings.pieces} word pieces, but the model has "
            f"embeddings for {config.vocab_size} only; give a vocabulary that belongs to the model."
        )
    tensors = read_tensors(source)
    _check_kind(source, tensors, family)
    config, tensors = _with_head(config, tensors, family)
    encoder = BertEncoder(config, CheckpointWeights(source, tensors, family))
    with tempfile.TemporaryDirectory() as folder:
        vocab = Path(folder, "vocabulary")
        vocab.write_bytes(settings.vocabulary)
        export_encoder(encoder, vocab, settings.do_lower_case, output)


class _Tokenizer(NamedTuple):
    """The module's vocabulary file, its number of pieces, and whether texts are lower-cased."""

    vocabulary: bytes
    pieces: int
    do_lower_case: bool


def _read_tokenizer(source: Path, values: Mapping[str, Any], family: Family) -> _Tokenizer:
    if family.byte_level:
        bpe = read_byte_level(source, values)
        return _Tokenizer(write_bpe(bpe), len(bpe.pieces), do_lower_case=False)
    found = read_tokenizer(source, values)
    lines = "".join(f"{piece}\n" for piece in found.vocab)
    return _Tokenizer(lines.encode(), len(found.vocab), found.do_lower_case)


def _check_kind(source: Path, tensors: Tensors, family: Family) -> None:
    """Refuse a model of the same `model_type` that is another one."""
    if family.not_taken is None:
        return
    beginning, called = family.not_taken
    if any(name.startswith(beginning) for name in tensors):
        raise InvalidInputError(
            f"The checkpoint in {source} is {called}; {family.called} is needed."
        )


def _with_head(config: BertConfig, tensors: Tensors, family: Family) -> tuple[BertConfig, Tensors]:
    """Take the dense layer of a trained head as the pooler, which computes the same."""
    own = f"{family.head}.weight"
    if family.head is None or own not in tensors:
        return config, tensors
    kinds = ("weight", "bias")
    pooler = {
        f"pooler.dense.{kind}": tensors[f"{family.head}.{kind}"]
        for kind in kinds
        if f"{family.head}.{kind}" in tensors
    }
    others = {name: tensor for name, tensor in tensors.items() if "pooler." not in name}
    return config.model_copy(update={"cls_head": "pooler"}), others | pooler


def _read_config(path: Path, values: Mapping[str, Any], family: Family) -> BertConfig:
    """Check `config.json` and read the sizes."""
    require(path, values, "position_embedding_type", ("absolute", None))
    require(path, values, "is_decoder", (False, None))
    if family.unused_positions:
        require(path, values, "pad_token_id", (family.unused_positions - 1, None))
    translated = family.bert_config(values)
    require(path, translated, "hidden_act", ("gelu", "gelu_new", "relu", None))
    fields = BertConfig.model_fields
    known = {name: translated[name] for name in fields if translated.get(name) is not None}
    try:
        config = BertConfig.model_validate(known)
    except ValidationError as exc:
        problem = exc.errors()[0]
        raise InvalidInputError(
            f"{path} has no usable {problem['loc'][0]} ({problem['msg']}); the config.json of "
            f"{family.called} is needed."
        ) from exc
    if config.hidden_size % config.num_attention_heads:
        raise InvalidInputError(
            f"{path} has hidden_size {config.hidden_size}, which must be a multiple of "
            f"num_attention_heads ({config.num_attention_heads})."
        )
    return config
