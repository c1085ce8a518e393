"""Compose and Kubernetes: valid by their schemas, and in agreement with each other."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf import text_format

from serving.runtime.protos import load_protos
from serving.settings import ServerSettings
from tests.deploy.tools import DEPLOY, ROOT, check

KUBERNETES = DEPLOY / "kubernetes"
VERSIONS = ("1.30", "1.37")  # of Kubernetes, whose schemas the manifests are held against


def manifest(name: str) -> Any:
    return yaml.safe_load((KUBERNETES / name).read_text(encoding="utf-8"))


RESOURCES: list[str] = manifest("kustomization.yaml")["resources"]


@pytest.fixture
def pod() -> Any:
    return manifest("deployment.yaml")["spec"]["template"]


@pytest.fixture
def container(pod: Any) -> Any:
    (found,) = pod["spec"]["containers"]
    return found


def test_compose_file_is_valid() -> None:
    check("check-jsonschema", "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml")


def test_compose_gives_both_servers_the_same_files_read_only() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    ours, theirs = services["bert-aas"], services["tensorflow-serving"]
    assert ours["volumes"] == theirs["volumes"]
    assert ours["environment"] == theirs["environment"]
    assert all(volume["read_only"] for volume in ours["volumes"])
    assert not set(ours["ports"]) & set(theirs["ports"])
    sources = [(DEPLOY / volume["source"]).resolve() for volume in ours["volumes"]]
    assert sources == [ROOT / "output/demo/serving_model", KUBERNETES / "monitoring.config"]


@pytest.mark.parametrize("version", VERSIONS)
def test_manifests_are_valid(version: str) -> None:
    files = [KUBERNETES / name for name in RESOURCES]
    check("kubernetes-validate", "--strict", "-k", version, *files)


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl renders the kustomization")
def test_the_kustomization_is_rendered_and_valid(tmp_path: Path) -> None:
    command = ["kubectl", "kustomize", str(KUBERNETES)]
    rendered = tmp_path / "all.yaml"
    rendered.write_text(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    check("kubernetes-validate", "--strict", "-k", VERSIONS[-1], rendered)
    assert "image: registry.example.com/bert-aas-serving:1" in rendered.read_text()


def test_every_manifest_belongs_to_the_kustomization() -> None:
    files = {path.name for path in KUBERNETES.glob("*.yaml")}
    assert files == {*RESOURCES, "kustomization.yaml"}
    (generated,) = manifest("kustomization.yaml")["configMapGenerator"]
    assert all((KUBERNETES / name).is_file() for name in generated["files"])


def test_everything_selects_the_pods(pod: Any) -> None:
    labels = pod["metadata"]["labels"]
    deployment = manifest("deployment.yaml")
    assert deployment["spec"]["selector"]["matchLabels"] == labels
    assert manifest("service.yaml")["spec"]["selector"] == labels
    assert manifest("disruption-budget.yaml")["spec"]["selector"]["matchLabels"] == labels
    target = manifest("autoscaler.yaml")["spec"]["scaleTargetRef"]
    assert target == {
        "apiVersion": deployment["apiVersion"],
        "kind": "Deployment",
        "name": deployment["metadata"]["name"],
    }


def test_the_service_has_the_containers_ports(container: Any) -> None:
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports == {"grpc": 8500, "http": 8501}
    service = manifest("service.yaml")["spec"]["ports"]
    assert {port["targetPort"]: port["port"] for port in service} == ports


def test_what_is_mounted_is_there(pod: Any, container: Any) -> None:
    volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == set(volumes)
    claim = volumes["models"]["persistentVolumeClaim"]
    assert claim == {"claimName": manifest("storage.yaml")["metadata"]["name"], "readOnly": True}
    (generated,) = manifest("kustomization.yaml")["configMapGenerator"]
    assert volumes["monitoring"]["configMap"]["name"] == generated["name"]
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    path = f"{mounts['monitoring']}/{generated['files'][0]}"
    assert f"--monitoring_config_file={path}" in container["args"]


def test_a_pod_may_finish_its_requests(pod: Any, container: Any) -> None:
    pause = int(container["lifecycle"]["preStop"]["exec"]["command"][1])
    grace = float(dict(flag.split("=") for flag in container["args"])["--shutdown_grace_s"])
    assert grace >= ServerSettings.shutdown_grace_s
    assert pod["spec"]["terminationGracePeriodSeconds"] > pause + grace


def test_probes_ask_what_they_are_for(container: Any) -> None:
    paths = {
        name: container[f"{name}Probe"]["httpGet"]["path"]
        for name in ("startup", "readiness", "liveness")
    }
    assert paths == {"startup": "/readyz", "readiness": "/readyz", "liveness": "/healthz"}


def test_pods_have_few_rights(pod: Any, container: Any) -> None:
    assert pod["spec"]["automountServiceAccountToken"] is False
    assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_the_network_policy_lets_clients_and_the_monitoring_in_and_nothing_out(
    pod: Any, container: Any
) -> None:
    policy = manifest("network-policy.yaml")["spec"]
    assert policy["podSelector"]["matchLabels"] == pod["metadata"]["labels"]
    assert (policy["policyTypes"], policy["egress"]) == (["Ingress", "Egress"], [])
    clients, monitoring = policy["ingress"]
    ports = [{port["port"] for port in rule["ports"]} for rule in (clients, monitoring)]
    assert ports == [{port["name"] for port in container["ports"]}, {"http"}]
    assert [set(source) for rule in (clients, monitoring) for source in rule["from"]] == [
        {"podSelector"},
        {"namespaceSelector"},
    ]


def test_no_client_of_a_pod_can_change_its_models_or_trace_it(container: Any) -> None:
    switches = {"--enable_reload_config=false", "--enable_profiler=false"}
    assert switches <= set(container["args"])


def test_metrics_are_where_the_annotations_say(pod: Any) -> None:
    text = (KUBERNETES / "monitoring.config").read_text(encoding="utf-8")
    config = load_protos().config_messages.MonitoringConfig()
    text_format.Parse(text, config)
    assert config.prometheus_config.enable
    assert pod["metadata"]["annotations"]["prometheus.io/path"] == config.prometheus_config.path


def test_flags_are_the_servers() -> None:
    used = {
        flag
        for path in (*KUBERNETES.glob("*.yaml"), DEPLOY / "compose.yaml", DEPLOY / "entrypoint.sh")
        for flag in re.findall(r"--([a-z_]+)=", path.read_text(encoding="utf-8"))
    }
    assert {"host", "monitoring_config_file", "shutdown_grace_s"} <= used
    assert used <= set(ServerSettings.__dataclass_fields__)
