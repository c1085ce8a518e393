"""The volume for Kubeflow Pipelines: valid, and in agreement with the image and the guide."""

from typing import Any

import pytest
import yaml

from pipeline.config.kubeflow_params import KubeflowParams
from tests.deploy.dockerfiles import instructions
from tests.deploy.test_manifests import VERSIONS
from tests.deploy.tools import DEPLOY, ROOT, check

KUBEFLOW = DEPLOY / "kubeflow"


def manifest(name: str) -> Any:
    return yaml.safe_load((KUBEFLOW / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("version", VERSIONS)
def test_manifests_are_valid(version: str) -> None:
    check("kubernetes-validate", "--strict", "-k", version, *sorted(KUBEFLOW.glob("*.yaml")))


def test_the_loader_sees_the_volume_as_the_steps_do() -> None:
    claim, pod = manifest("storage.yaml")["metadata"], manifest("loader.yaml")
    (volume,) = pod["spec"]["volumes"]
    (container,) = pod["spec"]["containers"]
    assert volume["persistentVolumeClaim"]["claimName"] == claim["name"]
    assert pod["metadata"]["namespace"] == claim["namespace"]
    assert container["volumeMounts"][0]["mountPath"] == KubeflowParams().mount_path
    guide = (ROOT / "docs" / "kubeflow.md").read_text(encoding="utf-8")
    assert f"kubeflow.volume_claim={claim['name']}" in guide


def test_the_volume_is_handed_to_the_images_user() -> None:
    (owner,) = manifest("loader.yaml")["spec"]["initContainers"]
    (user,) = instructions(DEPLOY / "pipeline.Dockerfile", "USER")
    assert owner["command"] == ["chown", user, "/data"]
