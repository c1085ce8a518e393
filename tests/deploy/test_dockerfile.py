"""The images: linted, everything they copy is there and sent, and the server keeps its contract."""

from pathlib import Path

import pytest

from tests.deploy.dockerfiles import copied, instructions, sent
from tests.deploy.tools import DEPLOY, ROOT, check

SERVER = DEPLOY / "Dockerfile"
PIPELINE = DEPLOY / "pipeline.Dockerfile"
IGNORED = {
    SERVER: ROOT / ".dockerignore",
    PIPELINE: DEPLOY / "pipeline.Dockerfile.dockerignore",
}

each_image = pytest.mark.parametrize("dockerfile", IGNORED, ids=lambda path: path.name)


@each_image
def test_lint(dockerfile: Path) -> None:
    check("hadolint", dockerfile)


@each_image
def test_what_is_copied_is_there_and_sent_to_the_builder(dockerfile: Path) -> None:
    for source in copied(dockerfile):
        assert (ROOT / source).exists()
    assert sorted(sent(IGNORED[dockerfile])) == sorted(copied(dockerfile))


@each_image
def test_it_does_not_run_as_root(dockerfile: Path) -> None:
    assert instructions(dockerfile, "USER") == ["10001:10001"]


def test_only_the_server_and_its_requirements_are_copied() -> None:
    assert copied(SERVER) == [
        "requirements/current/serving.txt",
        "requirements/current/serving-tensorflow.txt",
        "bert_aas",
        "serving",
        "deploy/entrypoint.sh",
    ]


def test_the_contract_of_tensorflow_servings_image() -> None:
    (environment,) = instructions(SERVER, "ENV")
    assert {"MODEL_NAME=model", "MODEL_BASE_PATH=/models"} <= set(environment.split())
    assert instructions(SERVER, "EXPOSE") == ["8500 8501"]
    assert instructions(SERVER, "STOPSIGNAL") == ["SIGTERM"]


def test_health_is_asked_on_the_rest_port() -> None:
    (health,) = instructions(SERVER, "HEALTHCHECK")
    assert "http://127.0.0.1:8501/healthz" in health
