"""The command line of one node, the same for every orchestrator. Standard library only."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class NodeCall:
    """One call of `bert-aas node`. Any text may be a template of the orchestrator.

    Attributes:
        node_id: Id of the node.
        ir: The compiled pipeline: a path, a URI, or the `data:` URI of one node.
        run_id: Id that all nodes of a run share.
        parameters: Configuration key to value, e.g. `train.epochs` to `3`.
        report_dir: Folder for the run's report, written by the node that ends the run.
        not_pushed_exit_code: Exit code of a Pusher that pushed nothing; 0 if not given.
    """

    node_id: str
    ir: str
    run_id: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    report_dir: str | None = None
    not_pushed_exit_code: int | None = None


def node_arguments(call: NodeCall) -> list[str]:
    """Spell a call out.

    Args:
        call: What to run.

    Returns:
        The arguments that follow the program's name, each one a whole word for `exec`.
    """
    arguments = ["node", "--ir", call.ir, "--node", call.node_id, "--run-id", call.run_id]
    for key, value in call.parameters.items():
        arguments += ["--set", f"{key}={value}"]
    options: dict[str, str | int | None] = {
        "--report-dir": call.report_dir,
        "--not-pushed-exit-code": call.not_pushed_exit_code,
    }
    for option, given in options.items():
        if given is not None:
            arguments += [option, str(given)]
    return arguments
