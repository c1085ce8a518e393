"""The configuration: a YAML file, `--set` overrides, typed and frozen sections."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError

from components.evaluator.params import EvaluateParams
from components.example_gen.params import DataParams
from components.example_validator.params import ValidateParams
from components.infra_validator.params import InfraValidateParams
from components.pusher.params import PushParams
from models.errors import InvalidInputError
from models.params import EncoderParams, FrozenParams, TrainParams, TransformParams, TuneParams


class _Loader(yaml.SafeLoader):
    """YAML that also reads 1e-4 as a number; YAML 1.1 wants 1.0e-4."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"),
    [*"-+0123456789"],
)


class BeamParams(FrozenParams):
    """How Apache Beam runs the data nodes."""

    pipeline_args: tuple[str, ...] = Field(
        default=(), description="Beam's own options, e.g. --direct_num_workers=2."
    )


class MetadataParams(FrozenParams):
    """Where ML Metadata is kept."""

    url: str | None = Field(
        default=None,
        pattern=r"^(sqlite:///|mysql://).+",
        description="sqlite:///PATH or mysql://USER:PASSWORD@HOST:PORT/DATABASE; "
        "default: OUTPUT_DIR/metadata.sqlite.",
    )


class PipelineConfig(FrozenParams):
    """All sections of a configuration file."""

    name: str = Field(
        default="bert-classifier",
        description="Name of the pipeline in the metadata.",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$",
    )
    output_dir: str = Field(
        default="output", min_length=1, description="Folder for all that is made."
    )
    data: DataParams
    encoder: EncoderParams = EncoderParams()
    validate_data: ValidateParams = Field(default=ValidateParams(), alias="validate")
    transform: TransformParams = TransformParams()
    train: TrainParams = TrainParams()
    tune: TuneParams = TuneParams()
    evaluate: EvaluateParams = EvaluateParams()
    infra_validate: InfraValidateParams = InfraValidateParams()
    push: PushParams = PushParams()
    beam: BeamParams = BeamParams()
    metadata: MetadataParams = MetadataParams()


def load_config(path: Path, overrides: Sequence[str] = ()) -> PipelineConfig:
    """Read a configuration file.

    Args:
        path: A YAML file. A relative `data.path` in it is taken from the working folder.
        overrides: `section.key=value` pairs; values are YAML.

    Returns:
        The checked configuration.

    Raises:
        InvalidInputError: If the file cannot be read, or a key, type or value is not allowed.
    """
    content = _read_yaml(path)
    for override in overrides:
        _apply(content, override)
    try:
        return PipelineConfig.model_validate_json(_as_json(content, path))
    except ValidationError as exc:
        raise InvalidInputError(_sentence(exc, str(path))) from exc


def _as_json(content: dict[str, Any], path: Path) -> str:
    try:
        return json.dumps(content, default=str)
    except (TypeError, ValueError) as exc:  # an anchor within itself, or a key that is no text
        raise InvalidInputError(f"the configuration {path} cannot be used: {exc}") from exc


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a SafeLoader
    except OSError as exc:
        raise InvalidInputError(f"the configuration {path} cannot be read: {exc.strerror}") from exc
    except (yaml.YAMLError, UnicodeDecodeError) as exc:
        reason = " ".join(str(exc).split())
        raise InvalidInputError(f"the configuration {path} is not YAML: {reason}") from exc
    if not isinstance(content, dict):
        raise InvalidInputError(
            f"the configuration {path} holds {type(content).__name__}; it must map sections to keys"
        )
    # A section whose keys are all commented out is null in YAML.
    return {key: value for key, value in content.items() if value is not None}


def _apply(content: dict[str, Any], override: str) -> None:
    dotted, separator, text = override.partition("=")
    keys = dotted.strip().split(".")
    if not separator or not all(keys):
        raise InvalidInputError(f"--set {override!r} is not of the form section.key=value")
    try:
        value = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as exc:
        raise InvalidInputError(f"--set {override!r} has a value that is not YAML") from exc
    section = content
    for key in keys[:-1]:
        section = section.setdefault(key, {})
        if not isinstance(section, dict):
            raise InvalidInputError(f"--set {override!r}: {key!r} is a value, not a section")
    section[keys[-1]] = value


def _sentence(error: ValidationError, source: str) -> str:
    """Say what is wrong with the first field, and how many more there are."""
    first, *others = error.errors(include_url=False)
    field = ".".join(str(part) for part in first["loc"])
    given = json.dumps(first["input"], ensure_ascii=False, default=str)
    if first["type"] == "extra_forbidden":
        message = f"`{field}` is not a known key; known here: {_known_keys(first['loc'])}"
    elif first["type"] == "missing":
        message = f"`{field}` is missing"
    else:
        reason = first["msg"].removeprefix("Value error, ")
        message = f"`{field}`: {reason[0].lower()}{reason[1:]}, but {given} was given"
    more = f" (and {len(others)} more)" if others else ""
    return f"{source}: {message}{more}"


def _known_keys(location: tuple[int | str, ...]) -> str:
    section: Any = PipelineConfig
    for key in location[:-1]:
        fields = {field.alias or name: field for name, field in section.model_fields.items()}
        section = fields[str(key)].annotation
    names = (field.alias or name for name, field in section.model_fields.items())
    return ", ".join(names)
