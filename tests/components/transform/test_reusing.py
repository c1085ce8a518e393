"""Which tokens are taken over, and the sentence about them."""

from pathlib import Path
from typing import Any

import pytest
from tfx.utils import json_utils

from components.transform.params import WantedTokens
from components.transform.reusing import ReusedTokens, tokens_for
from tests.components.transform.kept_texts import ADDRESS, TOKENIZER, store_in

pytestmark = pytest.mark.slow  # TFX takes many seconds to import


def told(folder: Path, tokenizer: str = TOKENIZER, group: str = ADDRESS) -> dict[str, Any]:
    wanted = WantedTokens(
        address=f"{group}{folder / 'groups'}", tokenizer=tokenizer, text="text", text_pair="reply"
    )
    return {"custom_config": json_utils.dumps({"kept_tokens": wanted.model_dump_json()})}


def reused(folder: Path, properties: dict[str, Any]) -> ReusedTokens:
    found = tokens_for(properties, str(folder / "index"))
    assert found is not None
    return found


def test_rows_of_a_file_have_none(tmp_path: Path) -> None:
    for config in (None, "null", "{}"):
        assert tokens_for({"custom_config": config}, str(tmp_path / "index")) is None


def test_those_of_the_same_tokenizer(tmp_path: Path) -> None:
    store_in(tmp_path, {"good": [2, 5, 3]})
    found = reused(tmp_path, told(tmp_path))
    assert found.source is not None
    assert found.source.columns == ("text", "reply")
    assert found.said(1200, 0) == (
        "the tokens of 1,200 of 1,200 rows were taken from the feature group reviews (version 1); "
        "no text was tokenized"
    )
    assert found.said(1200, 1).endswith("1 other text was tokenized")


@pytest.mark.parametrize(
    ("tokenizer", "fingerprint", "group", "reason"),
    [
        ("def", "tokenizer=abc others=x", "reviews", "has the tokens of another encoder"),
        ("abc", "mine", "reviews", "has no tokens of a run"),
        ("abc", "tokenizer=abc others=x", "shops", "has no feature group shops"),
    ],
)
def test_else_all_texts_are_tokenized_for_a_reason(
    tmp_path: Path, tokenizer: str, fingerprint: str, group: str, reason: str
) -> None:
    store_in(tmp_path, {"good": [2, 5, 3]}, fingerprint)
    found = reused(tmp_path, told(tmp_path, tokenizer, f"features://{group}?store="))
    assert found.source is None
    assert found.said(3, 3).startswith("all texts were tokenized: ")
    assert reason in found.said(3, 3)
