"""Read the times that a column holds: ISO 8601, or seconds since 1970."""

from datetime import datetime, timedelta, timezone

from pydantic import TypeAdapter, ValidationError

from bert_aas.tables.values import Value

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICROSECOND = timedelta(microseconds=1)
_READER = TypeAdapter(datetime)  # compiled code, half a microsecond for a value


def read_time(value: Value) -> int | None:
    """Read a time.

    Args:
        value: A date or a date with a time as ISO 8601 has it, or a number of seconds since 1970
            (above 20,000,000,000 of milliseconds), as a number or as its digits. Without a time
            zone it is UTC.

    Returns:
        Microseconds since 1970 in UTC, finer digits cut off; None if this is no time.

    Example:
        >>> read_time("1970-01-01T01:00:00+01:00"), read_time("1970-01-01 00:00:01"), read_time(1)
        (0, 1000000, 1000000)
    """
    if isinstance(value, str):
        value = value.strip()
    if value is None or isinstance(value, bytes):
        return None
    try:
        found = _READER.validate_python(value)
    except ValidationError:
        return None
    return (
        (found if found.tzinfo else found.replace(tzinfo=timezone.utc)) - _EPOCH
    ) // _MICROSECOND


def spelt_time(microseconds: int) -> str:
    """Spell a time as ISO 8601 has it.

    Args:
        microseconds: Since 1970, in UTC; of the years 1 to 9999.

    Returns:
        For example `2026-01-31T00:00:00Z`.
    """
    found = _EPOCH + microseconds * _MICROSECOND
    return found.replace(tzinfo=None).isoformat() + "Z"
