"""The address of `pipelines_dir` in DAG files that were copied before 0.2.0."""

from pipeline.environment import pipelines_dir

__all__ = ["pipelines_dir"]
