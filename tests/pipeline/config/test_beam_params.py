"""The section `beam`: runners, options, and the arguments that Beam gets."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions
from tfx.utils import dependency_utils

from bert_aas.contracts.errors import InvalidInputError
from pipeline.config.beam_params import RUNNERS, BeamParams
from pipeline.config.pipeline_config import load_config

IMAGE = "registry.example/bert-aas:1"
ENDPOINT = {"job_endpoint": "localhost:8099"}
EXTERNAL = {**ENDPOINT, "environment_type": "EXTERNAL", "environment_config": "localhost:50000"}


def beam(runner: str = "DirectRunner", **options: Any) -> BeamParams:
    """The section as it comes out of a configuration file."""
    return BeamParams.model_validate_json(json.dumps({"runner": runner, "options": options}))


def written(folder: Path, *overrides: str) -> BeamParams:
    """The section of a minimal configuration with overrides."""
    path = folder / "config.yaml"
    path.write_text("data: {path: reviews.csv}\n", encoding="utf-8")
    return load_config(path, overrides).beam


def parsed(params: BeamParams) -> dict[str, Any]:
    """What Beam makes of the arguments."""
    options: dict[str, Any] = PipelineOptions(params.arguments()).get_all_options()
    return options


def test_the_default_leaves_beam_alone() -> None:
    """TFX then starts Beam without arguments, in this process."""
    assert beam().arguments() == []


def test_the_runners_are_those_of_the_installed_beam() -> None:
    known = set(StandardOptions.KNOWN_RUNNER_NAMES)
    assert set(RUNNERS) <= known
    assert known - set(RUNNERS) <= {"FnApiRunner", "KafkaStreamsRunner"}  # since Beam 2.66


@pytest.mark.parametrize("spelling", ["FlinkRunner", "flinkrunner", "Flink", "flink"])
def test_a_runner_may_be_spelt_as_in_beam(spelling: str) -> None:
    assert beam(spelling).runner == "FlinkRunner"


def test_options_come_from_the_command_line(tmp_path: Path) -> None:
    params = written(
        tmp_path, "beam.options={direct_num_workers: 2, direct_running_mode: multi_threading}"
    )
    assert parsed(params)["direct_num_workers"] == 2
    assert parsed(params)["direct_running_mode"] == "multi_threading"


def test_single_options_come_from_the_command_line(tmp_path: Path) -> None:
    params = written(tmp_path, "beam.options.direct_num_workers=3")
    assert parsed(params)["direct_num_workers"] == 3


@pytest.mark.parametrize("workers", [0, 2])
def test_several_workers_are_processes(workers: int) -> None:
    params = beam(direct_num_workers=workers)
    assert parsed(params)["direct_running_mode"] == "multi_processing"


def test_one_worker_stays_in_the_process() -> None:
    assert parsed(beam(direct_num_workers=1))["direct_running_mode"] == "in_memory"


@pytest.mark.parametrize(
    ("options", "arguments"),
    [
        ({"job_name": "a=b c"}, ["--job_name=a=b c"]),
        ({"parallelism": 4}, ["--parallelism=4"]),
        ({"ratio": 0.5}, ["--ratio=0.5"]),
        ({"save_main_session": True}, ["--save_main_session"]),
        ({"save_main_session": False}, []),
        ({"use_public_ips": False}, ["--no_use_public_ips"]),
        ({"experiments": ["one", "two"]}, ["--experiments=one", "--experiments=two"]),
        ({"experiments": []}, []),
        ({"levels": [True, 2]}, ["--levels=true", "--levels=2"]),
    ],
)
def test_how_options_are_spelt(options: dict[str, Any], arguments: list[str]) -> None:
    made = beam("PortableRunner", **EXTERNAL, **options).arguments()
    others = beam("PortableRunner", **EXTERNAL).arguments()
    assert made == [*others, *arguments]


@pytest.mark.parametrize(
    "params",
    [
        beam(direct_num_workers=2),
        beam("PortableRunner", **EXTERNAL),
        beam("PortableRunner", **ENDPOINT, environment_type="LOOPBACK"),
        beam("PortableRunner", **ENDPOINT, environment_config=IMAGE),
        beam("FlinkRunner"),
        beam("FlinkRunner", flink_master="flink:8081", environment_config=IMAGE),
        beam("SparkRunner", spark_master_url="local[2]"),
        beam("DataflowRunner", sdk_container_image=IMAGE),
        beam("DataflowRunner", setup_file="./setup.py"),
    ],
    ids=lambda params: f"{params.runner}-{'-'.join(params.options)}",
)
def test_tfx_does_not_pack_itself_for_the_workers(params: BeamParams) -> None:
    arguments = params.arguments()
    assert dependency_utils.make_beam_dependency_flags(arguments) == arguments


def test_the_image_of_docker_workers_is_the_one_named() -> None:
    named = f"docker_container_image={IMAGE}"
    params = beam(
        "PortableRunner", **ENDPOINT, environment_type="DOCKER", environment_options=[named]
    )
    assert parsed(params)["sdk_container_image"] == IMAGE


@pytest.mark.parametrize(
    ("runner", "options"),
    [
        ("PortableRunner", ENDPOINT),
        ("PortableRunner", {**ENDPOINT, "environment_type": "DOCKER"}),
        ("FlinkRunner", {"flink_master": "flink:8081"}),
        ("SparkRunner", {"spark_master_url": "spark://spark:7077"}),
    ],
)
def test_workers_in_containers_need_an_image(runner: str, options: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"TF Text in `beam\.options\.environment_config`"):
        beam(runner, **options)


def test_dataflow_needs_an_image() -> None:
    with pytest.raises(ValueError, match=r"in `beam\.options\.sdk_container_image`"):
        beam("DataflowRunner", project="p", region="europe-west1")


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("beam.runner=NoRunner", "`beam.runner`: it must be a runner of Beam: DirectRunner, "),
        ("beam.runner=Portable", "`beam`: the PortableRunner needs the address of a job service"),
        ("beam.options=[--x=1]", "`beam.options`: it must map options to values"),
        ("beam.options={--x: 1}", "`beam.options`: an option is written without dashes, not '--x'"),
        ("beam.options={x: null}", "`beam.options`: x must be text, a number, true, false or a"),
        ("beam.options={x: {y: 1}}", "`beam.options`: x must be text, a number, true, false or a"),
        ("beam.options={runner: x}", "`beam.options`: the runner is the key `beam.runner`"),
        ("beam.pipeline_args=[]", "`beam.pipeline_args` is not a known key; known here: runner"),
    ],
)
def test_refused_values(tmp_path: Path, override: str, sentence: str) -> None:
    with pytest.raises(InvalidInputError, match=re.escape(sentence)) as refused:
        written(tmp_path, override)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"direct_num_workers": "two"}, "--direct_num_workers: invalid int value: 'two'"),
        ({"direct_num_workers": True}, "--direct_num_workers: expected one argument"),
        ({"direct_running_mode": "fast"}, "running_mode: invalid choice: 'fast' (choose from "),
        ({"direct_num_worker": 2}, "`beam.options` has direct_num_worker, which Beam does not"),
        ({"workers": 2}, "`beam.options` has workers, which Beam does not know"),
    ],
)
def test_what_beam_would_refuse_or_pass_over(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidInputError, match=re.escape(sentence)) as refused:
        beam(**options).arguments()
    assert "\n" not in str(refused.value)


def test_a_job_service_may_know_more_options() -> None:
    arguments = beam("PortableRunner", **EXTERNAL, state_backend="rocksdb").arguments()
    assert "--state_backend=rocksdb" in arguments


def test_a_configuration_is_read_without_beam(tmp_path: Path) -> None:
    written(tmp_path)
    program = (
        "import sys; from pathlib import Path; "
        "from pipeline.config.pipeline_config import load_config; "
        "load_config(Path(sys.argv[1]), ['beam.options.direct_num_workers=2']); "
        "sys.exit('apache_beam' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "config.yaml")], check=True)
