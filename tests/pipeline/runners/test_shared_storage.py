import json
from dataclasses import replace
from typing import Any

import pytest

from bert_aas.contracts.errors import InvalidInputError
from pipeline.config.pipeline_config import PipelineConfig
from pipeline.runners.shared_storage import Containers, check_shared_storage

CONTAINERS = Containers(
    name="boxes",
    section="ship",
    volume_claim="shared",
    mount_path="/data",
    variables={"WORD"},
    variable_hint="write {{{name}: secret}}",
)
SERVER = {"url": "mysql://u:${WORD}@db/x"}


def config(output_dir: str = "/data/out", **sections: Any) -> PipelineConfig:
    content = {"name": "toy", "output_dir": output_dir, "data": {"path": "/x.csv"}, **sections}
    return PipelineConfig.model_validate_json(json.dumps(content))


@pytest.mark.parametrize(
    "made",
    [
        config(),
        config(push={"directory": "gs://b/models"}),
        config("gs://b/out", metadata=SERVER),
        config("gs://b/out", metadata={"url": "sqlite:////data/m.sqlite"}),
    ],
)
def test_what_is_shared(made: PipelineConfig) -> None:
    check_shared_storage(made, CONTAINERS)


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (
            config("/home/me"),
            "`output_dir` is /home/me, which the boxes do not share: give an address such as "
            "gs://… or a folder below `ship.mount_path` (/data), with the volume's claim in "
            "`ship.volume_claim`",
        ),
        (config("/data/../home"), "`output_dir` is /data/../home, which the boxes do not share"),
        (config("/database"), "`output_dir` is /database, which the boxes do not share"),
        (config(push={"directory": "/m"}), "`push.directory` is /m, which the boxes do not share"),
        (config("gs://b/out"), "`output_dir` is gs://b/out, where no SQLite file can be kept"),
        (
            config("gs://b/out", metadata={"url": "sqlite:////home/me/m.sqlite"}),
            "`metadata.url` is a SQLite file, /home/me/m.sqlite, which the boxes do not share",
        ),
        (
            config(metadata={"url": "mysql://u:${OTHER}@db/x"}),
            "`metadata.url` needs the environment variable OTHER, which the boxes do not get: "
            "write {OTHER: secret}",
        ),
    ],
)
def test_what_is_not_shared(made: PipelineConfig, sentence: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        check_shared_storage(made, CONTAINERS)

    assert str(refused.value).startswith(sentence)


def test_without_a_claim_there_is_no_volume() -> None:
    with pytest.raises(InvalidInputError, match="output_dir"):
        check_shared_storage(config(), replace(CONTAINERS, volume_claim=None))


def test_unknown_variables_may_be_there() -> None:
    made = config(metadata={"url": "mysql://u:${OTHER}@db/x"})

    check_shared_storage(made, replace(CONTAINERS, variables=None))
