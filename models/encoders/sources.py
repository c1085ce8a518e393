"""The names of encoders, and the one rule that distinguishes a name from a path."""

from pathlib import Path

from bert_aas.contracts.files.locations import absolute

MINILM_SOURCE = "minilm"
KNOWN_ENCODERS = frozenset({MINILM_SOURCE})
"""What is a name is always that encoder, whatever files are called."""


def absolute_source(source: str) -> str:
    """Settle what an encoder's source means, wherever it is read later.

    Args:
        source: One of `KNOWN_ENCODERS`, a URI, or else a path. What exists decides nothing:
            `./minilm` is the folder of that name, `minilm` never is.

    Returns:
        The name, the URI or the absolute path.
    """
    return source if source in KNOWN_ENCODERS else absolute(source)


def spelt_source(path: Path) -> str:
    """Spell a path so that it is no name, for a user to give it back.

    Args:
        path: A path.

    Returns:
        The path; with `./` before it where it would be an encoder's name.
    """
    return f"./{path}" if str(path) in KNOWN_ENCODERS else str(path)
