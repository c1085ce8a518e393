"""Transform's function for containers that have no copy of the vocabulary: the encoder has it.

Elsewhere the vocabulary is put into the output folder before the node starts
(`models.preprocessing`); a service that runs TFX's executors itself leaves no moment for that.
"""

from typing import Any

from models import preprocessing
from models.encoders.declared_encoder import declared_encoder
from models.params import EncoderParams, PreprocessingParams

ENCODER_KEY = "encoder"
ENCODER_FINGERPRINT_KEY = "encoder_fingerprint"


def preprocessing_fn(
    inputs: dict[str, preprocessing.Feature], custom_config: dict[str, Any]
) -> dict[str, preprocessing.Feature]:
    """Turn raw features into the features of training.

    Args:
        inputs: As for `models.preprocessing.preprocessing_fn`.
        custom_config: `encoder` is an `EncoderParams` as JSON and `encoder_fingerprint` its
            SHA-256; `params` is a `PreprocessingParams` as JSON, whose `vocab_path` is replaced.

    Returns:
        As `models.preprocessing.preprocessing_fn`.

    Raises:
        InvalidInputError: If the encoder is not there, or is another one.
    """
    source = EncoderParams.model_validate_json(custom_config[ENCODER_KEY])
    encoder = declared_encoder(source, custom_config[ENCODER_FINGERPRINT_KEY])
    given = PreprocessingParams.model_validate_json(custom_config[preprocessing.PARAMS_KEY])
    params = given.model_copy(update={"vocab_path": str(encoder.vocab_path)})
    return preprocessing.preprocessing_fn(inputs, {preprocessing.PARAMS_KEY: params.as_json()})
