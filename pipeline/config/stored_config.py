"""Make a configuration of what the nodes of a past run were told."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from pipeline.config.pipeline_config import PipelineConfig


def stored_config(parameters: Mapping[str, Any]) -> PipelineConfig | None:
    """Make a configuration of parameters.

    Args:
        parameters: Dotted name in the configuration to value.

    Returns:
        The configuration. Sections that another version of the code wrote and this one does not
        take have their default values; `None` if the section `data` is one of them.
    """
    content = _nested(parameters)
    while True:
        try:
            return PipelineConfig.model_validate_json(json.dumps(content))
        except ValidationError as exc:
            wrong = {str(error["loc"][0]) for error in exc.errors() if error["loc"]}
            if not wrong & content.keys() or "data" in wrong:
                return None
            content = {name: value for name, value in content.items() if name not in wrong}


def _nested(parameters: Mapping[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for dotted, value in parameters.items():
        *sections, name = dotted.split(".")
        place = content
        for section in sections:
            place = place.setdefault(section, {})
        place[name] = value
    return content
