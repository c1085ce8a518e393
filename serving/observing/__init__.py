"""Observe requests: access log, metrics, traces."""
