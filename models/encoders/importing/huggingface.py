"""Import a Hugging Face BERT checkpoint folder as a TF-Hub module."""

import tempfile
from pathlib import Path

from pydantic import ValidationError

from bert_aas.contracts.errors import InvalidInputError
from models.encoders.architecture.bert import BertConfig, BertEncoder
from models.encoders.exporting import check_new, export_encoder
from models.encoders.importing.archives import ARCHIVE_SUFFIXES, extract_archive
from models.encoders.importing.checkpoint import CheckpointWeights, read_tensors
from models.encoders.importing.tokenizer_settings import (
    VOCAB_FILE,
    read_json,
    read_tokenizer,
    require,
)


def import_checkpoint(source: Path, output: Path) -> None:
    """Turn a Hugging Face BERT checkpoint into a TF-Hub module; complete or not at all.

    A checkpoint without a pooler gets the identity as its kernel: `pooled_output` is then the
    hyperbolic tangent of the `[CLS]` vector.

    Args:
        source: Folder, or archive of one, with `config.json` (`model_type` bert), `vocab.txt` or
            `tokenizer.json`, and `model.safetensors` or its shards with
            `model.safetensors.index.json`; `tokenizer_config.json` is optional.
        output: The module folder to create; absent or empty.

    Raises:
        InvalidInputError: If `source` is no such folder, its model or its tokenizer needs what a
            BERT module cannot express, `output` cannot be written, or something is there already.
    """
    check_new(output)
    if source.is_file() and source.name.endswith(ARCHIVE_SUFFIXES):
        with tempfile.TemporaryDirectory() as folder:
            _import_folder(extract_archive(source, Path(folder, "checkpoint")), output)
    elif source.is_dir():
        _import_folder(source, output)
    else:
        raise InvalidInputError(
            f"{source} is not a folder; give the folder of a Hugging Face BERT checkpoint, or an "
            f"archive of it ({', '.join(ARCHIVE_SUFFIXES)})."
        )


def _import_folder(source: Path, output: Path) -> None:
    config = _read_config(source)
    tokenizer = read_tokenizer(source, read_json(source / "config.json"))
    if len(tokenizer.vocab) > config.vocab_size:
        raise InvalidInputError(
            f"the vocabulary in {source} has {len(tokenizer.vocab)} word pieces, but the model has "
            f"embeddings for {config.vocab_size} only; give a vocabulary that belongs to the model."
        )
    encoder = BertEncoder(config, CheckpointWeights(source, read_tensors(source)))
    with tempfile.TemporaryDirectory() as folder:
        vocab = Path(folder, VOCAB_FILE)
        vocab.write_text("".join(f"{piece}\n" for piece in tokenizer.vocab), encoding="utf-8")
        export_encoder(encoder, vocab, tokenizer.do_lower_case, output)


def _read_config(source: Path) -> BertConfig:
    """Read and check `config.json`."""
    path = source / "config.json"
    values = read_json(path)
    require(path, values, "model_type", ("bert",))
    require(path, values, "position_embedding_type", ("absolute", None))
    require(path, values, "is_decoder", (False, None))
    require(path, values, "hidden_act", ("gelu", "gelu_new", "relu", None))
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
