"""What `registry` in the configuration allows."""

from typing import Any

import pytest
from pydantic import ValidationError

from components.registrar.params import RegistryParams
from pipeline.config.pipeline_config import PipelineConfig


def test_four_eyes_need_a_person() -> None:
    with pytest.raises(ValidationError, match=r"four_eyes` needs `registry\.status: Pending"):
        RegistryParams(four_eyes=True, status="Approved")


@pytest.mark.parametrize("url", ["gs://bucket/x", "registry.db", "mysql://host/db"])
def test_other_places_are_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="url"):
        RegistryParams(url=url)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"push": {"requires_approval": True}}, "it must be true for `push.requires_approval`"),
        ({"evaluate": {"otherwise": "register_rejected"}}, "it must be true for `evaluate.other"),
        ({"registry": {"enabled": True}, "output_dir": "gs://a/b"}, "URL of an MLflow server"),
        ({"registry": {"url": "https://me:word@host"}}, "a password in clear text"),
    ],
)
def test_what_does_not_fit_together_is_refused(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        PipelineConfig.model_validate({"data": {"path": "a.csv"}, **given})
