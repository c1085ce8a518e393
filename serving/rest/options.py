"""The options of the REST server: limits, timeouts and optional routes."""

from dataclasses import dataclass

_MIB = 1024 * 1024
_BUFFERED_BODIES = 8  # bodies of the largest size that may be in memory at once


@dataclass(frozen=True)
class RestOptions:
    """Options of the REST side.

    Attributes:
        timeout_s: Longest time for a request's body to arrive, and again for its answer, seconds.
        num_threads: Threads that parse requests and call models.
        max_request_bytes: Largest body, before and after gunzipping.
        max_concurrent_requests: Requests that wait for a thread or run at once.
        enable_cors: Whether every `/v1/` answer allows requests from pages of other origins.
        metrics_path: Path of the metrics; None has none.
        check_method_names: Whether signatures answer only the calls that they declare.
    """

    timeout_s: float = 30.0
    num_threads: int = 512
    max_request_bytes: int = 16 * _MIB
    max_concurrent_requests: int = 512
    enable_cors: bool = False
    metrics_path: str | None = None
    check_method_names: bool = False

    @property
    def max_buffered_bytes(self) -> int:
        """Largest total size of the bodies in memory at once."""
        return _BUFFERED_BODIES * self.max_request_bytes
