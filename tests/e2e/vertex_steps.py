"""Run the steps of a Vertex AI job on this machine: each one's own command, in its own process.

What Vertex AI does around a step is done here as its documentation and KFP's schema describe it:
the ExecutorInput is filled in, the ExecutorOutput is read, artifacts are handed on.
"""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.e2e.pipeline_process import TIMEOUT_S

EXECUTOR_INPUT = "{{$}}"
STORE = "projects/1/locations/us-central1/metadataStores/default/artifacts"


@dataclass
class VertexJob:
    """A job, and a folder that stands for its bucket.

    Attributes:
        spec: The job's pipelineSpec.
        bucket: URI of the bucket in the job.
        folder: The folder that takes its place.
        artifacts: What the steps have made so far, by task and output key.
    """

    spec: dict[str, Any]
    bucket: str
    folder: Path
    artifacts: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def tasks(self) -> list[str]:
        """Return the tasks in an order in which they can run."""
        waiting = {
            name: set(task.get("dependentTasks", ())) | set(_producers(task))
            for name, task in self.spec["root"]["dag"]["tasks"].items()
        }
        ordered: list[str] = []
        while waiting:
            ready = sorted(name for name, needed in waiting.items() if needed <= set(ordered))
            assert ready, f"a cycle among {sorted(waiting)}"
            ordered.extend(ready)
            waiting = {name: needed for name, needed in waiting.items() if name not in ready}
        return ordered

    def run(self, task: str) -> None:
        """Run one task; a resolver finds nothing, as in a first run."""
        component, executor = self._definitions(task)
        if "resolver" in executor:
            return
        given = self._executor_input(task, component)
        for made in given["outputs"]["artifacts"].values():
            Path(made["artifacts"][0]["uri"]).mkdir(parents=True)  # a bucket needs no folders
        container = executor["container"]
        python, *command = container["command"]
        assert python == "python"
        arguments = [
            json.dumps(given) if argument == EXECUTOR_INPUT else argument
            for argument in container["args"]
        ]
        process = subprocess.run(
            [sys.executable, *command, *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        assert process.returncode == 0, f"{task}: {process.stderr[-4000:]}"
        self._keep(task, component, given)

    def artifact(self, task: str, key: str) -> dict[str, Any]:
        """Return what a task has made: its uri, and its metadata."""
        return self.artifacts[task, key]

    def _definitions(self, task: str) -> tuple[dict[str, Any], dict[str, Any]]:
        name = self.spec["root"]["dag"]["tasks"][task]["componentRef"]["name"]
        component = self.spec["components"][name]
        executors = self.spec["deploymentSpec"]["executors"]
        return component, executors[component["executorLabel"]]

    def _executor_input(self, task: str, component: dict[str, Any]) -> dict[str, Any]:
        inputs = self.spec["root"]["dag"]["tasks"][task].get("inputs", {})
        root = f"{self.bucket}/root/{task}_1"
        given = {
            "inputs": {
                "parameterValues": {
                    key: value["runtimeValue"]["constant"]
                    for key, value in inputs.get("parameters", {}).items()
                },
                "artifacts": {
                    key: {"artifacts": self._resolved(source["taskOutputArtifact"])}
                    for key, source in inputs.get("artifacts", {}).items()
                },
            },
            "outputs": {
                "artifacts": {
                    key: {"artifacts": [_declared(task, key, f"{root}/{key}", output)]}
                    for key, output in component["outputDefinitions"]["artifacts"].items()
                },
                "outputFile": f"{root}/executor_output.json",
            },
        }
        here: dict[str, Any] = json.loads(json.dumps(given).replace(self.bucket, str(self.folder)))
        return here

    def _resolved(self, source: dict[str, Any]) -> list[dict[str, Any]]:
        found = self.artifacts.get((source["producerTask"], source["outputArtifactKey"]))
        return [found] if found else []

    def _keep(self, task: str, component: dict[str, Any], given: dict[str, Any]) -> None:
        output = json.loads(Path(given["outputs"]["outputFile"]).read_text(encoding="utf-8"))
        for key in component["outputDefinitions"]["artifacts"]:
            (declared,) = given["outputs"]["artifacts"][key]["artifacts"]
            (made,) = output["artifacts"][key]["artifacts"]
            self.artifacts[task, key] = {**declared, **made}


def _producers(task: dict[str, Any]) -> list[str]:
    sources = task.get("inputs", {}).get("artifacts", {}).values()
    return [source["taskOutputArtifact"]["producerTask"] for source in sources]


def _declared(task: str, key: str, uri: str, output: dict[str, Any]) -> dict[str, Any]:
    return {"name": f"{STORE}/{task}-{key}", "uri": uri, "type": output["artifactType"]}
