"""StatisticsGen: TFX's component with an executor that bounds what is counted one by one."""

from tfx.components.statistics_gen.component import StatisticsGen
from tfx.dsl.components.base import executor_spec

from components.statistics_gen.executor import Executor


class BoundedStatisticsGen(StatisticsGen):
    """Describe every split; inputs, outputs and parameters are those of TFX's StatisticsGen."""

    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)
