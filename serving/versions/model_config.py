"""Which models to serve, and which of their versions: TensorFlow Serving's `ModelServerConfig`."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from serving.capture.rules import LoggingRules
from serving.errors import InvalidArgumentError, SettingsError
from serving.files.local_paths import local_path

_PLATFORM = "tensorflow"
_COLLECTORS = ("", "tfrecord")
_MAX_TEXT = 200  # characters of a message that an error shows


@dataclass(frozen=True)
class Latest:
    """Serve the `num_versions` highest versions."""

    num_versions: int = 1


@dataclass(frozen=True)
class All:
    """Serve every version."""


@dataclass(frozen=True)
class Specific:
    """Serve these versions; those that are not there are waited for."""

    versions: tuple[int, ...] = ()


VersionPolicy = Latest | All | Specific


@dataclass(frozen=True)
class ModelConfig:
    """One model.

    Attributes:
        name: As clients ask for it.
        base_path: Folder of the version folders.
        policy: Which versions to serve.
        labels: Version by label.
        logging: Which of its requests are written to PredictionLogs; None for none.
    """

    name: str
    base_path: Path
    policy: VersionPolicy = field(default_factory=Latest)
    labels: Mapping[str, int] = field(default_factory=dict)
    logging: LoggingRules | None = None

    def serves_like(self, other: "ModelConfig | None") -> bool:
        """Tell whether another configuration wants the same versions of the same folder."""
        return other is not None and (self.base_path, self.policy) == (
            other.base_path,
            other.policy,
        )


def check_names(configs: Iterable[ModelConfig]) -> None:
    """Check that each model has a name of its own.

    Args:
        configs: All models of a server.

    Raises:
        InvalidArgumentError: If a name is empty or occurs twice.
    """
    for name, times in Counter(config.name for config in configs).items():
        if not name:
            raise InvalidArgumentError("A model of the config list has no name.")
        if times > 1:
            raise InvalidArgumentError(
                f"Illegal to list model {name} multiple times in config list"
            )


def read_model_configs(file: Path) -> list[ModelConfig] | None:
    """Read a model config file.

    Args:
        file: A `ModelServerConfig` in protocol buffer text form.

    Returns:
        Its models; None if it says nothing, as an empty file does.

    Raises:
        SettingsError: If it cannot be read, or says something that cannot be served.
    """
    from google.protobuf import text_format

    from serving.runtime.protos import load_protos

    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        raise SettingsError(f"The model config file {file} cannot be read: {exc}") from exc
    server_config = load_protos().model_server_config_pb2.ModelServerConfig()
    try:
        text_format.Parse(text, server_config)
    except text_format.ParseError as exc:
        raise SettingsError(
            f"Error parsing text-format tensorflow.serving.ModelServerConfig: {file}: {exc}"
        ) from exc
    if server_config.WhichOneof("config") is None:
        return None
    try:
        return to_configs(server_config)
    except InvalidArgumentError as exc:
        raise SettingsError(f"{file}: {exc.message}") from exc


def to_configs(server_config: Any) -> list[ModelConfig]:
    """Read a `ModelServerConfig` message.

    Args:
        server_config: The message.

    Returns:
        Its models.

    Raises:
        InvalidArgumentError: If it lists no models, a model twice, or one that cannot be served.
    """
    kind = server_config.WhichOneof("config")
    if kind != "model_config_list":
        raise InvalidArgumentError(
            f"Only model_config_list is supported, but {kind or 'nothing'} is given"
        )
    configs = [_to_config(proto) for proto in server_config.model_config_list.config]
    check_names(configs)
    return configs


def _to_config(proto: Any) -> ModelConfig:
    _check_platform(proto)
    return ModelConfig(
        name=proto.name,
        base_path=_to_base_path(proto),
        policy=_to_policy(proto.model_version_policy),
        labels=dict(proto.version_labels),
        logging=_to_logging(proto),
    )


def _to_logging(proto: Any) -> LoggingRules | None:
    """Read the `logging_config`; a rate of 0, as it is without one, writes nothing."""
    rate = proto.logging_config.sampling_config.sampling_rate
    collector = proto.logging_config.log_collector_config
    if collector.type not in _COLLECTORS:
        raise InvalidArgumentError(
            f'Model {proto.name}: log_collector_config has the type "{collector.type}"; only '
            '"tfrecord" can be had, which an empty type stands for.'
        )
    if not 0 <= rate <= 1:
        raise InvalidArgumentError(
            f"Model {proto.name}: sampling_rate is {rate:g}; allowed are 0 to 1."
        )
    if rate == 0:
        return None
    prefix = str(local_path(collector.filename_prefix, f"Model {proto.name}: filename_prefix"))
    if not collector.filename_prefix or "\0" in prefix:
        raise InvalidArgumentError(
            f"Model {proto.name}: logging_config has no filename_prefix; give the path that the "
            "names of its files begin with."
        )
    return LoggingRules(str(Path(prefix).absolute()), rate)


def _check_platform(proto: Any) -> None:
    """Refuse models of other kinds. Source: upstream `server_core.cc`."""
    by_type = {0: "", 1: _PLATFORM}.get(proto.model_type, "other")  # `ModelType`, deprecated
    if by_type and proto.model_platform:
        raise InvalidArgumentError(
            "Illegal setting both ModelServerConfig::model_type (deprecated) and "
            f"ModelServerConfig::model_platform: {_shorten(proto)}"
        )
    platform = proto.model_platform or by_type
    if not platform:
        raise InvalidArgumentError(
            "Illegal setting neither ModelServerConfig::model_type (deprecated) nor "
            f"ModelServerConfig::model_platform: {_shorten(proto)}"
        )
    if platform != _PLATFORM:
        raise InvalidArgumentError(
            f'Model {proto.name} is of platform "{platform}"; only "{_PLATFORM}" can be served.'
        )


def _to_base_path(proto: Any) -> Path:
    path = local_path(proto.base_path, f"Model {proto.name}: base_path")
    if not path.is_absolute() or "\0" in proto.base_path:
        raise InvalidArgumentError(
            f"Expected model {proto.name} to have an absolute path or URI; got "
            f"base_path()={proto.base_path}"
        )
    return path


def _to_policy(proto: Any) -> VersionPolicy:
    match proto.WhichOneof("policy_choice"):
        case "all":
            return All()
        case "specific":
            return Specific(tuple(proto.specific.versions))
        case "latest":
            return Latest(max(proto.latest.num_versions, 1))
    return Latest()


def _shorten(message: Any) -> str:
    from google.protobuf import text_format

    text: str = text_format.MessageToString(message, as_one_line=True)
    return text[:_MAX_TEXT]
