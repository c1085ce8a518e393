"""Metrics in the text form of TensorFlow Serving, for Prometheus to fetch."""

from serving.observing.metrics.monitoring_config import MonitoringOptions, read_monitoring_config
from serving.observing.metrics.server_metrics import ServerMetrics

__all__ = ["MonitoringOptions", "ServerMetrics", "read_monitoring_config"]
