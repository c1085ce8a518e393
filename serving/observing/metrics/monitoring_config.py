"""Reads the file of `--monitoring_config_file`.

Source:
    TensorFlow Serving, `config/monitoring_config.proto`, `util/prometheus_exporter.cc`.
"""

from dataclasses import dataclass
from pathlib import Path

from serving.errors import SettingsError
from serving.runtime.config_messages import read_config

DEFAULT_PATH = "/monitoring/prometheus/metrics"


@dataclass(frozen=True)
class MonitoringOptions:
    """Whether and where metrics can be fetched.

    Attributes:
        enabled: Whether there is such a page.
        path: Its path on the REST port.
    """

    enabled: bool = False
    path: str = DEFAULT_PATH


def read_monitoring_config(path: Path) -> MonitoringOptions:
    """Read a monitoring config.

    Args:
        path: A MonitoringConfig in text form.

    Returns:
        What it says of Prometheus.

    Raises:
        SettingsError: If the file cannot be used; the message names it.
    """
    config = read_config(path, "a MonitoringConfig")
    prometheus = config.prometheus_config
    where = prometheus.path or DEFAULT_PATH
    if not where.startswith("/"):
        raise SettingsError(f"{path}: the path of prometheus_config is {where}; start it with /.")
    return MonitoringOptions(prometheus.enable, where)
