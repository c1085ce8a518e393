"""The one error that every package raises for input that a user can correct."""


class InvalidInputError(ValueError):
    """Something the user gave cannot be used.

    The message is one sentence: what was given, what is allowed, and which object it is about. The
    command line prints it without a traceback and exits with code 2; a notebook shows
    the message alone, too.
    """

    def _render_traceback_(self) -> list[str]:
        """Return the lines that IPython shows instead of a traceback."""
        return [f"{type(self).__name__}: {self}"]


class UnavailableError(InvalidInputError):
    """Something elsewhere that the user named cannot be reached now: trying again may help.

    The command line exits with code 1 instead, so that orchestrators do try again.
    """


class ViolationError(InvalidInputError):
    """A gate measured something beyond its limit, and stops what it guards.

    The message says what was measured, of what, and what is allowed. The command line exits with
    code 4.
    """
