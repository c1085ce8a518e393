"""Transform: TFX's component with an executor that applies the graph file by file."""

from tfx.components.transform.component import Transform
from tfx.dsl.components.base import executor_spec

from components.transform.executor import Executor


class FileTransform(Transform):
    """Analyse the train split, write the transform graph, apply it to all splits.

    Inputs and outputs are those of TFX's Transform without statistics and analyzer cache;
    `splits_config`, `force_tf_compat_v1` and the options of saving are not read.
    """

    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)
