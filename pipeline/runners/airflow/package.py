"""The folder of one compiled pipeline for Airflow: `compile` writes it, and DAG files read it.

`topology.json` is what the DAG is made of; `pipeline.json` is what the tasks run.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bert_aas.contracts.files.atomic import write_text
from bert_aas.contracts.plain_text import printable, shell_word
from pipeline.graph.shape.topology import Topology, from_json, to_json

if TYPE_CHECKING:
    from pipeline.config.pipeline_config import PipelineConfig
    from pipeline.graph.compiled import CompiledPipeline

PIPELINE_FILE = "pipeline.json"
TOPOLOGY_FILE = "topology.json"

_SQLITE = "sqlite:"
_PARALLEL_TASKS = 16


@dataclass(frozen=True)
class Package:
    """One compiled pipeline, as a DAG sees it.

    Attributes:
        folder: Where it lies.
        topology: Nodes, edges and parameters.
        options: The section `airflow` of the configuration, `program` filled in.
        data_asset: URI that stands for the data.
        model_asset: URI that stands for the pushed model.
        parallel_tasks: How many tasks of a run may run at once.
        irs: Node id to where its part of the compiled pipeline is, if not in `pipeline.json`.
        has_command: Whether a run ends with `evaluate.command` for a model that did not meet its
            conditions.
    """

    folder: Path
    topology: Topology
    options: Mapping[str, Any]
    data_asset: str
    model_asset: str
    parallel_tasks: int
    irs: Mapping[str, str]
    has_command: bool = False

    def ir(self, node_id: str) -> str:
        """Return the location of the compiled pipeline, or of a node's part of it."""
        return self.irs.get(node_id, str(self.folder / PIPELINE_FILE))


def write_package(compiled: CompiledPipeline, path: Path) -> str:
    """Write a compiled pipeline for Airflow.

    Args:
        compiled: The compiled pipeline.
        path: Folder of all pipelines; this one's is made in it, named after the pipeline.

    Returns:
        What to do next, for the user.

    Raises:
        InvalidInputError: If pods could not share folders or metadata.
        OSError: If the folder cannot be written.
    """
    from pipeline.graph.compiled import write_compiled

    content = _content(compiled)
    folder = path / compiled.config.name
    folder.mkdir(parents=True, exist_ok=True)
    write_compiled(compiled, folder / PIPELINE_FILE)
    # Last, and at once: Airflow may read it at any time.
    write_text(folder / TOPOLOGY_FILE, json.dumps(content, indent=2, ensure_ascii=False))
    return _next_steps(compiled, path.absolute())


def read_packages(folder: Path) -> list[Package]:
    """Read all pipelines that were written into a folder.

    Args:
        folder: The folder; it need not exist.

    Returns:
        The pipelines, sorted by name.

    Raises:
        ValueError: If one of them was not written by `bert-aas compile`.
    """
    return [_read(file) for file in sorted(folder.glob(f"*/{TOPOLOGY_FILE}"))]


def _read(file: Path) -> Package:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        topology = from_json(content.pop("topology"))
        return Package(folder=file.parent.absolute(), topology=topology, **content)
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise ValueError(
            f"{file} was not written by this version of `bert-aas compile --runner airflow`; "
            "compile the pipeline again"
        ) from exc


def _content(compiled: CompiledPipeline) -> dict[str, Any]:
    from pipeline.config.layout import output_layout
    from pipeline.graph.compiled import encode_node

    config, topology = compiled.config, compiled.topology()
    options = config.airflow.model_dump(mode="json")
    in_pods = options["task"] == "kubernetes"
    if in_pods:
        _check_reachable_by_pods(config)
    options["program"] = options["program"] or ("bert-aas" if in_pods else _own_program())
    model_folder = config.push.directory or output_layout(config.output_dir).serving_model
    url = config.metadata.url
    return {
        "topology": to_json(topology),
        "options": options,
        "data_asset": _uri(config.data.path),
        "model_asset": _uri(model_folder),
        # Processes that write to one SQLite file at once would lock each other out.
        "parallel_tasks": 1 if url is None or url.startswith(_SQLITE) else _PARALLEL_TASKS,
        "has_command": config.evaluate.otherwise == "command",
        "irs": {node.id: encode_node(compiled, node.id) for node in topology.nodes}
        if in_pods
        else {},
    }


def _check_reachable_by_pods(config: PipelineConfig) -> None:
    from pipeline.runners.shared_storage import Containers, check_shared_storage

    pods = config.airflow.kubernetes
    containers = Containers(
        name="pods",
        section="airflow.kubernetes",
        volume_claim=pods.volume_claim,
        mount_path=pods.mount_path,
        # Which keys a secret has is known to the cluster alone.
        variables=() if pods.env_secret is None else None,
        variable_hint="name the secret that has it as a key in `airflow.kubernetes.env_secret`",
    )
    check_shared_storage(config, containers)


def _own_program() -> str:
    """Find this environment's `bert-aas`; the one of Airflow's environment cannot run nodes."""
    program = Path(sys.executable).with_name("bert-aas")
    return str(program) if program.exists() else program.name


def _uri(location: str) -> str:
    from bert_aas.contracts.files.locations import is_remote

    return location if is_remote(location) else Path(location).absolute().as_uri()


def _next_steps(compiled: CompiledPipeline, path: Path) -> str:
    name, pool = compiled.config.name, compiled.config.airflow.trainer_pool
    folder = shell_word(path)
    lines = [
        f"wrote {printable(path / name)}",
        "",
        "In Airflow's environment:",
        f"  export BERT_AAS_PIPELINES={folder}   # for scheduler, DAG processor and workers",
        '  cp dags/bert_aas_dags.py "$AIRFLOW_HOME/dags/"',
    ]
    if pool != "default_pool":
        lines += [
            f'  airflow pools set {shell_word(pool)} 1 "Training"   '
            "# without it the Trainer never starts"
        ]
    lines += [
        f"  airflow dags unpause {name}",
        f"  airflow dags trigger {name} --conf '{{\"epochs\": 3}}'",
    ]
    return "\n".join(lines) + "\n"
