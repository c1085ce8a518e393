"""Follows the capture config file while the server runs."""

import logging
import time
from pathlib import Path

from serving.capture.config_file import read_capture_rules
from serving.errors import SettingsError
from serving.observing.lasting_failure import LastingFailure

logger = logging.getLogger(__name__)


class CaptureFile:
    """The capture config file, and its rules in force.

    A file that cannot be used is logged once, and the rules in force stay.

    Attributes:
        rules: What to capture.
    """

    def __init__(self, file: Path, wait_s: float) -> None:
        """Read the file.

        Args:
            file: The file.
            wait_s: Seconds between two looks at it; 0 or less never looks again.

        Raises:
            SettingsError: If it cannot be used.
        """
        self.rules = read_capture_rules(file)
        self._file = file
        self._wait_s = wait_s
        self._next_look = time.monotonic() + wait_s
        self._failure = LastingFailure(logger, "%s The rules in force stay.")

    def has_changed(self) -> bool:
        """Look at the file if it is time to.

        Returns:
            Whether there are other rules now.
        """
        now = time.monotonic()
        if self._wait_s <= 0 or now < self._next_look:
            return False
        self._next_look = now + self._wait_s
        return self.poll()

    def poll(self) -> bool:
        """Read the file anew.

        Returns:
            Whether there are other rules now.
        """
        try:
            rules = read_capture_rules(self._file)
        except SettingsError as exc:
            self._failure.note(exc.message)
            return False
        self._failure.end()
        changed = rules != self.rules
        self.rules = rules
        return changed
