"""Pusher: TFX's component with an executor that publishes a version all at once."""

import json
from typing import Any, ClassVar

from tfx import types
from tfx.components.pusher.component import Pusher
from tfx.dsl.components.base import base_component, executor_spec
from tfx.proto import pusher_pb2
from tfx.types import component_spec, standard_artifacts
from tfx.types.experimental import simple_artifacts
from tfx.types.standard_component_specs import PusherSpec

from components.pusher.driver import LostPushDriver
from components.pusher.executor import APPROVAL_KEY, REGISTRATION_KEY, Executor


class AtomicPusher(Pusher):
    """Copy a blessed model to the folder that servers watch: complete, or not at all.

    Inputs and outputs are those of TFX's Pusher.
    """

    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)
    DRIVER_CLASS = LostPushDriver


class RegisteredPusherSpec(component_spec.ComponentSpec):
    """TFX's contract, with what the Registrar did, and whether an approval is needed."""

    PARAMETERS: ClassVar[dict[str, Any]] = {
        **PusherSpec.PARAMETERS,
        APPROVAL_KEY: component_spec.ExecutionParameter(type=str),
    }
    INPUTS: ClassVar[dict[str, Any]] = {
        **PusherSpec.INPUTS,
        REGISTRATION_KEY: component_spec.ChannelParameter(type=simple_artifacts.Metrics),
    }
    OUTPUTS = PusherSpec.OUTPUTS


class RegisteredPusher(base_component.BaseComponent):
    """Push a registered model, and write the deployment into the registry.

    Inputs and outputs are those of TFX's Pusher, and `registration` of the Registrar. A version
    that must be approved first is not pushed: `pushed_model` names it (`waiting_for_approval`).
    """

    SPEC_CLASS = RegisteredPusherSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)
    DRIVER_CLASS = LostPushDriver

    def __init__(
        self,
        channels: dict[str, types.BaseChannel],
        push_destination: pusher_pb2.PushDestination,
        approval: str,
        custom_config: dict[str, str] | None = None,
    ) -> None:
        """Declare the node.

        Args:
            channels: `model`, `model_blessing`, `infra_blessing` and `registration`.
            push_destination: TFX's proto with the serving folder.
            approval: `required`, or `not required`.
            custom_config: As of `AtomicPusher`: it may name the key to sign with.
        """
        super().__init__(
            spec=RegisteredPusherSpec(
                push_destination=push_destination,
                approval=approval,
                custom_config=json.dumps(custom_config),
                pushed_model=types.Channel(type=standard_artifacts.PushedModel),
                **channels,
            )
        )
