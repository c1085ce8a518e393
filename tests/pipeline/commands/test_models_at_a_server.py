"""`bert-aas models` with a real MLflow server: by its URL, and while it goes away."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bert_aas.contracts.errors import UnavailableError
from bert_aas.registry.deploying import Deployer, Order
from bert_aas.registry.places import registry_place
from bert_aas.registry.registry import Registry
from bert_aas.registry.store import MlflowStore
from pipeline.cli import main
from tests.bert_aas.registry.registries import candidate
from tests.mlflow_server import PYTHON, Gate, mlflow_server
from tests.signing_keys import write_keys

pytestmark = pytest.mark.slow  # MLflow takes seconds to import and to open

READ = """
import json, sys
from mlflow import MlflowClient
url, name = sys.argv[1:]
client = MlflowClient(url, url)
found = client.get_model_version_by_alias(name, "champion")
signatures = client.list_artifacts(found.run_id, "signatures")
signed = [each.path for one in signatures for each in client.list_artifacts(found.run_id, one.path)]
print(json.dumps({"tags": found.tags, "source": found.source, "signed": signed,
                  "metrics": client.get_run(found.run_id).data.metrics}))
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    with mlflow_server(tmp_path_factory.mktemp("server")) as gate:
        yield gate


@pytest.fixture(autouse=True)
def no_patience(server: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    server.open()
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")


def read_by_mlflow(url: str, name: str) -> dict[str, Any]:
    """Ask a plain client in a process that has none of our code."""
    command = [str(PYTHON), "-I", "-c", READ, url, name]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_a_model_goes_its_way_at_a_server(
    server: Gate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def call(*arguments: str) -> int:
        return main(["models", *arguments, "--registry", server.url])

    keys, serving = write_keys(tmp_path), tmp_path / "serving"
    (tmp_path / "evaluation.json").write_text("{}")
    files = {"evaluation/evaluation.json": tmp_path / "evaluation.json"}
    made = candidate(tmp_path, "shop", metrics={"accuracy": 0.9}, files=files)
    found = Registry(registry_place(server.url)).register(made)
    assert found.source.startswith("mlflow-artifacts:/")
    (made.folder / "saved_model.pb").unlink()  # another machine does not have it

    where = ("--directory", str(serving), "--sign-key", str(keys.private))
    assert call("deploy", "shop", "1", *where) == 2
    assert call("approve", "shop", "1", "--by", "bob", "--reason", "reads well") == 0
    assert call("deploy", "shop", "1", *where, "--by", "cara") == 0
    (version,) = (path for path in serving.iterdir() if path.name.isdecimal())
    assert (version / "saved_model.pb").read_text() == "graph"

    answer = read_by_mlflow(server.url, "shop")
    assert answer["tags"]["approval_status"] == "Approved"
    assert answer["metrics"] == {"accuracy": 0.9}
    deployed = [json.loads(t) for n, t in answer["tags"].items() if n.startswith("deployment.")]
    assert [(one["by"], one["folder"]) for one in deployed] == [("cara", str(version))]
    assert [path.rpartition("/")[2] for path in answer["signed"]] == ["model.sig"]
    assert f"evidence.{answer['signed'][0]}" in answer["tags"]

    assert call("verify", "shop", "champion", "--key", str(keys.public)) == 0
    assert capsys.readouterr().out.count("as registered") == 4
    assert call("export", "shop", "--output", str(tmp_path / "out")) == 0
    assert (tmp_path / "out" / "model" / "saved_model.pb").read_text() == "graph"
    assert (tmp_path / "out" / "evaluation" / "evaluation.json").is_file()


def test_a_server_that_goes_away_while_a_model_is_registered(
    server: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, registry = candidate(tmp_path, "away"), Registry(registry_place(server.url))
    create = MlflowStore.create

    def away(*arguments: Any) -> int:
        server.shut()
        return create(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(MlflowStore, "create", away)
        with pytest.raises(UnavailableError, match=r"cannot be used now: .*goes on from there"):
            registry.register(given)
    server.open()
    assert registry.versions("away") == []
    assert registry.register(given).number == 1
    runs = registry.store._client.search_runs([registry.store._experiment("away")])
    assert len(runs) == 1


def test_a_server_that_goes_away_while_a_model_is_deployed(
    server: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry, serving = Registry(registry_place(server.url)), tmp_path / "serving"
    registry.register(candidate(tmp_path, "leaving"))
    order = Order(str(serving), "cara", "the shop wants it")
    record = Deployer._record

    def away(*arguments: Any) -> Any:
        server.shut()
        return record(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Deployer, "_record", away)
        with pytest.raises(UnavailableError, match="cannot be used now"):
            Deployer(registry, "leaving").deploy("1", order, approved=False)
    server.open()
    made = Deployer(registry, "leaving").deploy("1", order, approved=False)
    assert [path.name for path in serving.iterdir() if path.name.isdecimal()] == [str(made.number)]
    (version,) = registry.versions("leaving")
    assert (version.deployments, version.intents) == ((made,), ())


def test_a_command_says_in_a_sentence_that_the_server_is_away(
    server: Gate, capsys: pytest.CaptureFixture[str]
) -> None:
    server.shut()
    assert main(["models", "list", "--registry", server.url]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"Error: the registry {server.url} cannot be used now: ")
    assert len(said.splitlines()) == 1
