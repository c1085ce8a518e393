"""Python classes of messages that are declared in the code; protobuf's releases differ in it."""

from typing import Any

from google.protobuf import message_factory

_FACTORY: Any = message_factory


def message_class(pool: Any, name: str) -> Any:
    """Return the class of a message.

    Args:
        pool: The descriptor pool that holds it.
        name: Its full name, such as "bert_aas.serving.Config".

    Returns:
        The class.
    """
    descriptor = pool.FindMessageTypeByName(name)
    if hasattr(_FACTORY, "GetMessageClass"):  # protobuf 4.22 and later
        return _FACTORY.GetMessageClass(descriptor)
    return _FACTORY.MessageFactory(pool).GetPrototype(descriptor)
