"""Pusher: TFX's component with an executor that publishes a version all at once."""

from tfx.components.pusher.component import Pusher
from tfx.dsl.components.base import executor_spec

from components.pusher.driver import LostPushDriver
from components.pusher.executor import Executor


class AtomicPusher(Pusher):
    """Copy a blessed model to the folder that servers watch: complete, or not at all.

    Inputs and outputs are those of TFX's Pusher.
    """

    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)
    DRIVER_CLASS = LostPushDriver
