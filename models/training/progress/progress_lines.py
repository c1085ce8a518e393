"""How progress is reported: the logger, and durations for people. Imports no Keras, for runners."""

PROGRESS_LOGGER = "models.training.progress.progress"
"""Runners show this logger's messages to the user, whatever the log level."""


def format_duration(seconds: float) -> str:
    """Write a duration for people.

    Args:
        seconds: A duration, at least 0.

    Returns:
        For example `42 s`, `3 min 5 s` or `2 h 10 min`.
    """
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004 - seconds of a minute
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:  # noqa: PLR2004 - minutes of an hour
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"
