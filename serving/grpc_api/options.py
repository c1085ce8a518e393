"""The options of the gRPC server."""

from collections.abc import Sequence
from dataclasses import dataclass

from serving.errors import SettingsError

ChannelOption = tuple[str, str | int]

MAX_MESSAGE_BYTES = 2**31 - 1  # protobuf's limit


@dataclass(frozen=True)
class GrpcOptions:
    """How the gRPC server behaves.

    Attributes:
        max_threads: Threads that answer requests to models; what finds none waits for one, also a
            small request behind large ones.
        max_concurrent_requests: Requests to models that run or wait; others are refused at once
            with RESOURCE_EXHAUSTED.
        max_request_bytes: Size of the largest request message.
        channel_arguments: gRPC's own settings as `key=value`, such as
            `grpc.max_connection_age_ms=60000`.
        serialize_as_tensor_content: Answer Predict with `tensor_content` instead of typed fields.
        enable_health_check: Whether to offer `grpc.health.v1.Health`.
        enable_profiler: Whether to offer `tensorflow.ProfilerService`.
        check_method_names: Let only signatures declared for it classify and regress.
        enable_reload: Whether clients may change which models are served.
    """

    max_threads: int = 512
    max_concurrent_requests: int = 512
    max_request_bytes: int = MAX_MESSAGE_BYTES
    channel_arguments: Sequence[str] = ()
    serialize_as_tensor_content: bool = False
    enable_health_check: bool = False
    enable_profiler: bool = False
    check_method_names: bool = False
    enable_reload: bool = True

    def channel_options(self) -> list[ChannelOption]:
        """List the settings of the transport as grpcio takes them.

        Returns:
            Keys and values; the user's arguments come first, as the first of a key counts.

        Raises:
            SettingsError: If a channel argument is no pair.
        """
        return [
            *map(_parse, self.channel_arguments),
            ("grpc.max_send_message_length", -1),
            ("grpc.max_receive_message_length", min(self.max_request_bytes, MAX_MESSAGE_BYTES)),
            ("grpc.so_reuseport", 0),  # a taken port is an error, not shared
        ]


def _parse(argument: str) -> ChannelOption:
    key, equals, value = argument.strip().partition("=")
    if not key or not equals:
        raise SettingsError(
            f"--grpc_channel_arguments has {argument!r}; give key=value pairs, comma-separated."
        )
    try:
        return key, int(value)
    except ValueError:
        return key, value
