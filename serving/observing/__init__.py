"""What is told about requests: access log, metrics, traces."""
