"""What `bert-aas compile --runner airflow` writes, and what a DAG file reads of it."""

import json
from pathlib import Path
from typing import Any

import pytest

from bert_aas.contracts.errors import InvalidInputError
from pipeline.config.airflow_params import AirflowParams
from pipeline.config.pipeline_config import PipelineConfig
from pipeline.graph.compiled import CompiledPipeline
from pipeline.graph.compiling import compile_config
from pipeline.runners.airflow.package import read_packages, write_package

pytestmark = pytest.mark.slow

PODS = {"task": "kubernetes", "kubernetes": {"image": "img", "volume_claim": "shared"}}


def config(output_dir: str, **sections: Any) -> PipelineConfig:
    return PipelineConfig.model_validate_json(
        json.dumps(
            {
                "name": "toy",
                "output_dir": output_dir,
                "data": {"path": "/data/my reviews.csv"},
                "encoder": {"source": "https://tfhub.dev/google/small_bert/1"},
                **sections,
            }
        )
    )


@pytest.fixture(scope="module")
def compiled() -> CompiledPipeline:
    return compile_config(config("/data/out"))


def with_section(compiled: CompiledPipeline, **section: Any) -> CompiledPipeline:
    """The same graph with another section `airflow`."""
    params = AirflowParams.model_validate(section)
    return CompiledPipeline(compiled.config.model_copy(update={"airflow": params}), compiled.ir)


def test_package_is_read_as_it_was_written(compiled: CompiledPipeline, tmp_path: Path) -> None:
    write_package(with_section(compiled, retries=7), tmp_path)

    (package,) = read_packages(tmp_path)

    assert package.topology == compiled.topology()
    assert package.options["retries"] == 7
    assert package.ir("Trainer") == str(tmp_path / "toy" / "pipeline.json")
    assert Path(package.ir("Trainer")).is_file()


def test_assets_are_addresses(compiled: CompiledPipeline, tmp_path: Path) -> None:
    write_package(compiled, tmp_path)

    (package,) = read_packages(tmp_path)

    assert package.data_asset == "file:///data/my%20reviews.csv"
    assert package.model_asset == "file:///data/out/serving_model"


def test_program_is_the_one_that_compiled(compiled: CompiledPipeline, tmp_path: Path) -> None:
    write_package(compiled, tmp_path)

    (package,) = read_packages(tmp_path)

    assert package.options["program"].endswith("/bin/bert-aas")


def test_pods_carry_the_graph_in_their_command(compiled: CompiledPipeline, tmp_path: Path) -> None:
    write_package(with_section(compiled, **PODS), tmp_path)

    (package,) = read_packages(tmp_path)

    assert package.options["program"] == "bert-aas"
    assert all(
        package.ir(node.id).startswith("data:application/gzip;base64,")
        for node in package.topology.nodes
    )


def test_pods_cannot_share_a_folder_outside_the_volume(
    compiled: CompiledPipeline, tmp_path: Path
) -> None:
    elsewhere = {**PODS, "kubernetes": {**PODS["kubernetes"], "mount_path": "/mnt"}}  # type: ignore[dict-item]

    with pytest.raises(InvalidInputError, match="`output_dir` is /data/out, which the pods"):
        write_package(with_section(compiled, **elsewhere), tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("sections", "sentence"),
    [
        ({"push": {"directory": "/models"}}, "`push.directory` is /models, which the pods do not"),
        (
            {"metadata": {"url": "sqlite:////home/me/m.sqlite"}, "output_dir": "gs://b/out"},
            "`metadata.url` is a SQLite file, /home/me/m.sqlite, which the pods do not share",
        ),
        (
            {"metadata": {"url": "mysql://u:${WORD}@db/x"}},
            "`metadata.url` needs the environment variable WORD, which the pods do not get: name "
            "the secret that has it as a key in `airflow.kubernetes.env_secret`",
        ),
    ],
)
def test_what_pods_cannot_share_is_refused(
    compiled: CompiledPipeline, tmp_path: Path, sections: dict[str, Any], sentence: str
) -> None:
    made = config(**{"output_dir": "/data/out", **sections, "airflow": PODS})

    with pytest.raises(InvalidInputError) as refused:
        write_package(CompiledPipeline(made, compiled.ir), tmp_path)

    assert str(refused.value).startswith(sentence)
    assert not list(tmp_path.iterdir())


def test_a_secret_may_have_any_variable(compiled: CompiledPipeline, tmp_path: Path) -> None:
    pods = {**PODS, "kubernetes": {**PODS["kubernetes"], "env_secret": "metadata"}}  # type: ignore[dict-item]
    made = config("/data/out", metadata={"url": "mysql://u:${WORD}@db/x"}, airflow=pods)

    write_package(CompiledPipeline(made, compiled.ir), tmp_path)

    assert [package.topology.name for package in read_packages(tmp_path)] == ["toy"]


def test_sqlite_lets_one_task_write_at_a_time(compiled: CompiledPipeline, tmp_path: Path) -> None:
    write_package(compiled, tmp_path)

    assert read_packages(tmp_path)[0].parallel_tasks == 1


def test_metadata_server_lets_several_tasks_write(tmp_path: Path) -> None:
    url = {"url": "mysql://user:${WORD}@localhost/mlmd"}
    write_package(compile_config(config("/data/out", metadata=url)), tmp_path)

    assert read_packages(tmp_path)[0].parallel_tasks == 16


def test_next_steps_name_a_pool_that_must_be_made(
    compiled: CompiledPipeline, tmp_path: Path
) -> None:
    with_pool = write_package(with_section(compiled, trainer_pool="gpu"), tmp_path)
    without = write_package(compiled, tmp_path)

    assert "airflow pools set gpu 1" in with_pool
    assert "airflow pools" not in without
    assert f"export BERT_AAS_PIPELINES={tmp_path}" in without
    assert "airflow dags trigger toy" in without


def test_damaged_package_is_named(tmp_path: Path) -> None:
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "topology.json").write_text('{"topology": {}}')

    with pytest.raises(ValueError, match=r"toy/topology\.json was not written by this version"):
        read_packages(tmp_path)
