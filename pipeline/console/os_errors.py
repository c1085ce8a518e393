"""Say in one sentence what the file system refused: full, read-only, missing, not a folder.

TensorFlow and ML Metadata have errors of their own for the same; their messages end with the words
of the operating system, and those are looked for.
"""

import errno
import os
from collections.abc import Iterator

_MENDABLE = (
    *(errno.ENOENT, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR),
    *(errno.ENAMETOOLONG, errno.ELOOP, errno.EEXIST, errno.ENOTEMPTY, errno.ENOSPC, errno.EDQUOT),
    *(errno.EFBIG, errno.ETXTBSY),
)
_CURES = {
    errno.ENOSPC: "free some space and start again; finished nodes come from the cache",
    errno.EDQUOT: "free some space and start again; finished nodes come from the cache",
    errno.EFBIG: "a limit of this process or of the file system (ulimit -f) is too low",
}
_FOREIGN = ("tensorflow.", "ml_metadata.", "apache_beam.")
_FULL = ("database or disk is full",)


def sentence(error: BaseException) -> str | None:
    """Say what the file system refused.

    Args:
        error: The error that stopped the work; its causes are searched, too.

    Returns:
        A sentence, or `None` if it was something else.
    """
    return next((said for one in _chain(error) if (said := _said(one)) is not None), None)


def is_mendable(error: BaseException) -> bool:
    """Return whether the user can correct it: another place, more space, other rights.

    Args:
        error: An error for which there is a `sentence`.

    Returns:
        Whether there is no need to look for what else is wrong.
    """
    numbers = [one.errno for one in _chain(error) if isinstance(one, OSError) and one.errno]
    return not numbers or numbers[0] in _MENDABLE


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what it came from; the first cause last."""
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        one = one.__cause__ or one.__context__


def _said(error: BaseException) -> str | None:
    if isinstance(error, OSError) and error.errno is not None:
        places = [os.fsdecode(name) for name in (error.filename, error.filename2) if _is_path(name)]
        reason = (error.strerror or os.strerror(error.errno)).lower()
        return _with_cure(f"{' → '.join(places)}: {reason}" if places else reason, error.errno)
    if not type(error).__module__.startswith(_FOREIGN):
        return None
    message = " ".join(str(error).split())
    if any(words in message for words in _FULL):
        return _with_cure(message, errno.ENOSPC)
    number = next((one for one in _MENDABLE if os.strerror(one) in message), None)
    return None if number is None else _with_cure(message, number)


def _is_path(name: object) -> bool:
    return isinstance(name, str | bytes | os.PathLike)


def _with_cure(text: str, number: int) -> str:
    cure = _CURES.get(number)
    return f"{text}; {cure}" if cure else text
