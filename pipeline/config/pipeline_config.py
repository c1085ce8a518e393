"""The configuration: a YAML file, `--set` overrides, typed and frozen sections."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from bert_aas.behaviour.cases import cases
from bert_aas.behaviour.params import BehaviourParams
from bert_aas.cards.human import CardParams
from bert_aas.conditions.checking import Known, check
from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.locations import absolute, is_remote
from bert_aas.contracts.params import FrozenParams
from components.bias_params import BiasParams
from components.evaluator.params import EvaluateParams
from components.example_gen.params import DataParams
from components.example_validator.params import ValidateParams
from components.explainer.params import ExplainParams
from components.feature_writer.params import FeatureParams
from components.infra_validator.params import InfraValidateParams
from components.optimizer.params import OptimizeParams
from components.preparer.params import PrepareParams
from components.pusher.params import PushParams
from components.registrar.params import RegistryParams
from models.encoders.sources import absolute_source
from models.params import EncoderParams, TrainParams, TransformParams, TuneParams
from pipeline.config.airflow_params import AirflowParams
from pipeline.config.beam_params import BeamParams
from pipeline.config.kubeflow_params import KubeflowParams
from pipeline.config.secret_values import (
    METADATA_URL,
    first_secret,
    holds_secret,
    masked,
    metadata_url_problem,
)
from pipeline.config.split_spelling import with_split_files
from pipeline.config.vertex_params import VertexParams
from pipeline.config.yaml_reading import parse, read_mapping

_SQLITE = "sqlite:///"
_NOTHING = ("", "~", "null")
_QUOTES = ("'", '"')
_SECRET = "clear_secret"  # noqa: S105 - the name of an error
"""Type of the errors whose message says all: what was given is never repeated."""

_UNFIT = "unfit"
"""Type of the errors about several fields; their message says all, too."""


class MetadataParams(FrozenParams):
    """Where ML Metadata is kept."""

    model_config = ConfigDict(hide_input_in_errors=True)

    url: str | None = Field(
        default=None,
        pattern=r"^(sqlite:///|mysql://|postgresql://).+",
        description="sqlite:///PATH, or mysql:// or postgresql://USER:${NAME}@HOST:PORT/DATABASE, "
        "where `${NAME}` is a variable of the environment; default: "
        "OUTPUT_DIR/metadata.sqlite.",
    )

    @field_validator("url")
    @classmethod
    def _without_password(cls, url: str | None) -> str | None:
        problem = metadata_url_problem(url) if url else None
        if problem:
            raise _refused(METADATA_URL, problem)
        return url


class PipelineConfig(FrozenParams):
    """All sections of a configuration file."""

    model_config = ConfigDict(hide_input_in_errors=True)  # tracebacks end up in logs

    name: str = Field(
        default="bert-classifier",
        description="Name of the pipeline in the metadata.",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$",
    )
    output_dir: str = Field(default="output", min_length=1, description="Folder for all results.")
    data: DataParams
    prepare: PrepareParams = PrepareParams()
    encoder: EncoderParams = EncoderParams()
    validate_data: ValidateParams = Field(default=ValidateParams(), alias="validate")
    bias: BiasParams = BiasParams()
    transform: TransformParams = TransformParams()
    features: FeatureParams = FeatureParams()
    train: TrainParams = TrainParams()
    tune: TuneParams = TuneParams()
    optimize: OptimizeParams = OptimizeParams()
    evaluate: EvaluateParams = EvaluateParams()
    tests: tuple[BehaviourParams, ...] = Field(
        default=(),
        description="Behavioural tests of the model, each with name, kind (`right`, `same` or "
        "`other`) and rows; each is one more condition.",
    )
    explain: ExplainParams = ExplainParams()
    infra_validate: InfraValidateParams = InfraValidateParams()
    registry: RegistryParams = RegistryParams()
    push: PushParams = PushParams()
    card: CardParams = CardParams()
    beam: BeamParams = BeamParams()
    airflow: AirflowParams = AirflowParams()
    kubeflow: KubeflowParams = KubeflowParams()
    vertex: VertexParams = VertexParams()
    metadata: MetadataParams = MetadataParams()

    @field_validator("card", mode="before")
    @classmethod
    def _card_file(cls, given: Any) -> Any:
        return {"path": given} if isinstance(given, str) else given

    @property
    def rows(self) -> DataParams:
        """What ExampleGen reads: `data`, with what `auto` means in it."""
        if self.data.unlabelled != "auto":
            return self.data
        found = "keep" if self.prepare.enabled else "bad"
        return self.data.model_copy(update={"unlabelled": found})

    @model_validator(mode="after")
    def _no_clear_secrets(self) -> "PipelineConfig":
        found = first_secret(self.model_dump(by_alias=True, exclude={"metadata"}))
        if found:
            raise _refused(*found)
        return self

    @model_validator(mode="after")
    def _has_its_registry(self) -> "PipelineConfig":
        asked = {
            "push.requires_approval": self.push.requires_approval,
            "evaluate.otherwise: register_rejected": self.evaluate.otherwise == "register_rejected",
        }
        for field, needed in asked.items():
            if needed and not self.registry.enabled:
                raise _refused("registry.enabled", f"it must be true for `{field}`", _UNFIT)
        if self.registry.enabled and not self.registry.url and is_remote(self.output_dir):
            reason = f"`output_dir` is {self.output_dir}, which cannot hold a registry; give the "
            raise _refused("registry.url", f"{reason}URL of an MLflow server", _UNFIT)
        return self

    @model_validator(mode="after")
    def _has_sound_tests(self) -> "PipelineConfig":
        pairs = self.data.text_pair_column is not None
        names = [test.name for test in self.tests]
        for test in self.tests:
            problem = "is given twice" if names.count(test.name) > 1 else _problem(test, pairs)
            if problem:
                raise _refused("tests", f"the test {test.name!r} {problem}", _UNFIT)
        return self

    @model_validator(mode="after")
    def _has_sound_conditions(self) -> "PipelineConfig":
        if (self.evaluate.otherwise == "command") != bool(self.evaluate.command):
            reason = "`evaluate.otherwise: command` and `evaluate.command` need each other"
            raise _refused("evaluate", reason, _UNFIT)
        tests = tuple(test.name for test in self.tests)
        after = self.bias.enabled and self.bias.after_training
        known = Known(tests, self.evaluate.slices, self.bias.enabled, after)
        try:
            check(self.evaluate.conditions, known)
        except ValueError as exc:
            raise _refused("evaluate.conditions", str(exc), _UNFIT) from exc
        return self


def _problem(test: BehaviourParams, pairs: bool) -> str | None:
    """Say what is wrong with a behavioural test, or `None`."""
    for row in test.rows:
        if (row.text_pair is not None) != pairs:
            word = "needs" if pairs else "must have no"
            return f"{word} `text_pair` in the row {row.text!r}, as `data.text_pair_column` says"
    return None if cases(test) else "changes none of its rows: no text has a word of `swaps`"


def _refused(key: str, reason: str, kind: str = _SECRET) -> PydanticCustomError:
    # Braces are placeholders there.
    return PydanticCustomError(kind, "{sentence}", {"sentence": f"`{key}`: {reason}"})


def load_config(path: str | Path, overrides: Sequence[str] = ()) -> PipelineConfig:
    """Read a configuration file.

    Args:
        path: A YAML file. A relative `data.path` in it is taken from the working folder.
        overrides: `section.key=value` pairs; values are YAML.

    Returns:
        The checked configuration.

    Raises:
        InvalidInputError: If the file cannot be read, or a key, type or value is not allowed.

    Example:
        >>> from bert_aas import load_config
        >>> config = load_config("configs/demo.yaml", ["train.epochs=1"])
        >>> config.train.epochs
        1
    """
    return _checked(_read_yaml(Path(path)), overrides, str(path))


def override(config: PipelineConfig, overrides: Sequence[str]) -> PipelineConfig:
    """Change values of a configuration.

    Args:
        config: The configuration; it is not changed.
        overrides: `section.key=value` pairs; values are YAML.

    Returns:
        The checked configuration.

    Raises:
        InvalidInputError: If a key, type or value is not allowed.
    """
    if not overrides:
        return config
    return _checked(config.model_dump(mode="json", by_alias=True), overrides, "--set")


def located(config: PipelineConfig) -> PipelineConfig:
    """Settle every value that may be a name or a path, once: it means the same in any folder.

    Args:
        config: The configuration.

    Returns:
        The same with absolute paths; known names and URIs stay as they are.
    """
    source = absolute_source(config.encoder.source)
    sections: dict[str, FrozenParams | str] = {
        "output_dir": absolute(config.output_dir),
        "data": _with_absolute(config.data, "path"),
        "encoder": config.encoder.model_copy(update={"source": source}),
        "validate_data": _with_absolute(config.validate_data, "schema_path"),
        "train": _with_absolute(config.train, "teacher"),
        "push": _with_absolute(_with_absolute(config.push, "directory"), "sign_key"),
        "card": _with_absolute(config.card, "path"),
    }
    program = config.airflow.program
    if program and ("/" in program or program.startswith("~")):  # else it is found on the PATH
        sections["airflow"] = _with_absolute(config.airflow, "program")
    url = config.metadata.url
    if url and url.startswith(_SQLITE):
        path = absolute(url.removeprefix(_SQLITE))
        sections["metadata"] = MetadataParams(url=f"{_SQLITE}{path}")
    registry = config.registry.url
    if registry and registry.startswith(_SQLITE):
        url = f"{_SQLITE}{absolute(registry.removeprefix(_SQLITE))}"
        sections["registry"] = config.registry.model_copy(update={"url": url})
    return config.model_copy(update=sections)


_Section = TypeVar("_Section", bound=FrozenParams)


def _with_absolute(section: _Section, field: str) -> _Section:
    value = getattr(section, field)
    return section if value is None else section.model_copy(update={field: absolute(value)})


def _checked(content: dict[str, Any], overrides: Sequence[str], source: str) -> PipelineConfig:
    for given in overrides:
        _apply(content, given)
    try:
        return PipelineConfig.model_validate_json(_as_json(with_split_files(content), source))
    except ValidationError as exc:
        raise InvalidInputError(_sentence(exc, source)) from exc


def written_locations(config: PipelineConfig) -> tuple[str | None, ...]:
    """Return the places that nodes read or write through TFX's file systems.

    Args:
        config: The configuration.

    Returns:
        Paths and URIs, `None` for what has its place in the output folder.
    """
    return config.output_dir, config.push.directory, config.validate_data.schema_path


def _as_json(content: dict[str, Any], source: str) -> str:
    try:
        return json.dumps(content, default=_date)
    except (TypeError, ValueError, RecursionError) as exc:  # an anchor within itself, bytes, a set
        raise InvalidInputError(f"the configuration {source} cannot be used: {exc}") from exc


def _date(value: Any) -> str:
    """Give a date as text; YAML reads 2026-01-31 as one."""
    if isinstance(value, date):
        return str(value)
    raise TypeError(f"a value has the type {type(value).__name__}; write it in quotes")


def _read_yaml(path: Path) -> dict[str, Any]:
    # A section whose keys are all commented out is null in YAML.
    return {key: value for key, value in read_mapping(path).items() if value is not None}


def _apply(content: dict[str, Any], override: str) -> None:
    if _has_lone_bytes(override):
        raise InvalidInputError(f"--set {_shown(override)!r} is not UTF-8")
    dotted, separator, text = override.partition("=")
    keys = dotted.strip().split(".")
    if not separator or not all(keys):
        raise InvalidInputError(f"--set {_shown(override)!r} is not of the form section.key=value")
    value = _value(override, text, is_text=field_type(keys) == {str})
    section = content
    for key in keys[:-1]:
        section = section.setdefault(key, {})
        if not isinstance(section, dict):
            raise InvalidInputError(
                f"--set {_shown(override)!r}: {key!r} is a value, not a section"
            )
    section[keys[-1]] = value


def _has_lone_bytes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _value(override: str, text: str, *, is_text: bool) -> Any:
    """Read a value as YAML; where only text is allowed, text without quotes stands as given."""
    if is_text and text.strip() not in _NOTHING and not text.lstrip().startswith(_QUOTES):
        return text.strip()
    try:
        return parse(text)
    except ValueError as exc:
        raise InvalidInputError(f"--set {_shown(override)!r} has a value that {exc}") from None


def _shown(override: str) -> str:
    """Repeat a setting in a message, but nothing that may be secret: messages end up in logs."""
    key, _, _ = override.partition("=")
    return f"{key}=…" if key.strip().startswith("metadata") else masked(override)


def field_type(keys: Sequence[str]) -> set[Any]:
    """Return the types that a key allows.

    Args:
        keys: The parts of the key, e.g. `train`, `epochs`.

    Returns:
        The types beside `None`; empty for an unknown key.
    """
    section: Any = PipelineConfig
    for key in keys:
        fields = getattr(section, "model_fields", {})
        found = {field.alias or name: field for name, field in fields.items()}
        if key not in found:
            return set()
        section = found[key].annotation
    return {kind for kind in get_args(section) or (section,) if kind is not type(None)}


def _sentence(error: ValidationError, source: str) -> str:
    """Say what is wrong with the first field, and how many more there are."""
    first, *others = error.errors(include_url=False)
    field = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        message = f"`{field}` is not a known key; known here: {_known_keys(first['loc'])}"
    elif first["type"] == "missing":
        message = f"`{field}` is missing"
    elif first["type"] in {_SECRET, _UNFIT}:
        message = first["msg"]
    else:
        reason = first["msg"].removeprefix("Value error, ")
        message = f"`{field}`: {reason[0].lower()}{reason[1:]}{_given(first)}"
    more = f" (and {len(others)} more)" if others else ""
    return f"{source}: {message}{more}"


def secret_refused(error: ValidationError) -> str | None:
    """Return the reason if a configuration was refused for a secret in it.

    Args:
        error: Why it was refused.

    Returns:
        A sentence that does not repeat the secret.
    """
    found = (one["msg"] for one in error.errors(include_url=False) if one["type"] == _SECRET)
    return next(found, None)


def _given(error: Any) -> str:
    """Repeat what was given, unless it may be secret."""
    given = json.dumps(error["input"], ensure_ascii=False, default=str)
    if error["loc"][:1] == ("metadata",) or holds_secret("", given):
        return ""
    return f", but {masked(given)} was given"


def _known_keys(location: tuple[int | str, ...]) -> str:
    section: Any = PipelineConfig
    for key in location[:-1]:
        fields = {field.alias or name: field for name, field in section.model_fields.items()}
        if str(key) in fields:  # else it is a place in a list
            section = _section_of(fields[str(key)].annotation)
    names = (field.alias or name for name, field in section.model_fields.items())
    return ", ".join(names)


def _section_of(kind: Any) -> Any:
    """Find the class of a section, or of the entries of a list of them."""
    if isinstance(kind, type) and issubclass(kind, FrozenParams):
        return kind
    return next((found for one in get_args(kind) if (found := _section_of(one))), None)
