from typing import Any

import jinja2
import pytest

from components.example_gen.params import DataParams
from pipeline.config.pipeline_config import PipelineConfig, override
from pipeline.runners.airflow.commands import literal, openable, safe_name, setting_text


def test_run_id_becomes_the_name_of_a_folder() -> None:
    assert safe_name("manual__2026-01-31T12:00:00+00:00") == "manual__2026-01-31T12-00-00-00-00"


def test_no_run_id_leaves_the_folder() -> None:
    assert safe_name("../a b/é") == "..-a-b--"


@pytest.mark.parametrize("folder", ["2026", "true", "a: b # c", "über 😀", "it's", '{"a": 1}'])
def test_text_stays_text(folder: str) -> None:
    config = PipelineConfig(data=DataParams(path="/data"))

    changed = override(config, [f"output_dir={setting_text(folder)}"])

    assert changed.output_dir == folder


@pytest.mark.parametrize(
    ("value", "text"), [(1e-05, "1e-05"), (True, "true"), (None, "null"), ("é", '"é"')]
)
def test_value_is_written_as_json(value: Any, text: str) -> None:
    assert setting_text(value) == text


def test_path_becomes_an_address() -> None:
    assert openable("/data/my runs/report.html") == "file:///data/my%20runs/report.html"


def test_address_stays_as_it_is() -> None:
    assert openable("gs://bucket/runs/report.html") == "gs://bucket/runs/report.html"


@pytest.mark.parametrize("path", ["/dags/{{x}}", "/dags/{% if %}", "/dags/{# no #}", "/plain", "{"])
def test_paths_are_no_templates(path: str) -> None:
    assert jinja2.Environment().from_string(literal(path)).render() == path  # noqa: S701 - no HTML
