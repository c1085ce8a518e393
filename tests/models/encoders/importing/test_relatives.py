"""RoBERTa, DistilBERT and ELECTRA: numbers as Hugging Face's own models give them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_hub as hub
from safetensors.numpy import load_file, save_file
from transformers import (
    DistilBertConfig,
    ElectraConfig,
    RobertaConfig,
    TFDistilBertModel,
    TFElectraModel,
    TFRobertaForSequenceClassification,
    TFRobertaModel,
)

from bert_aas.contracts.errors import InvalidInputError
from models.encoders.importing.huggingface import import_checkpoint
from models.encoders.inspecting import inspect_module
from models.text.vocabulary import read_vocabulary
from tests.tiny_encoder import VOCAB
from tests.tiny_roberta import BPE, CONFIG, reference_tokenizer, write_roberta

LENGTH = 10


def _inputs(vocab_size: int) -> dict[str, tf.Tensor]:
    """Two rows, the second of them padded with what is padding for RoBERTa."""
    generator = np.random.default_rng(5)
    mask = np.ones((2, LENGTH), np.int32)
    mask[1, LENGTH // 2 :] = 0
    ids = np.where(mask, generator.integers(5, vocab_size, mask.shape), 1)
    return {
        "input_word_ids": tf.constant(ids, tf.int32),
        "input_mask": tf.constant(mask),
        "input_type_ids": tf.zeros_like(mask),
    }


def _largest_difference(module: Path, reference: Any, inputs: dict[str, tf.Tensor]) -> float:
    ours = hub.load(str(module))(inputs, training=False)["sequence_output"]
    theirs = reference(input_ids=inputs["input_word_ids"], attention_mask=inputs["input_mask"])
    tokens = inputs["input_mask"].numpy().astype(bool)
    return float(np.abs(ours - theirs.last_hidden_state)[tokens].max())


def _write(folder: Path, tensors: dict[str, Any], config: dict[str, Any]) -> Path:
    folder.mkdir()
    save_file(tensors, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "vocab.txt").write_text("\n".join(VOCAB) + "\n", encoding="utf-8")
    return folder


def _random(shapes: dict[str, tuple[int, ...]]) -> dict[str, Any]:
    generator = np.random.default_rng(2)
    return {
        name: generator.normal(0.0, 0.4, shape).astype(np.float32) for name, shape in shapes.items()
    }


def _assign(model: Any, tensors: dict[str, Any], prefix: str) -> None:
    """Assign a TensorFlow model's weights by PyTorch's names."""
    for variable in model.weights:
        place = variable.name.split("/", 1)[1].removesuffix(":0")
        module, kind = place.replace("_._", ".").replace("/", ".").rsplit(".", 1)
        kind = {"kernel": "weight", "embeddings": "weight", "gamma": "weight", "beta": "bias"}.get(
            kind, kind
        )
        value = tensors[f"{prefix}{module.removeprefix(prefix)}.{kind}"]
        variable.assign(value.T if place.endswith("kernel") else value)


def test_a_roberta(tmp_path: Path) -> None:
    source = write_roberta(tmp_path / "source")

    import_checkpoint(source, tmp_path / "module")

    model = TFRobertaModel(RobertaConfig(**CONFIG))
    model(model.dummy_inputs)
    _assign(model, load_file(source / "model.safetensors"), "roberta.")
    inputs = _inputs(CONFIG["vocab_size"])
    assert _largest_difference(tmp_path / "module", model, inputs) < 1e-5
    facts = inspect_module(tmp_path / "module", "module")
    assert (facts.max_seq_length, facts.do_lower_case) == (32, False)


def test_a_robertas_vocabulary_gives_its_ids(tmp_path: Path) -> None:
    import_checkpoint(write_roberta(tmp_path / "source"), tmp_path / "module")

    vocabulary = read_vocabulary(tmp_path / "module" / "assets" / "tokenizer.json")
    texts, pairs = ["I loved the shirt!", ""], ["very good, loved it", "b"]
    found = vocabulary.tokenizer(False, 14).tokenize(tf.constant(texts), tf.constant(pairs))

    theirs = reference_tokenizer(BPE, tmp_path)(texts, pairs, truncation=True, max_length=14)
    assert found.word_ids.to_list() == theirs["input_ids"]


@pytest.mark.parametrize("also", ["vocab.json and merges.txt", "nothing"])
def test_a_saved_tokenizer_json_is_read(tmp_path: Path, also: str) -> None:
    source = write_roberta(tmp_path / "source")
    reference_tokenizer(BPE, tmp_path).save_pretrained(source)
    if also == "nothing":
        for name in ("vocab.json", "merges.txt", "tokenizer_config.json"):
            (source / name).unlink()

    import_checkpoint(source, tmp_path / "module")

    from tokenizers import Tokenizer

    read = Tokenizer.from_file(str(tmp_path / "module" / "assets" / "tokenizer.json"))
    theirs = reference_tokenizer(BPE, tmp_path)("I loved it, not the shoes")
    assert read.encode("I loved it, not the shoes").ids == theirs["input_ids"]


def test_a_robertas_own_head_is_taken(tmp_path: Path) -> None:
    source = write_roberta(tmp_path / "source")
    tensors = load_file(source / "model.safetensors")
    shapes = {"classifier.dense.weight": (16, 16), "classifier.dense.bias": (16,)}
    shapes |= {"classifier.out_proj.weight": (2, 16), "classifier.out_proj.bias": (2,)}
    tensors |= (head := _random(shapes))
    save_file(tensors, source / "model.safetensors")

    import_checkpoint(source, tmp_path / "module")

    config = RobertaConfig(**CONFIG, num_labels=2)
    model = TFRobertaForSequenceClassification(config)
    model(model.dummy_inputs)
    _assign(model, tensors, "")
    inputs = _inputs(CONFIG["vocab_size"])
    module = hub.load(str(tmp_path / "module"))
    vectors = module.cls_vector(inputs, training=False)
    logits = vectors @ head["classifier.out_proj.weight"].T + head["classifier.out_proj.bias"]
    theirs = model(input_ids=inputs["input_word_ids"], attention_mask=inputs["input_mask"]).logits
    np.testing.assert_allclose(logits, theirs, atol=1e-5)


def test_a_distilbert(tmp_path: Path) -> None:
    config = {
        **{"model_type": "distilbert", "vocab_size": len(VOCAB), "dim": 12, "n_layers": 2},
        **{"n_heads": 3, "hidden_dim": 20, "max_position_embeddings": 16, "activation": "gelu"},
    }
    norms = {"embeddings.LayerNorm": (12,)}
    dense: dict[str, tuple[int, ...]] = {}
    for layer in ("transformer.layer.0", "transformer.layer.1"):
        for name in ("q_lin", "k_lin", "v_lin", "out_lin"):
            dense[f"{layer}.attention.{name}"] = (12, 12)
        dense |= {f"{layer}.ffn.lin1": (20, 12), f"{layer}.ffn.lin2": (12, 20)}
        norms |= {f"{layer}.sa_layer_norm": (12,), f"{layer}.output_layer_norm": (12,)}
    shapes = _with_bias(dense | norms)
    shapes["embeddings.word_embeddings.weight"] = (len(VOCAB), 12)
    shapes["embeddings.position_embeddings.weight"] = (16, 12)
    tensors = {f"distilbert.{name}": value for name, value in _random(shapes).items()}
    import_checkpoint(_write(tmp_path / "source", tensors, config), tmp_path / "module")

    model = TFDistilBertModel(DistilBertConfig(**config))
    model(model.dummy_inputs)
    _assign(model, tensors, "distilbert.")
    assert _largest_difference(tmp_path / "module", model, _inputs(len(VOCAB))) < 1e-5


def _with_bias(shapes: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    found = {f"{name}.weight": shape for name, shape in shapes.items()}
    return found | {f"{name}.bias": shape[:1] for name, shape in shapes.items()}


@pytest.mark.parametrize("width", [12, 8])
def test_an_electra(tmp_path: Path, width: int) -> None:
    tensors, config = _electra(width)
    import_checkpoint(_write(tmp_path / "source", tensors, config), tmp_path / "module")

    model = TFElectraModel(ElectraConfig(**config))
    model(model.dummy_inputs)
    _assign(model, tensors, "electra.")
    assert _largest_difference(tmp_path / "module", model, _inputs(len(VOCAB))) < 1e-5


def _electra(width: int) -> tuple[dict[str, Any], dict[str, Any]]:
    config = {
        **{"model_type": "electra", "vocab_size": len(VOCAB), "hidden_size": 12},
        **{"num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 20},
        **{"max_position_embeddings": 16, "embedding_size": width},
    }
    dense: dict[str, tuple[int, ...]] = {"embeddings.LayerNorm": (width,)}
    if width != config["hidden_size"]:
        dense["embeddings_project"] = (12, width)
    for layer in ("encoder.layer.0", "encoder.layer.1"):
        for part in ("self.query", "self.key", "self.value", "output.dense"):
            dense[f"{layer}.attention.{part}"] = (12, 12)
        dense |= {f"{layer}.intermediate.dense": (20, 12), f"{layer}.output.dense": (12, 20)}
        dense |= {f"{layer}.attention.output.LayerNorm": (12,), f"{layer}.output.LayerNorm": (12,)}
    shapes = _with_bias(dense)
    shapes |= {
        "embeddings.word_embeddings.weight": (len(VOCAB), width),
        "embeddings.position_embeddings.weight": (16, width),
        "embeddings.token_type_embeddings.weight": (2, width),
    }
    return {f"electra.{name}": value for name, value in _random(shapes).items()}, config


def test_electras_generator_is_refused(tmp_path: Path) -> None:
    tensors, config = _electra(12)
    tensors["generator_lm_head.bias"] = np.zeros(3, np.float32)
    source = _write(tmp_path / "source", tensors, config)

    with pytest.raises(InvalidInputError, match="is ELECTRA's generator; an ELECTRA discriminator"):
        import_checkpoint(source, tmp_path / "module")


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"pad_token_id": 0}, "pad_token_id 0; only 1 or absent"),
        ({"vocab_size": 300}, "word pieces, but the model has embeddings for 300"),
        ({"max_position_embeddings": 2}, "max_position_embeddings"),
        ({"num_hidden_layers": 3}, "has no tensor encoder.layer.2.*a RoBERTa encoder"),
    ],
)
def test_a_roberta_that_lies_is_refused(
    tmp_path: Path, config: dict[str, Any], message: str
) -> None:
    source = write_roberta(tmp_path / "source")
    values = CONFIG | config
    (source / "config.json").write_text(json.dumps(values), encoding="utf-8")

    with pytest.raises(InvalidInputError, match=message):
        import_checkpoint(source, tmp_path / "module")
