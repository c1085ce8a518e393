"""When and how often a client repeats a request."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from serving.client.errors import ClientError

T = TypeVar("T")


@dataclass(frozen=True)
class Retries:
    """Ask again after an overload or a refused connection, with growing pauses.

    Attributes:
        count: How often at most, after the first attempt.
        first_wait_s: Pause before the first retry, seconds; doubled before each further one.
        longest_wait_s: No pause is longer; a server that asks for a longer one is not asked again.

    Source:
        Exponential backoff with equal jitter: AWS Architecture Blog, M. Brooker, 2015.
    """

    count: int = 3
    first_wait_s: float = 0.2
    longest_wait_s: float = 5.0

    def run(self, attempt: Callable[[float], T], timeout_s: float) -> T:
        """Call until there is an answer, an error that stays, or no time.

        Args:
            attempt: Gets the seconds that are left.
            timeout_s: For all attempts and pauses together, seconds.

        Returns:
            What the attempt returned.

        Raises:
            ClientError: The last attempt's error.
        """
        deadline = time.monotonic() + timeout_s
        left_s, done = timeout_s, 0
        while True:
            try:
                return attempt(left_s)
            except ClientError as exc:
                wait_s = self._wait_s(done, exc.retry_after_s)
                is_over = done >= self.count or time.monotonic() + wait_s >= deadline
                if is_over or wait_s > self.longest_wait_s or not exc.is_transient:
                    raise
                time.sleep(wait_s)
                left_s = deadline - time.monotonic()
                if left_s <= 0:  # the pause was longer than asked for
                    raise
            done += 1

    def _wait_s(self, done: int, retry_after_s: float | None) -> float:
        longest = min(self.longest_wait_s, self.first_wait_s * 2**done)
        jittered = random.uniform(longest / 2, longest)  # noqa: S311 - spreads clients, no secret
        return max(jittered, retry_after_s or 0.0)
