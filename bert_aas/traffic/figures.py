"""What one arm did in a window of time: counts that are cheap to add to, and figures of them."""

import math
import threading
from collections import Counter, deque
from dataclasses import dataclass, field

_FIRST_BIN_S = 1e-5
_GROWTH = 1.1
_LOG_GROWTH = math.log(_GROWTH)
_MOST_BINS = 180  # up to about 280 s
_BUCKETS = 360
LONGEST_WINDOW_S = 3600.0


@dataclass
class Figures:
    """Counts of one arm.

    Attributes:
        requests: Answered requests, failed ones too.
        errors: Those that failed.
        crashes: Those of them that no request is to blame for: the engine failed.
        seconds: Their time, all together.
        bins: How many of those that went well took how long: bin `k` ends at 10 microseconds times
            1.1 to the power of k.
        confidence: Sum of the largest probability of each row.
        rows: Rows that this is the sum of.
        compared: Rows that another arm answered, too.
        differed: Those with another class there.
        reward: Sum of the rewards that feedback gave.
        rewarded: Answers with feedback.
    """

    requests: int = 0
    errors: int = 0
    crashes: int = 0
    seconds: float = 0.0
    bins: "Counter[int]" = field(default_factory=Counter)
    confidence: float = 0.0
    rows: int = 0
    compared: int = 0
    differed: int = 0
    reward: float = 0.0
    rewarded: int = 0

    def add(self, other: "Figures") -> None:
        """Add other counts to these."""
        self.requests += other.requests
        self.errors += other.errors
        self.crashes += other.crashes
        self.seconds += other.seconds
        self.bins.update(other.bins)
        self.confidence += other.confidence
        self.rows += other.rows
        self.compared += other.compared
        self.differed += other.differed
        self.reward += other.reward
        self.rewarded += other.rewarded

    @property
    def error_rate(self) -> float | None:
        """Share of the requests that failed; None without requests."""
        return self.errors / self.requests if self.requests else None

    @property
    def crash_rate(self) -> float:
        """Share of the requests at which the engine failed; 0 without requests."""
        return self.crashes / self.requests if self.requests else 0.0

    @property
    def mean_confidence(self) -> float | None:
        """Mean of the largest probabilities; None without rows."""
        return self.confidence / self.rows if self.rows else None

    @property
    def disagreement(self) -> float | None:
        """Share of the compared rows that differ; None without such rows."""
        return self.differed / self.compared if self.compared else None

    @property
    def mean_reward(self) -> float | None:
        """Mean of the rewards; None without feedback."""
        return self.reward / self.rewarded if self.rewarded else None

    def quantile_s(self, share: float) -> float | None:
        """Return a quantile of the times of requests that went well.

        Args:
            share: Such as 0.99.

        Returns:
            Seconds, at most 10 % too much; None without such requests.
        """
        total = sum(self.bins.values())
        seen = 0
        for place in sorted(self.bins):
            seen += self.bins[place]
            if seen >= share * total:
                return float(_FIRST_BIN_S * _GROWTH**place)
        return None


def bin_of(seconds: float) -> int:
    """Return the bin of a time.

    Args:
        seconds: The time.

    Returns:
        Its bin; see `Figures.bins`.
    """
    if seconds <= _FIRST_BIN_S:
        return 0
    return min(_MOST_BINS, math.ceil(math.log(seconds / _FIRST_BIN_S) / _LOG_GROWTH))


class Tally:
    """Counts of one arm over time; many threads add to it.

    Attributes:
        total: Counts since the start.
    """

    def __init__(self, window_s: float = LONGEST_WINDOW_S) -> None:
        """Begin to count.

        Args:
            window_s: The longest window that will be asked for, seconds.
        """
        self.total = Figures()
        self._width_s = window_s / _BUCKETS
        self._buckets: deque[tuple[int, Figures]] = deque(maxlen=_BUCKETS + 1)
        self._lock = threading.Lock()

    def count(self, now: float, seconds: float, failed: bool) -> None:
        """Count a request.

        Args:
            now: Seconds, on a clock that does not go back.
            seconds: The time that it took.
            failed: Whether it failed.
        """
        place = bin_of(seconds)
        with self._lock:
            for figures in (self.total, self._bucket(now)):
                figures.requests += 1
                figures.seconds += seconds
                if failed:
                    figures.errors += 1
                else:
                    figures.bins[place] += 1

    def crash(self, now: float) -> None:
        """Take note that the engine was why the request that was counted last failed.

        Args:
            now: Seconds, on the clock of `count`.
        """
        with self._lock:
            for figures in (self.total, self._bucket(now)):
                figures.crashes += 1

    def see(self, now: float, confidence: float, rows: int) -> None:
        """Take note of the probabilities of an answer.

        Args:
            now: Seconds, on the clock of `count`.
            confidence: Sum of the largest probability of each row.
            rows: How many rows.
        """
        with self._lock:
            for figures in (self.total, self._bucket(now)):
                figures.confidence += confidence
                figures.rows += rows

    def compare(self, now: float, rows: int, differed: int) -> None:
        """Take note of rows that another arm answered, too.

        Args:
            now: Seconds, on the clock of `count`.
            rows: How many.
            differed: Those with another class there.
        """
        with self._lock:
            for figures in (self.total, self._bucket(now)):
                figures.compared += rows
                figures.differed += differed

    def give(self, now: float, reward: float) -> None:
        """Take note of feedback, when it comes.

        Args:
            now: Seconds, on the clock of `count`.
            reward: Of one answer, in [0, 1].
        """
        with self._lock:
            for figures in (self.total, self._bucket(now)):
                figures.reward += reward
                figures.rewarded += 1

    def _bucket(self, now: float) -> Figures:
        number = int(now // self._width_s)
        if not self._buckets or self._buckets[-1][0] < number:
            self._buckets.append((number, Figures()))
        return self._buckets[-1][1]

    def window(self, now: float, window_s: float) -> Figures:
        """Sum up the latest counts.

        Args:
            now: Seconds, on the clock of `count`.
            window_s: How far back, seconds; rounded up to whole buckets, of which the
                longest window has 360.

        Returns:
            The sums.
        """
        first = math.floor((now - window_s) / self._width_s)
        found = Figures()
        with self._lock:
            for number, figures in self._buckets:
                if number >= first:
                    found.add(figures)
        return found
