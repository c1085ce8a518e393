"""The link from a task to the report of its run."""

from typing import Any

from pipeline.runners.airflow.names import BaseOperatorLink, XCom

REPORT_URL_KEY = "report_url"


class ReportLink(BaseOperatorLink):
    """The button "Report" of a task."""

    name = "Report"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """Look up the address that the task left.

        Args:
            operator: The task, its templates perhaps not rendered.
            ti_key: Its run.

        Returns:
            The address; empty if the task has not started.
        """
        return str(XCom.get_value(key=REPORT_URL_KEY, ti_key=ti_key) or "")
