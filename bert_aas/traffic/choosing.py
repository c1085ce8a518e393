"""Which arm answers a request: a function of the plan, the clock and the request's key.

Every arm draws a number for the key, and the arm with the largest one answers, where the draws are
weighted by the shares (weighted rendezvous hashing). So the same key gets the same arm on every
server; a share that grows takes keys from the others and gives none of its own away.
"""

import hashlib
import math
from dataclasses import dataclass, field
from typing import Any

from bert_aas.traffic.plans.plan import WHOLE, Arm, Plan, next_change, shares_at

_DIGEST_BYTES = 8
_RANGE = 2.0 ** (8 * _DIGEST_BYTES)


@dataclass(frozen=True)
class Split:
    """The shares of a plan at a time, ready to choose by.

    Attributes:
        arms: The arms of the plan.
        shares: Percent by arm.
        until: When they change, seconds since 1970.
    """

    arms: tuple[Arm, ...]
    shares: tuple[float, ...]
    until: float
    _only: Arm | None = field(repr=False)
    _draws: tuple[tuple[Arm, float, Any], ...] = field(repr=False)

    def arm(self, key: bytes) -> Arm:
        """Choose the arm of a key.

        Args:
            key: What requests of one kind share, such as the number of a session.

        Returns:
            The arm, always the same for the same key and shares.

        Source:
            Schindelhauer and Schomaker 2005, "Weighted distributed hash tables", logarithmic
            method: the arm with the least -ln(u)/w, u uniform by the hash.
        """
        if self._only is not None:
            return self._only
        best, lowest = self.arms[0], math.inf
        for arm, weight, prefix in self._draws:
            hasher = prefix.copy()
            hasher.update(key)
            drawn = (int.from_bytes(hasher.digest(), "big") + 0.5) / _RANGE
            cost = -math.log(drawn) / weight if drawn < 1.0 else 0.0
            if cost < lowest:
                best, lowest = arm, cost
        return best

    @property
    def needs_key(self) -> bool:
        """Whether the key matters: it does not where one arm has all."""
        return self._only is None


def split_at(plan: Plan, now: float) -> Split:
    """Prepare the choice between the arms of a plan.

    Args:
        plan: The plan.
        now: Seconds since 1970.

    Returns:
        The split; good until its `until`.
    """
    shares = shares_at(plan, now)
    only = next((arm for arm, share in zip(plan.arms, shares, strict=True) if share >= WHOLE), None)
    draws = tuple(
        (arm, share, _prefix(plan.salt, arm))
        for arm, share in zip(plan.arms, shares, strict=True)
        if share > 0
    )
    return Split(plan.arms, shares, next_change(plan, now), only, draws)


def choose(plan: Plan, key: bytes, now: float) -> Arm:
    """Choose the arm that answers a request.

    Args:
        plan: The plan.
        key: The key of the request.
        now: Seconds since 1970.

    Returns:
        The arm.

    Example:
        >>> choose(plan, b"session 7", now=60.0)
        Arm(version=4, share=None)
    """
    return split_at(plan, now).arm(key)


def _prefix(salt: str, arm: Arm) -> Any:
    """Return the hash of what is before the key, so that a request hashes its key alone."""
    return hashlib.blake2b(f"{salt}\0{arm.name}\0".encode(), digest_size=_DIGEST_BYTES)
