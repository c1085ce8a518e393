"""The key of a request: requests with the same key get the same version."""

from collections.abc import Iterable
from typing import Protocol

VERSION_HEADER = "x-model-version"
"""Header and metadata of answers: the version that gave them."""


class Keyed(Protocol):
    """What a transport knows of a request; each is read only if it is needed."""

    def header(self, name: str) -> bytes | None:
        """Return a header or a piece of metadata; None if it is not there.

        Args:
            name: Its name, in lower case.
        """
        ...

    def texts(self) -> Iterable[bytes]:
        """Return the texts that the model is asked about, in any order.

        Raises:
            ServingError: If the request cannot be read.
        """
        ...

    def content(self) -> bytes:
        """Return the request as sent, for one without texts."""
        ...


def key_of(request: Keyed, header: str) -> bytes:
    """Find the key of a request.

    Args:
        request: The request.
        header: Name of the header that may hold it, in lower case.

    Returns:
        The header; without one the texts, alike for REST and gRPC, rows and columns; without texts
        the request as sent.

    Raises:
        ServingError: If the request cannot be read.
    """
    given = request.header(header)
    if given:
        return given
    texts = sorted(request.texts())
    if not texts:
        return request.content()
    return b"".join(b"%d:%b" % (len(text), text) for text in texts)
