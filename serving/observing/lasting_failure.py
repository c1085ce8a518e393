"""A failure that is met again and again, and logged once."""

import logging


class LastingFailure:
    """Logs what is wrong when it begins, and again when something else is."""

    def __init__(self, logger: logging.Logger, message: str, *arguments: object) -> None:
        """Prepare.

        Args:
            logger: Where to.
            message: What is logged; its last `%s` is what is wrong.
            arguments: What its other `%s` stand for.
        """
        self._logger = logger
        self._message = message
        self._arguments = arguments
        self._known = ""

    def note(self, what: str) -> None:
        """Say what is wrong.

        Args:
            what: In words.
        """
        if what != self._known:
            self._logger.error(self._message, *self._arguments, what)
        self._known = what

    def end(self) -> None:
        """Say that nothing is wrong any more."""
        self._known = ""
