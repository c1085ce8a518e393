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
from models.encoders.importing.settings import (
    CONFIG_FILE,
    FAST_FILE,
    added_tokens,
    check_roles,
    read_json,
    require,
    step_of,
)
from models.text.tokenizer import MAX_WORD_CHARACTERS, check_vocab, read_vocab

VOCAB_FILE = "vocab.txt"

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
    step_of(path, fast, "pre_tokenizer", "BertPreTokenizer")
    normalizer = step_of(path, fast, "normalizer", "BertNormalizer")
    require(path, normalizer, "clean_text", (True, None))
    require(path, normalizer, "handle_chinese_chars", (True, None))
    require(path, normalizer, "lowercase", (True, False))
    require(path, normalizer, "strip_accents", (normalizer["lowercase"], None))
    return bool(normalizer["lowercase"])


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
    check_roles(source, slow, _ROLES)
    for path, token, place in added_tokens(source, slow, _SPECIAL):
        if token not in _SPECIAL or places.get(token) != place:
            raise InvalidInputError(
                f"{path} adds the token {json.dumps(token, ensure_ascii=False)} (id {place}); only "
                f"{', '.join(_SPECIAL)} with their ids in the vocabulary can be imported."
            )
