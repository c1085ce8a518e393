"""The operator that runs a node as a process on Airflow's worker."""

import signal
from collections.abc import Sequence
from typing import Any

from bert_aas.contracts.exit_codes import EXIT_NOT_PUSHED, EXIT_REFUSED, EXIT_VIOLATION
from pipeline.runners.airflow.commands import openable
from pipeline.runners.airflow.links import REPORT_URL_KEY, ReportLink
from pipeline.runners.airflow.names import (
    AirflowException,
    AirflowFailException,
    AirflowSkipException,
    BaseOperator,
)
from pipeline.runners.airflow.process import NodeProcess

_ERROR = "Error: "
_CONDITION = "condition"


class NodeOperator(BaseOperator):
    """Run one node of a compiled pipeline with `bert-aas node`, in its own environment.

    Attributes:
        program: The program, without a shell.
        arguments: Its arguments; templates.
        report_url: Address of the run's report; a template.
    """

    template_fields: Sequence[str] = ("arguments", "report_url")
    operator_extra_links = (ReportLink(),)
    ui_color = "#e8f0fe"

    def __init__(
        self, *, program: str, arguments: Sequence[str], report_url: str, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.program = program
        self.arguments = list(arguments)
        self.report_url = report_url
        self._process: NodeProcess | None = None
        self._reason = ""

    def execute(self, context: Any) -> None:
        """Run the node and pass its output on to the task's log.

        Args:
            context: Airflow's.

        Raises:
            AirflowException: If the node failed; Airflow tries again.
            AirflowFailException: If the input was refused or the program is missing; it does not.
            AirflowSkipException: If there was nothing to push, or a condition does not hold.
        """
        context["ti"].xcom_push(key=REPORT_URL_KEY, value=openable(self.report_url))
        try:
            self._process = NodeProcess([self.program, *self.arguments])
        except OSError as exc:
            raise AirflowFailException(
                f"{self.program} cannot be started ({exc.strerror}): `airflow.program` must be the "
                "`bert-aas` of the environment that has TFX"
            ) from exc
        code = self._process.follow(self._show)
        if code == EXIT_NOT_PUSHED and self.arguments[0] == _CONDITION:
            raise AirflowSkipException("the model met its conditions")
        raise_for_exit_code(code, self._reason)

    def on_kill(self) -> None:
        """Stop the node; it marks its execution as failed."""
        if self._process is not None:
            self.log.info("stopping the node")
            self._process.stop()

    def _show(self, line: str) -> None:
        self.log.info("%s", line)
        if line.startswith(_ERROR):
            self._reason = line.removeprefix(_ERROR)


def raise_for_exit_code(code: int | None, reason: str = "") -> None:
    """Tell Airflow how a node ended.

    Args:
        code: The exit code of `bert-aas node`; negative: the number of a signal; `None`: unknown.
        reason: What the node said.

    Raises:
        AirflowException: If the node failed; Airflow tries again.
        AirflowFailException: If the input was refused or a gate stopped the run, since no retry
            helps.
        AirflowSkipException: If there was nothing to push.
    """
    if code == 0:
        return
    if code == EXIT_NOT_PUSHED:
        raise AirflowSkipException("nothing was pushed: the model is not blessed")
    if code == EXIT_VIOLATION:
        raise AirflowFailException(reason or "a figure is beyond its limit, see the log")
    if code == EXIT_REFUSED:
        raise AirflowFailException(reason or "the input was refused, see the log")
    if code is not None and code < 0:
        raise AirflowException(f"the node was stopped by {signal.Signals(-code).name}")
    raise AirflowException(reason or f"the node failed with exit code {code}, see the log")
