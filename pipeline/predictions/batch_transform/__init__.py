"""Classify a file as SageMaker's batch transform does: split, filter, join, assemble."""
