"""Types and options that several commands share."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click


class PathType(click.Path):
    """A path of this machine; `~` is the home folder, which shells leave in `--output=~/model`."""

    def convert(self, value: Any, *context: Any) -> Any:
        """Expand the home folder; refuse names that are not UTF-8."""
        try:
            str(value).encode()
        except UnicodeEncodeError:
            self.fail(f"{str(value)!a} is not UTF-8; rename it.")
        return super().convert(os.path.expanduser(value), *context)  # noqa: PTH111


FILE = PathType(path_type=Path)


def with_output_dir(overrides: Sequence[str], output_dir: str | None) -> list[str]:
    """Add `--output-dir` to the overrides.

    Args:
        overrides: Of `--set`.
        output_dir: What `--output-dir` was given.

    Returns:
        All overrides; the option wins.
    """
    return [*overrides, *([f"output_dir={output_dir}"] if output_dir else [])]
