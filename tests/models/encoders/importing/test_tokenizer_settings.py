import json
from pathlib import Path
from typing import Any

import pytest
from transformers import BertTokenizerFast

from bert_aas.contracts.errors import InvalidInputError
from models.encoders.importing.tokenizer_settings import TokenizerSettings, read_tokenizer
from tests.tiny_encoder import VOCAB

CONFIG = {"model_type": "bert"}


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """A folder with a vocabulary alone."""
    (tmp_path / "vocab.txt").write_text("".join(f"{piece}\n" for piece in VOCAB), encoding="utf-8")
    return tmp_path


def _saved(folder: Path, lower: bool) -> Path:
    """What Hugging Face's own tokenizer writes."""
    vocab = folder / "given.txt"
    vocab.write_text("".join(f"{piece}\n" for piece in VOCAB), encoding="utf-8")
    BertTokenizerFast(str(vocab), do_lower_case=lower).save_pretrained(folder / "saved")
    return folder / "saved"


def _change(path: Path, *keys: str, value: Any) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    place = content
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = value
    path.write_text(json.dumps(content), encoding="utf-8")


def _refusal(folder: Path, config: dict[str, Any] | None = None) -> str:
    with pytest.raises(InvalidInputError) as refused:
        read_tokenizer(folder, config or CONFIG)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_a_vocabulary_alone_is_lower_cased(plain: Path) -> None:
    assert read_tokenizer(plain, CONFIG) == TokenizerSettings(VOCAB, do_lower_case=True)


@pytest.mark.parametrize("lower", [True, False])
@pytest.mark.parametrize("absent", ["nothing", "vocab.txt", "tokenizer.json"])
def test_what_hugging_face_writes_is_read(tmp_path: Path, lower: bool, absent: str) -> None:
    saved = _saved(tmp_path, lower)
    (saved / absent).unlink(missing_ok=True)
    assert read_tokenizer(saved, CONFIG) == TokenizerSettings(VOCAB, lower)


def test_tokenizer_json_alone_is_enough(tmp_path: Path) -> None:
    saved = _saved(tmp_path, lower=False)
    for name in ("vocab.txt", "tokenizer_config.json", "special_tokens_map.json"):
        (saved / name).unlink()
    assert read_tokenizer(saved, CONFIG) == TokenizerSettings(VOCAB, do_lower_case=False)


@pytest.mark.parametrize(
    "settings",
    [
        {"tokenizer_class": "BertJapaneseTokenizer"},
        {"tokenizer_class": "RobertaTokenizer"},
        {"tokenizer_class": "XLMRobertaTokenizerFast"},
        {"tokenizer_class": "AlbertTokenizer"},
        {"tokenizer_class": "DebertaV2Tokenizer"},
        {"tokenizer_class": "PreTrainedTokenizerFast"},  # no tokenizer.json says what it does
        {"word_tokenizer_type": "mecab"},
        {"subword_tokenizer_type": "character"},
        {"do_subword_tokenize": False},
        {"do_word_tokenize": False},
        {"do_basic_tokenize": False},
        {"tokenize_chinese_chars": False},
        {"strip_accents": False},
        {"do_lower_case": False, "strip_accents": True},
        {"never_split": ["iphone"]},
        {"unk_token": "<unk>"},
        {"cls_token": {"content": "<s>", "lstrip": False}},
        {"additional_special_tokens": ["[Q]"]},
        {"added_tokens_decoder": {"70": {"content": "iphone", "special": False}}},
        {"added_tokens_decoder": {"7": {"content": "[CLS]", "special": True}}},
    ],
)
def test_what_our_tokenizer_does_not_do_is_refused(plain: Path, settings: dict[str, Any]) -> None:
    (plain / "tokenizer_config.json").write_text(json.dumps(settings))
    message = _refusal(plain)
    assert "tokenizer_config.json" in message
    named = "adds the token" if "add" in str(settings) else list(settings)[-1]
    assert named in message


@pytest.mark.parametrize(
    "settings",
    [
        {"tokenizer_class": "BertTokenizerFast", "word_tokenizer_type": "basic"},
        {"never_split": None, "strip_accents": None, "do_lower_case": True},
        {"do_lower_case": True, "strip_accents": True},
        {"never_split": ["[CLS]"], "additional_special_tokens": ["[SEP]"]},
        {"added_tokens_decoder": {"0": {"content": "[PAD]", "special": True}}},
        {"model_max_length": 512, "unk_token": {"content": "[UNK]"}},
    ],
)
def test_what_it_does_anyway_is_taken(plain: Path, settings: dict[str, Any]) -> None:
    (plain / "tokenizer_config.json").write_text(json.dumps(settings))
    assert read_tokenizer(plain, CONFIG).do_lower_case is True


def test_the_class_may_stand_in_the_models_config(plain: Path) -> None:
    message = _refusal(plain, {"tokenizer_class": "BertJapaneseTokenizer"})
    assert 'config.json has tokenizer_class "BertJapaneseTokenizer"' in message


def test_an_old_list_of_added_tokens_is_refused(plain: Path) -> None:
    (plain / "added_tokens.json").write_text(json.dumps({"iphone": len(VOCAB)}))
    assert 'added_tokens.json adds the token "iphone"' in _refusal(plain)


@pytest.mark.parametrize(
    ("keys", "value", "named"),
    [
        (("model", "type"), "Unigram", 'type "Unigram"'),
        (("model", "continuing_subword_prefix"), "", "continuing_subword_prefix"),
        (("model", "max_input_chars_per_word"), 50, "max_input_chars_per_word"),
        (("model", "vocab", "love"), 999, "not 0, 1, 2"),
        (("normalizer", "handle_chinese_chars"), False, "handle_chinese_chars"),
        (("normalizer", "clean_text"), False, "clean_text"),
        (("normalizer", "strip_accents"), False, "strip_accents"),
        (("normalizer", "lowercase"), False, "do_lower_case true, but the normalizer"),
        (("normalizer",), {"type": "NFKC"}, 'normalizer "NFKC"'),
        (("normalizer",), None, "normalizer null"),
        (("pre_tokenizer",), {"type": "Metaspace"}, 'pre_tokenizer "Metaspace"'),
        (("added_tokens",), [{"id": 3, "content": "iphone"}], 'adds the token "iphone"'),
        (("added_tokens",), [{"id": 9, "content": "[CLS]"}], 'adds the token "[CLS]" (id 9)'),
        (("added_tokens",), [{"id": 9}], "added tokens"),
    ],
)
def test_a_tokenizer_json_that_does_something_else_is_refused(
    tmp_path: Path, keys: tuple[str, ...], value: Any, named: str
) -> None:
    saved = _saved(tmp_path, lower=True)
    _change(saved / "tokenizer.json", *keys, value=value)
    assert named in _refusal(saved)


def test_two_vocabularies_that_differ_are_refused(tmp_path: Path) -> None:
    saved = _saved(tmp_path, lower=True)
    (saved / "vocab.txt").write_text("".join(f"{piece}\n" for piece in reversed(VOCAB)))
    assert "hold different word pieces" in _refusal(saved)
