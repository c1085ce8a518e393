"""What people say of a model, inline or in a file."""

from pathlib import Path

import pytest

from bert_aas.contracts.errors import InvalidInputError
from pipeline.config.card_file import read_card
from pipeline.config.pipeline_config import load_config, located
from pipeline.config.preflight import check_places


def config_with(tmp_path: Path, card: str) -> Path:
    file = tmp_path / "config.yaml"
    file.write_text(f"data: {{path: rows.csv}}\noutput_dir: {tmp_path}/out\ncard: {card}\n")
    return file


def test_inline(tmp_path: Path) -> None:
    config = load_config(config_with(tmp_path, "{owner: me, languages: [en]}"))
    said = read_card(config.card)
    assert (said.owner, said.languages, said.limits) == ("me", ("en",), None)


def test_a_path_is_short_for_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("card.yaml").write_text("owner: them\nlicence: MIT\nlimits:\n")
    config = located(load_config(config_with(tmp_path, "card.yaml")))
    assert config.card.path == str(tmp_path / "card.yaml")
    assert read_card(config.card).stated("owner") == "them"
    assert read_card(config.card).stated("limits") == "not stated"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("owners: me", "`owners`: extra inputs are not permitted; known fields: title,"),
        ("risk: huge", "`risk`: input should be 'high', 'medium'"),
        ("path: other.yaml", "a card's file names no other file"),
        (None, "card.yaml"),
    ],
)
def test_a_wrong_file_is_refused_before_any_work(
    tmp_path: Path, content: str | None, sentence: str
) -> None:
    if content is not None:
        (tmp_path / "card.yaml").write_text(content)
    config = load_config(config_with(tmp_path, str(tmp_path / "card.yaml")))
    with pytest.raises(InvalidInputError) as refused:
        check_places(config)
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_and_fields_are_refused(tmp_path: Path) -> None:
    config = load_config(config_with(tmp_path, "{path: card.yaml, owner: me}"))
    with pytest.raises(InvalidInputError, match="keep one of them"):
        read_card(config.card)
