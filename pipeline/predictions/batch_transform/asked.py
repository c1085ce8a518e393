"""Batch transform's options as a user gives them on the command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bert_aas.contracts.errors import InvalidInputError
from pipeline.predictions.batch_transform.transforming import TransformRequest, run_transform
from pipeline.predictions.model_source import ModelSource
from serving.settings import RESPONSE_KEYS

_NAMES = {"batch_strategy": "strategy"}
_ALONE = ("label_column", "labels_of", "text_pair_column")


def run_asked(
    source: ModelSource, transform: Mapping[str, str | None], others: Mapping[str, Any]
) -> int:
    """Run a batch transform.

    Args:
        source: Where the model is.
        transform: The options of batch transform; None for those that were not given.
        others: The other options of the command.

    Returns:
        Exit code 0.

    Raises:
        InvalidInputError: If options do not go together, or the file cannot be used.
    """
    given: dict[str, Any] = {
        _NAMES.get(name, name): value for name, value in transform.items() if value is not None
    }
    if given.pop("split_type", None) is None:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in transform if transform[name])
        raise InvalidInputError(f"{options} needs --split-type Line")
    if others["texts"] or others["input_path"] is None or others["output_path"] is None:
        raise InvalidInputError("--split-type needs --input FILE and --output FILE, and no TEXT")
    for name in _ALONE:
        if others.get(name) is not None:
            option = f"--{name.replace('_', '-')}"
            raise InvalidInputError(f"{option} does not go with --split-type; use --input-filter")
    if "response_keys" in given:
        given["response_keys"] = _response_keys(given["response_keys"])
    places = {name: others[name] for name in ("input_path", "output_path", "batch_size")}
    return run_transform(source, TransformRequest(**places, **given))


def _response_keys(text: str) -> tuple[str, ...]:
    keys = tuple(part.strip() for part in text.split(","))
    if not set(keys) <= set(RESPONSE_KEYS):
        raise InvalidInputError(
            f"--response-keys is {text!r}; allowed are {', '.join(RESPONSE_KEYS)}"
        )
    return keys
