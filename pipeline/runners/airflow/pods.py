"""The operator that runs a node in a pod, with the command of the process variant."""

from typing import Any

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from kubernetes.client import models as k8s

from bert_aas.contracts.exit_codes import EXIT_NOT_PUSHED, EXIT_REFUSED, EXIT_VIOLATION
from pipeline.runners.airflow.commands import openable
from pipeline.runners.airflow.links import REPORT_URL_KEY, ReportLink
from pipeline.runners.airflow.names import (
    AirflowException,
    AirflowFailException,
    AirflowSkipException,
)

_GRACE_PERIOD_S = 60
_VOLUME = "pipeline"
_GPU = "nvidia.com/gpu"


class NodePodOperator(KubernetesPodOperator):
    """Run one node of a compiled pipeline with `bert-aas node`, in a pod.

    Attributes:
        report_url: Address of the run's report; a template.
    """

    template_fields = (*KubernetesPodOperator.template_fields, "report_url")
    operator_extra_links = (ReportLink(),)

    def __init__(self, *, report_url: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.report_url = report_url

    def execute(self, context: Any) -> Any:
        """Run the pod and pass its output on to the task's log.

        Args:
            context: Airflow's.

        Returns:
            Nothing of use.
        """
        context["ti"].xcom_push(key=REPORT_URL_KEY, value=openable(self.report_url))
        return super().execute(context)

    def cleanup(self, pod: Any, remote_pod: Any, *args: Any, **kwargs: Any) -> None:
        """Clean up after the pod.

        Args:
            pod: As it was asked for.
            remote_pod: As it ended.
            *args: Further arguments of Airflow.
            **kwargs: The same, by name.

        Raises:
            AirflowException: If the node failed; Airflow tries again.
            AirflowFailException: If the input was refused or a gate stopped the run, since no
                retry helps.
            AirflowSkipException: If there was nothing to push.
        """
        try:
            super().cleanup(pod, remote_pod, *args, **kwargs)
        except AirflowSkipException:
            raise
        except AirflowException as exc:
            code = exit_code(remote_pod, self.base_container_name)
            if code in {EXIT_REFUSED, EXIT_VIOLATION}:
                refused = "the input was refused" if code == EXIT_REFUSED else "a gate stopped it"
                raise AirflowFailException(f"{refused}, see the log") from exc
            raise


def pod_arguments(options: dict[str, Any], *, trains: bool) -> dict[str, Any]:
    """Make the operator's arguments that depend on the configuration alone.

    Args:
        options: The section `airflow.kubernetes`.
        trains: Whether the pod needs the resources of a training.

    Returns:
        Keyword arguments of `NodePodOperator`.
    """
    return {
        "image": options["image"],
        "namespace": options["namespace"],
        "service_account_name": options["service_account"],
        "container_resources": _resources(options["trainer_resources" if trains else "resources"]),
        "startup_timeout_seconds": options["startup_timeout_s"],
        "env_vars": {"PYTHONUNBUFFERED": "1"},
        "skip_on_exit_code": EXIT_NOT_PUSHED,
        # So long a node that is told to end may mark its execution as failed.
        "termination_grace_period": _GRACE_PERIOD_S,
        # The command holds a compressed graph: pages of it help nobody.
        "log_pod_spec_on_failure": False,
        **_storage(options),
        **_secret(options["env_secret"]),
    }


def exit_code(pod: Any, container: str) -> int | None:
    """Read how a container ended.

    Args:
        pod: The pod, as Kubernetes describes it.
        container: Name of the container.

    Returns:
        Its exit code; `None` if it has not ended.
    """
    statuses = (pod.status.container_statuses if pod and pod.status else None) or []
    for status in statuses:
        if status.name == container and status.state and status.state.terminated:
            return int(status.state.terminated.exit_code)
    return None


def _resources(wanted: dict[str, Any]) -> k8s.V1ResourceRequirements:
    fixed = {"memory": wanted["memory"]} | ({_GPU: str(wanted["gpus"])} if wanted["gpus"] else {})
    return k8s.V1ResourceRequirements(requests={"cpu": wanted["cpu"], **fixed}, limits=fixed)


def _storage(options: dict[str, Any]) -> dict[str, Any]:
    claim = options["volume_claim"]
    if claim is None:
        return {}
    source = k8s.V1PersistentVolumeClaimVolumeSource(claim_name=claim)
    return {
        "volumes": [k8s.V1Volume(name=_VOLUME, persistent_volume_claim=source)],
        "volume_mounts": [k8s.V1VolumeMount(name=_VOLUME, mount_path=options["mount_path"])],
    }


def _secret(name: str | None) -> dict[str, Any]:
    if name is None:
        return {}
    return {"env_from": [k8s.V1EnvFromSource(secret_ref=k8s.V1SecretEnvSource(name=name))]}
