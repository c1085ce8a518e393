"""When a batch may be given up: only after all of its callers have given up."""

from collections.abc import Iterable


def latest_deadline(deadlines: Iterable[float | None]) -> float | None:
    """Return when the last of the callers gives up.

    Args:
        deadlines: Their deadlines, in seconds of `time.monotonic`; None never gives up.

    Returns:
        The latest of them; None if one of the callers never gives up.
    """
    latest = float("-inf")
    for deadline in deadlines:
        if deadline is None:
            return None
        latest = max(latest, deadline)
    return latest
