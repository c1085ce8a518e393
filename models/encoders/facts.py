"""Facts about an encoder that the pipeline needs, computed once and stored beside it.

Looking into a module takes TensorFlow, seconds to import; a run whose nodes all come from the cache
needs nothing else of it.
"""

import contextlib
import hashlib
import json
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from models.encoders.folders import hash_files
from models.encoders.kept import note_use, remove_unused

_SOURCES = Path(__file__).parents[1]
_MOST_KEPT = 100  # files of some hundred bytes; each module and release of ours has one


@dataclass(frozen=True)
class EncoderFacts:
    """What the files of a module say; see `models.encoders.resolving.EncoderModule`.

    Attributes:
        vocab: Path of the vocabulary within the module.
        do_lower_case: Whether its texts are lower-cased.
        max_seq_length: Tokens it can take.
        hidden_size: Width of its `sequence_output`.
    """

    vocab: str
    do_lower_case: bool
    max_seq_length: int
    hidden_size: int


def recall_facts(cache_dir: Path, fingerprint: str) -> EncoderFacts | None:
    """Look the facts of a module up.

    Args:
        cache_dir: Where they are kept.
        fingerprint: SHA-256 of the module's content.

    Returns:
        The facts; `None` if this code has not yet looked into a module of this content.
    """
    place = _place(cache_dir, fingerprint)
    try:
        kept = json.loads(place.read_text(encoding="utf-8"))
        note_use(place)
        return EncoderFacts(**kept)
    except (OSError, ValueError, TypeError):
        return None


def keep_facts(cache_dir: Path, fingerprint: str, facts: EncoderFacts) -> None:
    """Keep the facts of a module, if the cache can be written.

    Args:
        cache_dir: Where to keep them; made where absent.
        fingerprint: SHA-256 of the module's content.
        facts: The facts.
    """
    place = _place(cache_dir, fingerprint)
    with contextlib.suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=place.parent, delete=False) as aside:
            json.dump(asdict(facts), aside)
        Path(aside.name).replace(place)
    remove_unused(cache_dir, "facts-*.json", _MOST_KEPT)


def _place(cache_dir: Path, fingerprint: str) -> Path:
    """Name a file by the module's content and by all code that judges it."""
    code = hash_files(_SOURCES, "*.py")
    key = hashlib.sha256(f"{fingerprint} {code}".encode()).hexdigest()
    return cache_dir / f"facts-{key[:16]}.json"
