"""The command line of one node, the same for every orchestrator. Standard library only."""

from collections.abc import Mapping
from dataclasses import dataclass, field

VERDICT_PATH = "verdict.passed"
"""Where `evaluation.json` says whether the model met its conditions."""


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
    arguments = ["node", "--ir", call.ir, "--node", call.node_id, *_run_arguments(call)]
    options: dict[str, str | int | None] = {
        "--report-dir": call.report_dir,
        "--not-pushed-exit-code": call.not_pushed_exit_code,
    }
    for option, given in options.items():
        if given is not None:
            arguments += [option, str(given)]
    return arguments


def condition_arguments(call: NodeCall) -> list[str]:
    """Spell out the question whether the model of a run did not meet its conditions.

    Args:
        call: The run; its `node_id` is not told.

    Returns:
        The arguments that follow the program's name.
    """
    asked = ["--path", VERDICT_PATH, "--operator", "==", "--bound", "false"]
    return ["condition", "--ir", call.ir, *_run_arguments(call), *asked]


def otherwise_arguments(call: NodeCall) -> list[str]:
    """Spell out the else-branch of a run.

    Args:
        call: The run; its `node_id` is not told.

    Returns:
        The arguments that follow the program's name.
    """
    report = [] if call.report_dir is None else ["--report-dir", call.report_dir]
    return ["otherwise", "--ir", call.ir, *_run_arguments(call), *report]


def _run_arguments(call: NodeCall) -> list[str]:
    settings = (f"{key}={value}" for key, value in call.parameters.items())
    pairs = (("--set", setting) for setting in settings)
    return ["--run-id", call.run_id, *(word for pair in pairs for word in pair)]
