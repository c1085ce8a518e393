"""Read a Hugging Face byte-level tokenizer, and refuse settings that ours does not have."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bert_aas.contracts.errors import InvalidInputError
from models.encoders.importing.settings import (
    CONFIG_FILE,
    FAST_FILE,
    added_tokens,
    check_roles,
    optional_json,
    read_json,
    require,
    step_of,
)
from models.text.byte_level.bpe import (
    END,
    MASK,
    PAD,
    SPECIAL,
    START,
    UNK,
    ByteLevelBpe,
    check_bpe,
    merges_of,
    pieces_of,
)
from models.text.byte_level.merging import Merge, usable_merges

VOCAB_FILE = "vocab.json"
MERGES_FILE = "merges.txt"

_VERSION = "#version"
_ROLES = {
    **{"bos_token": START, "cls_token": START, "eos_token": END, "sep_token": END},
    **{"unk_token": UNK, "pad_token": PAD, "mask_token": MASK},
}
_CLASSES = ("RobertaTokenizer", "RobertaTokenizerFast", None)
_ANY_CLASS = ("PreTrainedTokenizerFast", "TokenizersBackend")  # of whatever tokenizer.json says


def read_byte_level(source: Path, config: Mapping[str, Any]) -> ByteLevelBpe:
    """Read a checkpoint's byte-level tokenizer.

    Args:
        source: The checkpoint folder: `vocab.json` and `merges.txt`, or `tokenizer.json`, or all if
            they agree; `tokenizer_config.json`, `special_tokens_map.json` and `added_tokens.json`
            may lie beside them.
        config: Its `config.json`, which may name a tokenizer, too.

    Returns:
        The tokenizer, without merges that no text can need.

    Raises:
        InvalidInputError: If a file cannot be read, two of them disagree, one asks for what
            RoBERTa's tokenizer does not do, or merges and vocabulary do not belong together.
    """
    fast = read_json(source / FAST_FILE) if (source / FAST_FILE).exists() else None
    slow = optional_json(source / CONFIG_FILE)
    allowed = (*_CLASSES, *(_ANY_CLASS if fast is not None else ()))
    for path, values in ((source / CONFIG_FILE, slow), (source / "config.json", config)):
        require(path, values, "tokenizer_class", allowed)
    found = _read_parts(source, fast)
    pieces = _with_special(source, slow, found.pieces)
    name = f"The tokenizer in {source}"
    checked = ByteLevelBpe(pieces, found.merges, _prefix_space(source, fast, slow))
    check_bpe(checked, name)
    _check_special(source, slow, fast, checked)
    return ByteLevelBpe(pieces, tuple(usable_merges(checked.merges)), checked.add_prefix_space)


def _read_parts(source: Path, fast: Mapping[str, Any] | None) -> ByteLevelBpe:
    """Read pieces and merges from the files that have them; they must agree."""
    kept = _fast_parts(source / FAST_FILE, fast) if fast is not None else None
    if kept is not None and not (source / VOCAB_FILE).exists():
        return kept
    if not (source / VOCAB_FILE).exists() or not (source / MERGES_FILE).exists():
        raise InvalidInputError(
            f"{source} has no {VOCAB_FILE} with {MERGES_FILE}, and no {FAST_FILE}; the files of a "
            "byte-level tokenizer are needed."
        )
    vocab = read_json(source / VOCAB_FILE)
    found = ByteLevelBpe(_pieces(source / VOCAB_FILE, vocab), _read_merges(source / MERGES_FILE))
    if kept is not None and kept != found:
        raise InvalidInputError(
            f"{source / FAST_FILE} has other pieces or merges than {VOCAB_FILE} and {MERGES_FILE}; "
            "remove what does not belong to the model."
        )
    return found


def _fast_parts(path: Path, fast: Mapping[str, Any]) -> ByteLevelBpe:
    """Check the steps of `tokenizer.json` and give its pieces and merges."""
    model = step_of(path, fast, "model", "BPE")
    require(path, model, "dropout", (None,))
    require(path, model, "continuing_subword_prefix", ("", None))
    require(path, model, "end_of_word_suffix", ("", None))
    for name in ("byte_fallback", "ignore_merges"):
        require(path, model, name, (False, None))
    require(path, fast, "normalizer", (None,))
    words = step_of(path, fast, "pre_tokenizer", "ByteLevel")
    require(path, words, "use_regex", (True, None))
    step_of(path, fast, "post_processor", "RobertaProcessing")
    vocab, merges = model.get("vocab"), model.get("merges")
    if not isinstance(vocab, dict) or not isinstance(merges, list):
        raise InvalidInputError(f"{path} has no vocab or no merges; those of a BPE are needed.")
    try:
        return ByteLevelBpe(_pieces(path, vocab), merges_of(merges))
    except (ValueError, TypeError) as exc:
        raise InvalidInputError(f"{path} has merges that cannot be read ({exc}).") from exc


def _pieces(path: Path, vocab: Mapping[str, Any]) -> tuple[str, ...]:
    try:
        return pieces_of(vocab)
    except ValueError as exc:
        raise InvalidInputError(
            f"{path} has a vocabulary that cannot be used ({exc}); one without gaps is needed."
        ) from exc


def _read_merges(path: Path) -> tuple[Merge, ...]:
    """Read `merges.txt`."""
    try:
        first, *lines = path.read_text(encoding="utf-8").split("\n")
        if not first.startswith(_VERSION):  # Hugging Face's readers do not agree on such a file
            raise ValueError(f"its first line is no {_VERSION}")
        return merges_of([line.removesuffix("\r") for line in lines if line.strip()])
    except (OSError, ValueError) as exc:
        raise InvalidInputError(
            f"{path} cannot be read ({exc}); a line {_VERSION}, then one pair of pieces per line "
            "is needed."
        ) from exc


def _prefix_space(source: Path, fast: Mapping[str, Any] | None, slow: Mapping[str, Any]) -> bool:
    """Tell whether texts get a blank before them; the files must agree."""
    path = source / CONFIG_FILE
    require(path, slow, "add_prefix_space", (True, False, None))
    said = bool(slow.get("add_prefix_space"))
    if fast is None:
        return said
    found = fast["pre_tokenizer"].get("add_prefix_space", True)  # as `tokenizers` reads it
    is_any = slow.get("tokenizer_class") in _ANY_CLASS and slow.get("add_prefix_space") is None
    if found is not said and not is_any:
        raise InvalidInputError(
            f"the pre_tokenizer in {source / FAST_FILE} has add_prefix_space "
            f"{str(found).lower()}, but {path} has {str(said).lower()} (which is the default); "
            "make both what the model was trained with."
        )
    return bool(found)


def _with_special(
    source: Path, slow: Mapping[str, Any], pieces: tuple[str, ...]
) -> tuple[str, ...]:
    """Append special tokens that lie behind the vocabulary."""
    known = set(pieces)
    listed = added_tokens(source, slow, SPECIAL)
    added = {token: place for _, token, place in listed if token not in known}
    for token, place in sorted(added.items(), key=lambda entry: entry[1]):
        if token in SPECIAL and place == len(pieces):
            pieces = (*pieces, token)
    return pieces


def _check_special(
    source: Path, slow: Mapping[str, Any], fast: Mapping[str, Any] | None, bpe: ByteLevelBpe
) -> None:
    """Refuse special tokens of other names or ids, and words that are never cut."""
    check_roles(source, slow, _ROLES)
    places = {piece: place for place, piece in enumerate(bpe.pieces)}
    for path, token, place in added_tokens(source, slow, SPECIAL):
        if token not in SPECIAL or places.get(token) != place:
            raise InvalidInputError(
                f"{path} adds the token {token!r} (id {place}); only {', '.join(SPECIAL)} with "
                "their ids in the vocabulary can be imported."
            )
    if fast is not None:
        processor = fast["post_processor"]
        for role, token in (("cls", START), ("sep", END)):
            require(source / FAST_FILE, processor, role, ([token, places[token]],))
