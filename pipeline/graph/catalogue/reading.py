"""Read parameters that nodes were given, possibly by another version of the code."""

import json
from collections.abc import Mapping
from typing import Any

from pipeline.graph.catalogue.entry import Parameters


def parsed(text: Any, kind: type = dict) -> Any:
    """Read JSON; what another version of the code wrote must not hide the rest of a run.

    Args:
        text: The text, or what stands in its place.
        kind: The type that its value must have.

    Returns:
        The value, or an empty one.
    """
    try:
        found = json.loads(text)
    except (TypeError, ValueError):
        return kind()
    return found if isinstance(found, kind) else kind()


def section(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Look a section up.

    Args:
        content: The sections.
        name: Name of one.

    Returns:
        The section, or an empty one.
    """
    found = content.get(name)
    return found if isinstance(found, dict) else {}


def custom_config(told: Parameters) -> Mapping[str, Any]:
    """Read the `custom_config` of a node of TFX that calls a function of ours.

    Args:
        told: The node's exec properties.

    Returns:
        The configuration, empty if there is none.
    """
    found: dict[str, Any] = parsed(told.get("custom_config"))
    return found


def custom_params(told: Parameters) -> Mapping[str, Any]:
    """Read the parameters of our function out of the `custom_config`.

    Args:
        told: The node's exec properties.

    Returns:
        Sections of the configuration and more, empty if there are none.
    """
    found: dict[str, Any] = parsed(custom_config(told).get("params"))
    return found
