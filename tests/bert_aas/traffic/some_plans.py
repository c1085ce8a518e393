"""Plans for tests, and hypothesis' source of them."""

import dataclasses
from typing import Any

from hypothesis import strategies as st

from bert_aas.traffic.alarms import ACTIONS, MEASURES, Alarm
from bert_aas.traffic.plans.plan import (
    OUTCOMES,
    SHARED_OUT,
    STRATEGIES,
    USUAL_LOAD,
    Arm,
    Ending,
    Plan,
    Step,
    Strategy,
)

MINUTE = 60.0


def canary(**changes: Any) -> Plan:
    """Return version 2 against 1: 5 % for one minute, 25 % for two, then all; from time 1000 on."""
    steps = (Step(5.0, MINUTE), Step(25.0, 2 * MINUTE), Step(100.0, MINUTE))
    plan = Plan("m", "canary", (Arm(1), Arm(2)), "s", 1000.0, steps)
    return dataclasses.replace(plan, **changes)


def shared(*shares: float, salt: str = "s") -> Plan:
    """Return an A/B plan whose versions 1, 2, ... have these shares."""
    arms = tuple(Arm(number, share) for number, share in enumerate(shares, start=1))
    return Plan("m", "ab", arms, salt, 1000.0)


_NAMES = st.text(min_size=1, max_size=8)
_TIMES = st.integers(0, 4_000_000_000).map(float)
_ALARMS = st.builds(
    Alarm,
    st.sampled_from(MEASURES),
    st.floats(0, 100),
    st.floats(1, 3600),
    st.integers(1, 10**6),
    st.sampled_from(ACTIONS),
)
_VERSIONS = st.integers(0, 2**63 - 1) | _NAMES


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Draw a plan that can be followed."""
    strategy: Strategy = draw(st.sampled_from(STRATEGIES))
    most = 5 if strategy in {*SHARED_OUT, "shadow"} else 2
    versions = draw(st.lists(_VERSIONS, min_size=2, max_size=most, unique_by=str))
    arms = tuple(Arm(version, _share(strategy, versions, version)) for version in versions)
    ending = None
    if draw(st.booleans()):
        outcome = draw(st.sampled_from(OUTCOMES))
        ending = Ending(outcome, draw(st.sampled_from(versions)), draw(_TIMES), "ann", draw(_NAMES))
    return Plan(
        model=draw(_NAMES),
        strategy=strategy,
        arms=arms,
        salt=draw(_NAMES),
        started=draw(_TIMES),
        steps=draw(_steps(strategy)),
        key_header=draw(st.sampled_from(("", "X-User"))),
        load=draw(st.floats(0.1, 100)) if strategy == "shadow" else USUAL_LOAD,
        alarms=draw(st.lists(_ALARMS, max_size=3).map(tuple)),
        held=draw(st.none() | _TIMES),
        ending=ending,
    )


def _share(strategy: str, versions: list[int | str], version: int | str) -> float | None:
    if strategy not in SHARED_OUT:
        return None
    each = 100 // len(versions)
    return float(100 - each * (len(versions) - 1) if version == versions[0] else each)


def _steps(strategy: str) -> st.SearchStrategy[tuple[Step, ...]]:
    bake = st.floats(1, 1e6, allow_nan=False)
    if strategy == "blue-green":
        return bake.map(lambda seconds: (Step(100.0, seconds),))
    if strategy in {*SHARED_OUT, "shadow"}:
        return st.just(())
    shares = st.lists(st.floats(0.1, 100), min_size=1, max_size=5, unique=True)
    return shares.flatmap(
        lambda found: st.tuples(*(st.builds(Step, st.just(one), bake) for one in sorted(found)))
    )
