"""What a traffic plan may want to know of an RPC; nothing is read before it is asked."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from serving.runtime.examples import to_examples
from serving.runtime.protos import load_protos

Metadata = Iterable[tuple[str, Any]]


class GrpcRequest:
    """The metadata and the message of an RPC; see `serving.routing.keys.Keyed`."""

    __slots__ = ("_message", "_read_metadata")

    def __init__(self, read_metadata: Callable[[], Metadata], message: Any) -> None:
        """Take an RPC.

        Args:
            read_metadata: Returns the metadata of the client.
            message: A request that asks a model.
        """
        self._read_metadata = read_metadata
        self._message = message

    def header(self, name: str) -> bytes | None:
        """Return a piece of metadata."""
        for key, value in self._read_metadata():
            if key == name:
                return value.encode() if isinstance(value, str) else bytes(value)
        return None

    def texts(self) -> Iterator[bytes]:
        """Yield the texts of the tensors or of the examples."""
        message = self._message
        if "inputs" in message.DESCRIPTOR.fields_by_name:
            for tensor in message.inputs.values():
                yield from tensor.string_val
            return
        example = load_protos().example_pb2.Example
        for serialized in to_examples(message.input):
            for feature in example.FromString(serialized).features.feature.values():
                yield from feature.bytes_list.value

    def content(self) -> bytes:
        """Return the message, serialized."""
        content: bytes = self._message.SerializeToString(deterministic=True)
        return content
