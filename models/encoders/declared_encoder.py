"""The encoder that a node was declared with, on the machine where the node runs."""

from bert_aas.contracts.errors import InvalidInputError
from models.encoders.resolving import EncoderModule, resolve
from models.environment import cache_dir
from models.params import EncoderParams


def declared_encoder(params: EncoderParams, fingerprint: str) -> EncoderModule:
    """Find the encoder on this machine.

    Args:
        params: Its source.
        fingerprint: SHA-256 of the encoder that the node was declared with.

    Returns:
        The module.

    Raises:
        InvalidInputError: If there is none, or it is another one.
    """
    encoder = resolve(params, cache_dir())
    if encoder.fingerprint != fingerprint:
        raise InvalidInputError(
            f"encoder.source is {params.source!r}, which on this machine is another "
            f"encoder ({encoder.fingerprint[:16]}…) than where the pipeline was compiled "
            f"({fingerprint[:16]}…); they must be the same"
        )
    return encoder
