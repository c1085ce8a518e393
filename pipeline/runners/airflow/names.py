"""Airflow's names, wherever the installed version keeps them (2.10, 2.11, 3)."""

from airflow.providers.common.compat.sdk import (
    DAG,
    Asset,
    BaseOperator,
    BaseOperatorLink,
    Param,
    XCom,
)

try:
    from airflow.providers.common.compat.sdk import (
        AirflowException,
        AirflowFailException,
        AirflowPlugin,
        AirflowSkipException,
    )
except ImportError:  # the provider's last version for Airflow 2.10 does not have these
    from airflow.exceptions import AirflowException, AirflowFailException, AirflowSkipException
    from airflow.plugins_manager import AirflowPlugin

__all__ = [
    "DAG",
    "AirflowException",
    "AirflowFailException",
    "AirflowPlugin",
    "AirflowSkipException",
    "Asset",
    "BaseOperator",
    "BaseOperatorLink",
    "Param",
    "XCom",
]
