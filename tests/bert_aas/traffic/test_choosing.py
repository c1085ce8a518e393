import hashlib
import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_aas.traffic.choosing import choose, split_at
from bert_aas.traffic.plans.plan import Arm, Plan, shares_at
from tests.bert_aas.traffic.some_plans import canary, plans, shared

KEYS = [f"session-{number}".encode() for number in range(20_000)]


def versions(plan: Plan, now: float = 1000.0) -> list[int | str]:
    split = split_at(plan, now)
    return [split.arm(key).version for key in KEYS]


@pytest.mark.parametrize("shares", [(95, 5), (50, 50), (75, 25), (60, 30, 10), (99.5, 0.5)])
def test_shares_are_kept_within_a_point(shares: tuple[float, ...]) -> None:
    found = Counter(versions(shared(*shares)))
    for version, share in enumerate(shares, start=1):
        assert 100 * found[version] / len(KEYS) == pytest.approx(share, abs=1.0)


def test_who_was_in_stays_in_when_the_share_grows() -> None:
    plan = canary()
    five, quarter, whole = (versions(plan, now) for now in (1000.0, 1060.0, 1180.0))
    assert 0 < five.count(2) < quarter.count(2)
    assert all(later == 2 for early, later in zip(five, quarter, strict=True) if early == 2)
    assert set(whole) == {2}


def test_growing_arms_take_from_the_champion_and_not_from_each_other() -> None:
    before, after = versions(shared(80, 10, 10)), versions(shared(50, 25, 25))
    moved = {(a, b) for a, b in zip(before, after, strict=True) if a != b}
    assert moved == {(1, 2), (1, 3)}


def test_an_arm_that_is_new_takes_from_the_others_alone() -> None:
    before, after = versions(shared(50, 50)), versions(shared(40, 40, 20))
    assert {b for a, b in zip(before, after, strict=True) if a != b} == {3}


def test_another_salt_is_another_choice() -> None:
    one, other = versions(shared(50, 50, salt="a")), versions(shared(50, 50, salt="b"))
    both = sum(a == b == 2 for a, b in zip(one, other, strict=True))
    assert 100 * both / len(KEYS) == pytest.approx(25.0, abs=1.5)  # as two coins


def test_the_choice_is_the_documented_one() -> None:
    """Replicas of other releases, and other programs, must come to the same arm."""

    def cost(arm: str, share: float, key: bytes) -> float:
        digest = hashlib.blake2b(b"s\0" + arm.encode() + b"\0" + key, digest_size=8).digest()
        return -math.log((int.from_bytes(digest, "big") + 0.5) / 2**64) / share

    for key in KEYS[:500]:
        expected = 1 if cost("1", 75.0, key) < cost("2", 25.0, key) else 2
        assert choose(shared(75, 25), key, 0.0) == Arm(expected, 75.0 if expected == 1 else 25.0)


@given(plan=plans(), key=st.binary(max_size=40), now=st.floats(0, 5e9))
def test_who_has_no_share_gets_nothing(plan: Plan, key: bytes, now: float) -> None:
    chosen = choose(plan, key, now)
    assert shares_at(plan, now)[plan.arms.index(chosen)] > 0
    assert choose(plan, key, now) == chosen


def test_one_arm_with_all_needs_no_key() -> None:
    assert split_at(canary(), 1000.0).needs_key
    assert not split_at(canary(), 1180.0).needs_key
    assert split_at(canary(), 1000.0).until == 1060.0
