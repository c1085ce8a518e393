"""Reads container files: their instructions, what they copy, what the builder is sent."""

import re
import shlex
from pathlib import Path


def instructions(dockerfile: Path, keyword: str) -> list[str]:
    """Return what follows a keyword, per instruction; continued lines are joined as Docker does."""
    text = re.sub(r"^\s*#.*\n", "", dockerfile.read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = text.replace("\\\n", "").splitlines()
    return [line.split(maxsplit=1)[1] for line in lines if line.startswith(f"{keyword} ")]


def copies(dockerfile: Path) -> list[tuple[list[str], str]]:
    """Return sources and target of all COPY instructions that come from the build context."""
    words = [shlex.split(line) for line in instructions(dockerfile, "COPY")]
    plain = [
        [word for word in line if not word.startswith("--")]
        for line in words
        if not any(word.startswith("--from") for word in line)
    ]
    return [(line[:-1], line[-1]) for line in plain]


def copied(dockerfile: Path) -> list[str]:
    """Return the sources of all COPY instructions that come from the build context."""
    return [source for sources, _ in copies(dockerfile) for source in sources]


def sent(dockerignore: Path) -> list[str]:
    """Return what a .dockerignore that excludes everything lets through."""
    lines = dockerignore.read_text(encoding="utf-8").splitlines()
    assert "*" in lines
    return [line[1:] for line in lines if line.startswith("!")]
