"""Read what people say of a model: inline in the configuration, or in a file of its own."""

import json
from pathlib import Path

from pydantic import ValidationError

from bert_aas.cards.human import CardParams
from bert_aas.contracts.errors import InvalidInputError
from pipeline.config.yaml_reading import read_mapping


def read_card(given: CardParams) -> CardParams:
    """Read the section `card`.

    Args:
        given: As configured.

    Returns:
        What people say, from the file if one is named.

    Raises:
        InvalidInputError: If the file cannot be used, or there are fields beside it.
    """
    if given.path is None:
        return given
    if given != CardParams(path=given.path):
        raise InvalidInputError(
            "`card` names a file (`card.path`) and has fields of its own; keep one of them"
        )
    return read_card_file(Path(given.path))


def read_card_file(path: Path) -> CardParams:
    """Read a file with the fields of `card`.

    Args:
        path: A YAML file.

    Returns:
        What people say.

    Raises:
        InvalidInputError: If it cannot be read, or a field is not known or of the wrong type.
    """
    content = {name: value for name, value in read_mapping(path).items() if value is not None}
    try:
        found = CardParams.model_validate_json(json.dumps(content, default=str))
    except ValidationError as exc:
        first = exc.errors(include_url=False)[0]
        field = ".".join(map(str, first["loc"]))
        known = ", ".join(name for name in CardParams.model_fields if name != "path")
        raise InvalidInputError(
            f"the card {path}: `{field}`: {first['msg'].lower()}; known fields: {known}"
        ) from exc
    if found.path is not None:
        raise InvalidInputError(f"the card {path}: `path`: a card's file names no other file")
    return found
