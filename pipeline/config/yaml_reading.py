"""Read the YAML of configurations: each key only once, and one sentence for a mistake."""

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from bert_aas.contracts.errors import InvalidInputError

_KINDS = {list: "a list", str: "a text", bool: "true or false", int: "a number", float: "a number"}


class _KeyProblem(yaml.MarkedYAMLError):
    """YAML allows it, a configuration does not."""


_TEXT = "tag:yaml.org,2002:str"
_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")


class _Loader(yaml.SafeLoader):
    """YAML 1.1, but 1e-4 is a number, too, and a key stands once and is text, even a number."""

    def construct_mapping(
        self, node: yaml.nodes.MappingNode, deep: bool = False
    ) -> dict[Hashable, Any]:
        """Refuse what a plain dictionary would drop without a word.

        Args:
            node: The mapping; keys that `<<` merges into it may be written again.
            deep: As PyYAML has it.

        Returns:
            The mapping.

        Raises:
            _KeyProblem: If a key stands twice, or is no text.
        """
        lines: dict[str, int] = {}
        for key_node, _ in node.value if isinstance(node, yaml.nodes.MappingNode) else ():
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue
            if key_node.tag in _NUMBERS:  # the name of a class
                key_node.tag = _TEXT
            key, line = self.construct_object(key_node, deep=True), key_node.start_mark.line + 1
            if not isinstance(key, str):
                raise _KeyProblem(
                    problem=f"the key {key!r} is not text; write it in quotes",
                    problem_mark=key_node.start_mark,
                )
            if key in lines:
                raise _KeyProblem(
                    problem=(
                        f"the key {key!r} appears twice in one section, in line {lines[key]} and "
                        f"again in line {line}; keep one of them"
                    ),
                    problem_mark=key_node.start_mark,
                )
            lines[key] = line
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"),
    [*"-+0123456789"],
)


def read_mapping(path: Path) -> dict[str, Any]:
    """Read a file that maps sections to keys.

    Args:
        path: The file.

    Returns:
        Its content.

    Raises:
        InvalidInputError: If it cannot be read, is no YAML, or holds anything else.
    """
    try:
        content = parse(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise InvalidInputError(f"the configuration {path} cannot be read: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise InvalidInputError(
            f"the configuration {path} is not YAML: it is not UTF-8 (byte {exc.start + 1})"
        ) from exc
    except ValueError as exc:
        raise InvalidInputError(f"the configuration {path} {exc}") from None
    if content is None:
        raise InvalidInputError(f"the configuration {path} is empty; it must map sections to keys")
    if not isinstance(content, dict):
        kind = _KINDS.get(type(content), type(content).__name__)
        raise InvalidInputError(
            f"the configuration {path} holds {kind}; it must map sections to keys"
        )
    return content


def parse(text: str) -> Any:
    """Read YAML.

    Args:
        text: One document.

    Returns:
        What it holds.

    Raises:
        ValueError: If it cannot be used, a sentence without its subject; nothing of the text around
            the mistake is in it, which may be secret.
    """
    try:  # `from None`: PyYAML's own messages quote the lines around a mistake
        return yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    except _KeyProblem as exc:
        raise ValueError(f"cannot be used: {_sentence(exc)}") from None
    except yaml.MarkedYAMLError as exc:
        raise ValueError(f"is not YAML: {_sentence(exc)}") from None
    except yaml.YAMLError as exc:
        raise ValueError(f"is not YAML: {' '.join(str(exc).split())}") from None
    except RecursionError:
        raise ValueError("cannot be used: it is nested too deeply") from None


def _sentence(error: yaml.MarkedYAMLError) -> str:
    """Say what is wrong and where."""
    mark = error.problem_mark or error.context_mark
    said = ", ".join(" ".join(part.split()) for part in (error.context, error.problem) if part)
    return f"{said} (line {mark.line + 1}, column {mark.column + 1})" if mark else said
