"""Shorten an error of OpenVINO or NNCF for messages."""

_FINDING = "-- "


def brief(exc: Exception) -> str:
    """Cut a message to what was wrong.

    Args:
        exc: The error.

    Returns:
        The findings of OpenVINO's front end, if it lists any; else the last line: those before it
        are places in OpenVINO's sources.
    """
    lines = [line.strip() for line in str(exc).splitlines() if line.strip()]
    found = [line.removeprefix(_FINDING) for line in lines if line.startswith(_FINDING)]
    chosen = found or lines[-1:] or [type(exc).__name__]
    return "; ".join(chosen).rstrip(".")
