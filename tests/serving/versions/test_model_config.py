from pathlib import Path
from typing import Any

import pytest
from google.protobuf import text_format

from serving.capture.rules import LoggingRules
from serving.errors import InvalidArgumentError, SettingsError
from serving.runtime.protos import load_protos
from serving.versions.model_config import (
    All,
    Latest,
    ModelConfig,
    Specific,
    VersionPolicy,
    read_model_configs,
    to_configs,
)

PLATFORM = 'model_platform: "tensorflow"'
MODEL = f'name: "m" base_path: "/models/m" {PLATFORM}'


def parse(*models: str) -> Any:
    text = "".join(f"config {{ {model} }}" for model in models)
    message = load_protos().model_server_config_pb2.ModelServerConfig()
    return text_format.Parse(f"model_config_list {{ {text} }}", message)


def test_the_least_that_a_model_says() -> None:
    assert to_configs(parse(MODEL)) == [ModelConfig("m", Path("/models/m"), Latest(1), {})]


def test_all_that_a_model_says() -> None:
    labels = 'version_labels { key: "a" value: 1 } version_labels { key: "b" value: 3 }'
    policy = "model_version_policy { specific { versions: 1 versions: 3 } }"
    assert to_configs(parse(f"{MODEL} {labels} {policy}")) == [
        ModelConfig("m", Path("/models/m"), Specific((1, 3)), {"a": 1, "b": 3})
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Latest(1)),
        ("latest { num_versions: 2 }", Latest(2)),
        ("latest {}", Latest(1)),
        ("all {}", All()),
        ("specific {}", Specific(())),
    ],
)
def test_policies(text: str, expected: VersionPolicy) -> None:
    [config] = to_configs(parse(f"{MODEL} model_version_policy {{ {text} }}"))
    assert config.policy == expected


def test_no_models_is_fine() -> None:
    assert to_configs(parse()) == []


def test_the_deprecated_type() -> None:
    assert len(to_configs(parse('name: "m" base_path: "/m" model_type: TENSORFLOW'))) == 1


def test_a_local_uri() -> None:
    [config] = to_configs(parse(f'name: "m" base_path: "file:///models/m" {PLATFORM}'))
    assert config.base_path == Path("/models/m")


LOGGING = 'log_collector_config { filename_prefix: "/logs/m" }'


@pytest.mark.parametrize("collector", [LOGGING, LOGGING.replace("{ f", '{ type: "tfrecord" f')])
def test_logging(collector: str) -> None:
    text = f"{MODEL} logging_config {{ {collector} sampling_config {{ sampling_rate: 0.25 }} }}"
    [config] = to_configs(parse(text))
    assert config.logging == LoggingRules("/logs/m", 0.25)


@pytest.mark.parametrize("text", ["", "logging_config { }", f"logging_config {{ {LOGGING} }}"])
def test_no_logging(text: str) -> None:
    [config] = to_configs(parse(f"{MODEL} {text}"))
    assert config.logging is None


def logged(collector: str, rate: float) -> str:
    sampling = f"sampling_config {{ sampling_rate: {rate} }}"
    return f"{MODEL} logging_config {{ log_collector_config {{ {collector} }} {sampling} }}"


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (logged('type: "kafka"', 1), 'has the type "kafka"; only "tfrecord" can be had'),
        (logged('filename_prefix: "/m"', 1.5), "sampling_rate is 1.5; allowed are 0 to 1"),
        (logged("", 1), "logging_config has no filename_prefix"),
        (logged('filename_prefix: "s3://b/m"', 1), "Model m: filename_prefix"),
        ('name: "m" base_path: "/m"', "Illegal setting neither .*model_platform"),
        (f"{MODEL} model_type: TENSORFLOW", "Illegal setting both .*model_platform"),
        ('name: "m" base_path: "/m" model_type: OTHER', 'Model m is of platform "other"'),
        ('name: "m" base_path: "/m" model_platform: "x"', 'Model m is of platform "x"'),
        (f'name: "m" base_path: "gs://b/m" {PLATFORM}', "gs://b/m is a remote address"),
        (f'name: "m" base_path: "s3://b/m" {PLATFORM}', "s3://b/m is a remote address"),
        (
            f'name: "m" base_path: "models/m" {PLATFORM}',
            r"Expected model m to have an absolute path or URI; got base_path\(\)=models/m$",
        ),
        (f'name: "m" base_path: "/m\\000" {PLATFORM}', r"absolute path or URI; got base_path"),
        (f'name: "m" {PLATFORM}', r"absolute path or URI; got base_path\(\)=$"),
        (f'base_path: "/m" {PLATFORM}', "has no name"),
    ],
)
def test_models_that_cannot_be_served(model: str, message: str) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        to_configs(parse(model))


def test_a_name_twice() -> None:
    message = r"^Illegal to list model m multiple times in config list$"
    with pytest.raises(InvalidArgumentError, match=message):
        to_configs(parse(MODEL, MODEL))


def test_other_kinds_of_configuration() -> None:
    message = load_protos().model_server_config_pb2.ModelServerConfig()
    with pytest.raises(InvalidArgumentError, match=r"Only model_config_list .*, but nothing"):
        to_configs(message)
    message.custom_model_config.SetInParent()
    with pytest.raises(InvalidArgumentError, match="but custom_model_config is given"):
        to_configs(message)


def test_a_file(tmp_path: Path) -> None:
    file = tmp_path / "models.config"
    file.write_text(f"model_config_list {{ # ours\n config {{ {MODEL} }}\n}}\n")
    assert read_model_configs(file) == [ModelConfig("m", Path("/models/m"))]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"nonsense", r'no field named "nonsense"'),
        (b"model_config_list { config { nam: 1 } }", '1:30 : .* no field named "nam"'),
    ],
)
def test_a_file_that_is_no_configuration(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "models.config"
    file.write_bytes(content)
    start = f"^Error parsing text-format tensorflow.serving.ModelServerConfig: {file}: "
    with pytest.raises(SettingsError, match=start + ".*" + message):
        read_model_configs(file)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file"),
        (b"\xff\xfe", "codec can't decode"),
        (b"custom_model_config {}", "Only model_config_list is supported, but custom_model_config"),
    ],
)
def test_a_file_that_cannot_be_used(tmp_path: Path, content: bytes | None, message: str) -> None:
    file = tmp_path / "models.config"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError, match=f"{file}.*{message}"):
        read_model_configs(file)


@pytest.mark.parametrize("content", ["", " \n", "# models come later\n", "\ufeff"])
def test_a_file_that_says_nothing(tmp_path: Path, content: str) -> None:
    file = tmp_path / "models.config"
    file.write_text(content, encoding="utf-8")
    assert read_model_configs(file) is None


def test_a_file_that_lists_no_models(tmp_path: Path) -> None:
    file = tmp_path / "models.config"
    file.write_text("model_config_list {}")
    assert read_model_configs(file) == []
