"""Read a Hugging Face tokenizer's files, and refuse settings that our tokenizer does not have.

Ours is BERT's own: words by blanks, punctuation and Chinese characters, then word pieces. Texts cut
in another way than the encoder was trained with give a model that is worse, without an error.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bert_aas.contracts.errors import InvalidInputError
from models.text.tokenizer import MAX_WORD_CHARACTERS, check_vocab, read_vocab

VOCAB_FILE = "vocab.txt"
CONFIG_FILE = "tokenizer_config.json"
FAST_FILE = "tokenizer.json"

_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_ROLES = {"unk_token": "[UNK]", "sep_token": "[SEP]", "cls_token": "[CLS]", "pad_token": "[PAD]"}
_CLASSES = (
    *("BertTokenizer", "BertTokenizerFast", None),
    *("DistilBertTokenizer", "DistilBertTokenizerFast"),  # the same under other names
    *("ElectraTokenizer", "ElectraTokenizerFast"),
)
_ANY_CLASS = ("PreTrainedTokenizerFast", "TokenizersBackend")  # of whatever tokenizer.json says


@dataclass(frozen=True)
class TokenizerSettings:
    """What a module must know of its tokenizer.

    Attributes:
        vocab: The word pieces; a piece's place is its id.
        do_lower_case: Whether texts are lower-cased and lose their accents.
    """

    vocab: list[str]
    do_lower_case: bool


def read_tokenizer(source: Path, config: Mapping[str, Any]) -> TokenizerSettings:
    """Read the settings of a checkpoint's tokenizer.

    Args:
        source: The checkpoint folder: `vocab.txt` or `tokenizer.json`, or both if they agree;
            `tokenizer_config.json`, `special_tokens_map.json` and `added_tokens.json` may lie
            beside them.
        config: Its `config.json`, which may name a tokenizer, too.

    Returns:
        The settings; without a word about lower case, texts are lower-cased, as Hugging Face's
        `BertTokenizer` does.

    Raises:
        InvalidInputError: If a file cannot be read, two of them disagree, or one asks for what
            BERT's tokenizer does not do.
    """
    fast = read_json(source / FAST_FILE) if (source / FAST_FILE).exists() else None
    slow = read_json(source / CONFIG_FILE) if (source / CONFIG_FILE).exists() else {}
    allowed = (*_CLASSES, *(_ANY_CLASS if fast is not None else ()))
    for path, values in ((source / CONFIG_FILE, slow), (source / "config.json", config)):
        require(path, values, "tokenizer_class", allowed)
    vocab = _read_vocab(source, fast)
    lower = _lower_case_of_config(source / CONFIG_FILE, slow)
    if fast is not None:
        lower = _agreed_lower_case(source, lower, _check_fast(source / FAST_FILE, fast))
    require(source / CONFIG_FILE, slow, "strip_accents", (lower is not False, None))
    _check_special_tokens(source, slow, vocab)
    return TokenizerSettings(vocab, lower is not False)


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Args:
        path: The file.

    Returns:
        Its content.

    Raises:
        InvalidInputError: If it cannot be read, or holds something else.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as exc:
        raise InvalidInputError(
            f"{path} cannot be read as JSON ({exc}); a Hugging Face BERT checkpoint folder has it."
        ) from exc
    if not isinstance(values, dict):
        raise InvalidInputError(f"{path} holds a {type(values).__name__}; a JSON object is needed.")
    return values


def require(path: Path, values: Mapping[str, Any], name: str, allowed: tuple[Any, ...]) -> None:
    """Refuse a setting outside `allowed`.

    Args:
        path: The file, for the message.
        values: Its settings.
        name: Of the setting.
        allowed: Its values, where `None` stands for an absent one.

    Raises:
        InvalidInputError: If the setting has another value.
    """
    given = values.get(name)
    # By type as well: JSON's 1 is not true.
    if not any(given == value and type(given) is type(value) for value in allowed):
        wanted = " or ".join("absent" if value is None else json.dumps(value) for value in allowed)
        raise InvalidInputError(
            f"{path} has {name} {json.dumps(given)}; only {wanted} can be imported."
        )


def _read_vocab(source: Path, fast: Mapping[str, Any] | None) -> list[str]:
    """Read the word pieces from the file that has them; two files must agree."""
    kept = _fast_vocab(source / FAST_FILE, fast) if fast is not None else None
    if kept is not None and not (source / VOCAB_FILE).exists():
        pieces = sorted(kept, key=lambda piece: kept[piece])
        check_vocab(pieces, f"The vocabulary in {source / FAST_FILE}")
        return pieces
    vocab = read_vocab(source / VOCAB_FILE)
    if kept is not None and kept != {piece: place for place, piece in enumerate(vocab)}:
        raise InvalidInputError(
            f"{source / VOCAB_FILE} and {source / FAST_FILE} hold different word pieces; remove "
            "the one that does not belong to the model."
        )
    return vocab


def _fast_vocab(path: Path, fast: Mapping[str, Any]) -> dict[str, int]:
    """Check the model of `tokenizer.json` and give its pieces."""
    model = fast.get("model")
    if not isinstance(model, dict):
        raise InvalidInputError(f"{path} has no model; a WordPiece tokenizer is needed.")
    require(path, model, "type", ("WordPiece", None))
    require(path, model, "unk_token", ("[UNK]",))
    require(path, model, "continuing_subword_prefix", ("##",))
    require(path, model, "max_input_chars_per_word", (MAX_WORD_CHARACTERS, None))
    vocab = model.get("vocab")
    if not isinstance(vocab, dict) or sorted(map(str, vocab.values())) != sorted(
        map(str, range(len(vocab)))
    ):
        raise InvalidInputError(
            f"{path} has a vocabulary whose ids are not 0, 1, 2 …; one without gaps is needed."
        )
    return vocab


def _check_fast(path: Path, fast: Mapping[str, Any]) -> bool:
    """Check the other steps of `tokenizer.json`; tell whether it lower-cases."""
    _step(path, fast, "pre_tokenizer", "BertPreTokenizer")
    normalizer = _step(path, fast, "normalizer", "BertNormalizer")
    require(path, normalizer, "clean_text", (True, None))
    require(path, normalizer, "handle_chinese_chars", (True, None))
    require(path, normalizer, "lowercase", (True, False))
    require(path, normalizer, "strip_accents", (normalizer["lowercase"], None))
    return bool(normalizer["lowercase"])


def _step(path: Path, fast: Mapping[str, Any], name: str, kind: str) -> dict[str, Any]:
    """Give a step of `tokenizer.json`, which must be of a kind."""
    step = fast.get(name)
    if isinstance(step, dict) and step.get("type") == kind:
        return step
    given = step.get("type") if isinstance(step, dict) else step
    raise InvalidInputError(
        f"{path} has the {name} {json.dumps(given)}; only {kind} can be imported."
    )


def _lower_case_of_config(path: Path, values: Mapping[str, Any]) -> bool | None:
    """Check `tokenizer_config.json`; give what it says of lower case, if anything."""
    require(path, values, "do_lower_case", (True, False, None))
    for name in ("tokenize_chinese_chars", "do_basic_tokenize", "do_word_tokenize"):
        require(path, values, name, (True, None))
    require(path, values, "do_subword_tokenize", (True, None))
    require(path, values, "word_tokenizer_type", ("basic", None))
    require(path, values, "subword_tokenizer_type", ("wordpiece", None))
    if not set(values.get("never_split") or ()) <= set(_SPECIAL):
        require(path, values, "never_split", (None,))
    return values.get("do_lower_case")


def _agreed_lower_case(source: Path, config: bool | None, fast: bool) -> bool:
    if config is not None and config != fast:
        raise InvalidInputError(
            f"{source / CONFIG_FILE} has do_lower_case {json.dumps(config)}, but the normalizer in "
            f"{source / FAST_FILE} has lowercase {json.dumps(fast)}; make both what the model was "
            "trained with."
        )
    return fast


def _check_special_tokens(source: Path, slow: Mapping[str, Any], vocab: list[str]) -> None:
    """Refuse special tokens of other names or ids, and words that are never cut."""
    places = {piece: place for place, piece in enumerate(vocab)}
    named = source / "special_tokens_map.json"
    for path, values in ((source / CONFIG_FILE, slow), (named, _optional(named))):
        for role, wanted in _ROLES.items():
            given = values.get(role)
            content = given.get("content") if isinstance(given, dict) else given
            require(path, {role: content}, role, (wanted, None))
    for path, token, place in _added_tokens(source, slow):
        if token not in _SPECIAL or places.get(token) != place:
            raise InvalidInputError(
                f"{path} adds the token {json.dumps(token, ensure_ascii=False)} (id {place}); only "
                f"{', '.join(_SPECIAL)} with their ids in the vocabulary can be imported."
            )


def _added_tokens(source: Path, slow: Mapping[str, Any]) -> list[tuple[Path, str, int]]:
    """List the tokens that are found in texts before all else: file, token, id."""
    old, fast = source / "added_tokens.json", source / FAST_FILE
    try:
        return _listed_tokens(source, slow, old, fast)
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise InvalidInputError(
            f"the added tokens of the tokenizer in {source} cannot be read ({exc!r}); fetch the "
            "checkpoint again."
        ) from exc


def _listed_tokens(
    source: Path, slow: Mapping[str, Any], old: Path, fast: Path
) -> list[tuple[Path, str, int]]:
    added = [(old, token, place) for token, place in _optional(old).items()]
    entries = [entry for entry in _optional(fast).get("added_tokens") or () if entry]
    added += [(fast, entry["content"], entry["id"]) for entry in entries]
    decoder = slow.get("added_tokens_decoder") or {}
    added += [
        (source / CONFIG_FILE, entry["content"], int(place)) for place, entry in decoder.items()
    ]
    for name in ("additional_special_tokens", "extra_special_tokens"):
        extra = slow.get(name) or ()
        for entry in extra.values() if isinstance(extra, dict) else extra:
            token = entry["content"] if isinstance(entry, dict) else entry
            if token not in _SPECIAL:
                added.append((source / CONFIG_FILE, token, -1))
    return added


def _optional(path: Path) -> dict[str, Any]:
    return read_json(path) if path.exists() else {}
