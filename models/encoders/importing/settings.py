"""Read the JSON files of a Hugging Face checkpoint, and refuse settings that ours does not have."""

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from bert_aas.contracts.errors import InvalidInputError

CONFIG_FILE = "tokenizer_config.json"
FAST_FILE = "tokenizer.json"


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Args:
        path: The file.

    Returns:
        Its content.

    Raises:
        InvalidInputError: If it cannot be read, or holds something else.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as exc:
        raise InvalidInputError(
            f"{path} cannot be read as JSON ({exc}); a Hugging Face checkpoint folder has it."
        ) from exc
    if not isinstance(values, dict):
        raise InvalidInputError(f"{path} holds a {type(values).__name__}; a JSON object is needed.")
    return values


def require(path: Path, values: Mapping[str, Any], name: str, allowed: tuple[Any, ...]) -> None:
    """Refuse a setting outside `allowed`.

    Args:
        path: The file, for the message.
        values: Its settings.
        name: Of the setting.
        allowed: Its values, where `None` stands for an absent one.

    Raises:
        InvalidInputError: If the setting has another value.
    """
    given = values.get(name)
    # By type as well: JSON's 1 is not true.
    if not any(given == value and type(given) is type(value) for value in allowed):
        wanted = " or ".join("absent" if value is None else json.dumps(value) for value in allowed)
        raise InvalidInputError(
            f"{path} has {name} {json.dumps(given)}; only {wanted} can be imported."
        )


def step_of(path: Path, fast: Mapping[str, Any], name: str, kind: str) -> dict[str, Any]:
    """Give a step of `tokenizer.json`, which must be of a kind.

    Args:
        path: The file, for the message.
        fast: What it holds.
        name: Of the step, such as `normalizer`.
        kind: Its `type`.

    Returns:
        Its settings.

    Raises:
        InvalidInputError: If there is none, or it is of another kind.
    """
    step = fast.get(name)
    if isinstance(step, dict) and step.get("type") == kind:
        return step
    given = step.get("type") if isinstance(step, dict) else step
    raise InvalidInputError(
        f"{path} has the {name} {json.dumps(given)}; only {kind} can be imported."
    )


def check_roles(source: Path, slow: Mapping[str, Any], roles: Mapping[str, str]) -> None:
    """Refuse special tokens of other names.

    Args:
        source: The checkpoint folder.
        slow: Its `tokenizer_config.json`.
        roles: Role to token, such as `unk_token` to `[UNK]`.

    Raises:
        InvalidInputError: If a file names another token for a role.
    """
    named = source / "special_tokens_map.json"
    for path, values in ((source / CONFIG_FILE, slow), (named, optional_json(named))):
        for role, wanted in roles.items():
            given = values.get(role)
            content = given.get("content") if isinstance(given, dict) else given
            require(path, {role: content}, role, (wanted, None))


def added_tokens(
    source: Path, slow: Mapping[str, Any], special: Collection[str]
) -> list[tuple[Path, str, int]]:
    """List the tokens that are found in texts before all else.

    Args:
        source: The checkpoint folder.
        slow: Its `tokenizer_config.json`.
        special: Tokens that it may name without an id.

    Returns:
        File, token, id; -1 for an id that the file does not tell.

    Raises:
        InvalidInputError: If they cannot be read.
    """
    try:
        return _listed_tokens(source, slow, special)
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise InvalidInputError(
            f"the added tokens of the tokenizer in {source} cannot be read ({exc!r}); fetch the "
            "checkpoint again."
        ) from exc


def _listed_tokens(
    source: Path, slow: Mapping[str, Any], special: Collection[str]
) -> list[tuple[Path, str, int]]:
    old, fast = source / "added_tokens.json", source / FAST_FILE
    added = [(old, token, place) for token, place in optional_json(old).items()]
    entries = [entry for entry in optional_json(fast).get("added_tokens") or () if entry]
    added += [(fast, entry["content"], entry["id"]) for entry in entries]
    decoder = slow.get("added_tokens_decoder") or {}
    added += [
        (source / CONFIG_FILE, entry["content"], int(place)) for place, entry in decoder.items()
    ]
    for name in ("additional_special_tokens", "extra_special_tokens"):
        extra = slow.get(name) or ()
        for entry in extra.values() if isinstance(extra, dict) else extra:
            token = entry["content"] if isinstance(entry, dict) else entry
            if token not in special:
                added.append((source / CONFIG_FILE, token, -1))
    return added


def optional_json(path: Path) -> dict[str, Any]:
    """Read a JSON object, an empty one where there is no file.

    Args:
        path: The file.

    Returns:
        Its content.

    Raises:
        InvalidInputError: If it cannot be read, or holds something else.
    """
    return read_json(path) if path.exists() else {}
