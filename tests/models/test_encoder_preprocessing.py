"""The vocabulary comes from the encoder that is found where the node runs."""

from pathlib import Path

import pytest
import tensorflow as tf

from bert_aas.contracts.errors import InvalidInputError
from models import encoder_preprocessing
from models.encoders.folders import hash_files
from models.params import EncoderParams, FeatureNames, PreprocessingParams
from models.preprocessing import preprocessing_fn
from tests.tiny_encoder import build_tiny_encoder

pytestmark = pytest.mark.slow  # an encoder is written

TEXTS = {"review": tf.constant(["the shirt fits", "bad!"])}


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny_encoder(tmp_path_factory.mktemp("preprocessing") / "encoder")


def params(vocab_path: str) -> str:
    return PreprocessingParams(
        features=FeatureNames(text="review", label="stars"),
        vocab_path=vocab_path,
        do_lower_case=True,
    ).model_dump_json()


def test_the_pieces_are_those_of_the_encoders_vocabulary(encoder: Path) -> None:
    config = {
        "params": params("nowhere"),
        "encoder": EncoderParams(source=str(encoder)).model_dump_json(),
        "encoder_fingerprint": hash_files(encoder),
    }

    found = encoder_preprocessing.preprocessing_fn(TEXTS, config)["input_word_ids"]

    vocab = str(encoder / "assets" / "vocab.txt")
    expected = preprocessing_fn(TEXTS, {"params": params(vocab)})["input_word_ids"]
    tf.debugging.assert_equal(tf.sparse.to_dense(found), tf.sparse.to_dense(expected))


def test_another_encoder_is_refused(encoder: Path) -> None:
    config = {
        "params": params("nowhere"),
        "encoder": EncoderParams(source=str(encoder)).model_dump_json(),
        "encoder_fingerprint": "0" * 64,
    }

    with pytest.raises(InvalidInputError, match="on this machine is another encoder"):
        encoder_preprocessing.preprocessing_fn(TEXTS, config)
