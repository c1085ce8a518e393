"""Kubeflow Pipelines 2: one container step per node, compiled with KFP's own SDK."""

from pipeline.runners.kubeflow.package import write_package

__all__ = ["write_package"]
