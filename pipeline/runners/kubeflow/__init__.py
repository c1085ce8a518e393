"""Kubeflow Pipelines 2: one container step per node, compiled with KFP's own SDK."""
