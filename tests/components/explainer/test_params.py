"""What a configuration may ask of the Explainer."""

from typing import Any

import pytest

from bert_aas.contracts.errors import InvalidInputError
from components.explainer.params import ExplainParams
from pipeline.config.pipeline_config import load_config


def test_it_is_off_by_default() -> None:
    assert not ExplainParams().enabled


def test_numbers_of_words_are_sorted() -> None:
    assert ExplainParams(removed_words=(5, 1, 2)).removed_words == (1, 2, 5)


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("removed_words=[0, 1]", "`explain.removed_words`: takes different numbers from 1 on, but"),
        ("removed_words=[2, 2]", "takes different numbers from 1 on, but [2, 2] was given"),
        ("removed_words=[]", "`explain.removed_words`: "),
        ("rows=0", "`explain.rows`: input should be greater than or equal to 1, but 0 was given"),
        ("min_rows=1", "`explain.min_rows`: input should be greater than or equal to 2, but 1"),
        ("steps=0", "`explain.steps`: "),
    ],
)
def test_what_means_nothing_is_refused(setting: str, sentence: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        load_config("configs/demo.yaml", [f"explain.{setting}"])
    assert sentence in str(refused.value)


@pytest.mark.parametrize("fields", [{"rows": 5}, {"enabled": True, "top_words": 3}])
def test_what_it_is_told_comes_back(fields: dict[str, Any]) -> None:
    params = ExplainParams(**fields)
    assert ExplainParams.model_validate_json(params.model_dump_json()) == params
