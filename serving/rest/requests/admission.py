"""How much the server works on at once; requests above the limit are refused, never queued."""

import threading

from serving.errors import OverloadedError

_FREE_BYTES = 64 * 1024  # per body: senders of large bodies must not lock out small requests


class Admission:
    """Counts the requests in work and the bytes of their bodies."""

    def __init__(self, max_requests: int, max_bytes: int) -> None:
        self._max_requests = max_requests
        self._max_bytes = max_bytes
        self._requests = 0
        self._bytes = 0
        self._lock = threading.Lock()

    def ticket(self) -> "Ticket":
        """Return a ticket for one request; it holds nothing yet."""
        return Ticket(self)

    def _take_request(self) -> None:
        with self._lock:
            if self._requests >= self._max_requests:
                raise OverloadedError(
                    f"The server is working on {self._max_requests} requests, which is its limit; "
                    "try again later"
                )
            self._requests += 1

    def _take_bytes(self, count: int) -> None:
        with self._lock:
            if self._bytes + count > self._max_bytes:
                raise OverloadedError(
                    f"The request bodies in work reach the limit of {self._max_bytes} bytes; "
                    "try again later"
                )
            self._bytes += count

    def _give_back(self, requests: int, count: int) -> None:
        with self._lock:
            self._requests -= requests
            self._bytes -= count


class Ticket:
    """What one request holds of the limits; used by one thread at a time."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._requests = 0
        self._seen = 0
        self._held = 0

    def add_bytes(self, count: int) -> None:
        """Count more bytes of a body, beyond an allowance that is free.

        Args:
            count: How many.

        Raises:
            OverloadedError: If all bodies together grow too large.
        """
        self._seen += count
        wanted = max(0, self._seen - _FREE_BYTES) - self._held
        if wanted > 0:
            self._admission._take_bytes(wanted)
            self._held += wanted

    def start(self) -> None:
        """Count the request as one in work.

        Raises:
            OverloadedError: If there are too many.
        """
        self._admission._take_request()
        self._requests = 1

    def release(self) -> None:
        """Give everything back; again does nothing."""
        requests, held = self._requests, self._held
        self._requests = self._held = 0
        if requests or held:
            self._admission._give_back(requests, held)
