"""Another tokenizer has another fingerprint, and runs again what depends on it."""

import json
from pathlib import Path
from typing import Any

import pytest

from models.encoders.resolving import EncoderModule
from pipeline.config.pipeline_config import PipelineConfig
from pipeline.graph.catalogue.entry import Told
from pipeline.graph.catalogue.order import catalogue
from pipeline.graph.told.tokenizer import tokenizer_fingerprint

CONFIG = {"data": {"path": "features://toy"}, "features": {"enabled": True}}


def encoder(folder: Path, word: str = "good") -> EncoderModule:
    folder.mkdir(exist_ok=True)
    vocab = folder / "vocab.txt"
    vocab.write_text(f"[CLS]\n[SEP]\n[UNK]\n{word}\n", encoding="utf-8")
    return EncoderModule(folder, f"with {word}", vocab, True, 512, 16)


def config(folder: Path, **sections: Any) -> PipelineConfig:
    return PipelineConfig.model_validate({**CONFIG, "output_dir": str(folder), **sections})


def fingerprint(folder: Path, code: str = "a", **sections: Any) -> str:
    return tokenizer_fingerprint(config(folder, **sections), encoder(folder / "encoder"), code)


@pytest.mark.parametrize(
    "sections",
    [
        {"code": "b"},
        {"transform": {"max_seq_length": 64}},
        {"prepare": {"enabled": True}},
        {"data": {"path": "rows.csv", "text_pair_column": "reply"}},
    ],
)
def test_what_changes_the_tokens(tmp_path: Path, sections: dict[str, Any]) -> None:
    assert fingerprint(tmp_path, **sections) != fingerprint(tmp_path)


def test_what_does_not(tmp_path: Path) -> None:
    same: dict[str, Any] = {
        "data": {"path": "rows.csv", "text_column": "review"},
        "train": {"epochs": 9},
    }
    assert fingerprint(tmp_path, **same) == fingerprint(tmp_path)


def test_another_encoder_is_told_to_those_that_use_it(tmp_path: Path) -> None:
    given = config(tmp_path)
    keys = [
        {
            name: json.dumps(dict(entry.parameters(Told(given, encoder, "code", "a"))))
            for name, entry in catalogue().items()
            if entry.enabled(given)
        }
        for encoder in (encoder(tmp_path / "a"), encoder(tmp_path / "b", "bad"))
    ]
    changed = {name for name in keys[0] if keys[0][name] != keys[1][name]}
    assert changed == {"Transform", "FeatureWriter", "Trainer"}


def test_only_a_feature_group_is_asked_for_tokens(tmp_path: Path) -> None:
    told = Told(config(tmp_path), encoder(tmp_path / "a"), "code", "a")
    of_file = config(tmp_path, data={"path": "rows.csv"})
    transform = catalogue()["Transform"]
    assert "kept_tokens" in transform.parameters(told)["custom_config"]
    found = transform.parameters(Told(of_file, told.encoder, "code", "a"))
    assert "kept_tokens" not in found["custom_config"]
