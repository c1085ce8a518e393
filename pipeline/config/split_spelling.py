"""`data.splits` with files in place of shares: another spelling of `data.split_files`."""

from collections.abc import Mapping
from typing import Any

from components.example_gen.params import SplitFractions

_USUAL = SplitFractions().model_dump(exclude={"train"})


def with_split_files(content: Mapping[str, Any]) -> dict[str, Any]:
    """Move files that stand in `data.splits` to `data.split_files`.

    Args:
        content: A configuration, not checked yet.

    Returns:
        The configuration; shares stay where they are.
    """
    data = content.get("data")
    splits = data.get("splits") if isinstance(data, Mapping) else None
    if not isinstance(data, Mapping) or not isinstance(splits, Mapping):
        return dict(content)
    files = {split: value for split, value in splits.items() if isinstance(value, str)}
    if not files:
        return dict(content)
    shares = {split: value for split, value in splits.items() if split not in files}
    if shares and "train" in files and all(isinstance(each, float) for each in shares.values()):
        shares["train"] = 1.0 - sum({**_USUAL, **shares}.values())
    rest = {key: value for key, value in data.items() if key not in {"splits", "split_files"}}
    given = data.get("split_files") or {}
    moved = {**rest, "split_files": {**given, **files}}
    return {**content, "data": {**moved, "splits": shares} if shares else moved}
