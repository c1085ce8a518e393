"""The weights for PyTorch, against our own reader of Hugging Face's checkpoints."""

from pathlib import Path

import numpy as np

from benchmarks.baselines.export_weights import to_hugging_face
from models.encoders.architecture.bert import BertConfig, BertEncoder, random_weights
from models.encoders.importing.checkpoint import CheckpointWeights
from tests.tiny_encoder import HIDDEN_SIZE

CONFIG = BertConfig(
    vocab_size=7,
    hidden_size=HIDDEN_SIZE,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=32,
    max_position_embeddings=9,
)


def test_the_importer_reads_the_encoder_back() -> None:
    generator = np.random.default_rng(3)
    encoder = BertEncoder(CONFIG, lambda _, shape: generator.normal(size=shape).astype(np.float32))
    variables = {each.name.split(":")[0]: each.numpy() for each in encoder.variables}
    tensors = to_hugging_face(variables)
    bert = {name.removeprefix("bert."): tensor for name, tensor in tensors.items()}

    again = BertEncoder(CONFIG, CheckpointWeights(Path("tensors"), bert))

    for variable in again.variables:
        name = variable.name.split(":")[0]
        if not name.startswith("pooler/"):  # the classifier does without
            np.testing.assert_array_equal(variable.numpy(), variables[name], err_msg=name)


def test_the_head_is_laid_out_as_outputs_by_inputs() -> None:
    encoder = BertEncoder(CONFIG, random_weights(1))
    variables = {each.name.split(":")[0]: each.numpy() for each in encoder.variables}
    kernel = np.arange(HIDDEN_SIZE * 3, dtype=np.float32).reshape(HIDDEN_SIZE, 3)
    variables |= {"logits/kernel": kernel, "logits/bias": np.array([1, 2, 3], np.float32)}

    tensors = to_hugging_face(variables)

    # Second class, first input: column 1 of row 0.
    assert tensors["classifier.weight"][1, 0] == 1
    assert tensors["classifier.weight"].shape == (3, HIDDEN_SIZE)
    assert tensors["classifier.bias"].tolist() == [1, 2, 3]
    assert not any("pooler" in name for name in tensors)
