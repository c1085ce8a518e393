import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bert_aas.contracts.errors import InvalidInputError
from models.encoders.importing.byte_level_settings import read_byte_level
from tests.tiny_roberta import BPE, reference_tokenizer, write_tokenizer

CONFIG = {"model_type": "roberta"}
IDS = {piece: place for place, piece in enumerate(BPE.pieces)}


def _refusal(folder: Path) -> str:
    with pytest.raises(InvalidInputError) as refused:
        read_byte_level(folder, CONFIG)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_merges_that_no_text_needs_go(tmp_path: Path) -> None:
    found = read_byte_level(write_tokenizer(tmp_path), CONFIG)

    assert found.pieces == BPE.pieces
    # The merge of `very` makes `ve` before `lov` could get its `e`.
    assert ("lov", "e") in BPE.merges
    assert ("lov", "e") not in found.merges
    assert ("lo", "v") in found.merges


@pytest.mark.parametrize(
    ("vocab", "merges", "message"),
    [
        (IDS | {"good": 7}, None, "the ids are not 0, 1, 2"),
        (IDS | {"good": "7"}, None, "ids must be whole numbers"),
        (IDS | {"good": True}, None, "ids must be whole numbers"),
        (IDS | {"good": 10**9}, None, "the ids are not 0, 1, 2"),
        (None, "#version: 0.2\ng oo d\n", "is no pair of pieces"),
        (None, "#version: 0.2\ng zz\n", 'merge 1 ("g zz"), but no piece "zz"'),
        (None, "#version: 0.2\ng g\n", 'merge 1 ("g g"), but no piece "gg"'),
        (None, "g o\n", "its first line is no #version"),
        (None, "#version: 0.2\n\udcff", "cannot be read"),
    ],
)
def test_vocabularies_and_merges_that_lie_are_refused(
    tmp_path: Path, vocab: dict[str, Any] | None, merges: str | None, message: str
) -> None:
    write_tokenizer(tmp_path)
    if vocab is not None:
        (tmp_path / "vocab.json").write_text(json.dumps(vocab))
    if merges is not None:
        (tmp_path / "merges.txt").write_bytes(merges.encode(errors="surrogateescape"))

    assert message in _refusal(tmp_path)


def test_a_missing_byte_is_refused(tmp_path: Path) -> None:
    write_tokenizer(tmp_path)
    pieces = [piece for piece in BPE.pieces if piece != "\u0120" and "\u0120" not in piece]
    ids = {piece: place for place, piece in enumerate(pieces)}
    (tmp_path / "vocab.json").write_text(json.dumps(ids))

    assert "no piece for the byte 0x20" in _refusal(tmp_path)


def test_a_merge_of_endless_pieces_is_refused(tmp_path: Path) -> None:
    write_tokenizer(tmp_path)
    longer = ["a" * 2**power for power in range(1, 13)]
    ids = {piece: place for place, piece in enumerate((*BPE.pieces, *longer))}
    lines = ["#version: 0.2", *(f"{half} {half}" for half in ("a", *longer[:-1]))]
    (tmp_path / "vocab.json").write_text(json.dumps(ids))
    (tmp_path / "merges.txt").write_text("\n".join(lines))

    assert "longer than 256 bytes" in _refusal(tmp_path)


def test_without_files_what_is_needed_is_said(tmp_path: Path) -> None:
    assert "no vocab.json with merges.txt, and no tokenizer.json" in _refusal(tmp_path)


def _set(*path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(content: dict[str, Any]) -> None:
        for key in path[:-1]:
            content = content[key]
        content[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_set("model", "type", value="Unigram"), 'has the model "Unigram"; only BPE'),
        (_set("model", "dropout", value=0.1), "dropout 0.1"),
        (_set("model", "byte_fallback", value=True), "byte_fallback"),
        (_set("model", "ignore_merges", value=True), "ignore_merges"),
        (_set("model", "vocab", value=[]), "has no vocab"),
        (_set("model", "merges", value=[["a", "b", "c"]]), "is no pair of pieces"),
        (_set("model", "merges", value=[7]), "merges that cannot be read"),
        (_set("normalizer", value={"type": "NFC"}), "has normalizer"),
        (_set("pre_tokenizer", "use_regex", value=False), "use_regex"),
        (_set("pre_tokenizer", value={"type": "Metaspace"}), 'the pre_tokenizer "Metaspace"'),
        (_set("post_processor", value=None), "the post_processor null"),
        (_set("post_processor", "cls", value=["<s>", 5]), "has cls"),
        (_set("pre_tokenizer", "add_prefix_space", value=True), "has false (which is the default)"),
        (_set("added_tokens", value=[{"id": 9, "content": "<s>"}]), "adds the token '<s>' (id 9)"),
        (_set("added_tokens", value=[{"id": 348, "content": "new"}]), "adds the token 'new'"),
    ],
)
def test_other_settings_of_tokenizer_json_are_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], message: str
) -> None:
    reference_tokenizer(BPE, tmp_path).save_pretrained(tmp_path / "saved")
    for name in ("vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json"):
        (tmp_path / "saved" / name).unlink()
    path = tmp_path / "saved" / "tokenizer.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")

    assert message in _refusal(tmp_path / "saved")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"tokenizer_class": "XLMRobertaTokenizer"}, "XLMRobertaTokenizer"),
        ({"cls_token": "[CLS]"}, 'cls_token "[CLS]"; only "<s>"'),
        ({"add_prefix_space": 1}, "add_prefix_space 1"),
        ({"additional_special_tokens": ["<new>"]}, "<new>"),
    ],
)
def test_other_settings_of_the_config_are_refused(
    tmp_path: Path, settings: dict[str, Any], message: str
) -> None:
    write_tokenizer(tmp_path)
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(settings))

    assert message in _refusal(tmp_path)


def test_files_that_disagree_are_refused(tmp_path: Path) -> None:
    reference_tokenizer(BPE, tmp_path).save_pretrained(tmp_path)
    lines = (tmp_path / "merges.txt").read_text(encoding="utf-8").split("\n")
    (tmp_path / "merges.txt").write_text("\n".join([lines[0], *lines[2:]]), encoding="utf-8")

    assert "other pieces or merges than vocab.json" in _refusal(tmp_path)


def test_a_blank_before_texts_is_read(tmp_path: Path) -> None:
    write_tokenizer(tmp_path)
    (tmp_path / "tokenizer_config.json").write_text('{"add_prefix_space": true}')

    assert read_byte_level(tmp_path, CONFIG).add_prefix_space
