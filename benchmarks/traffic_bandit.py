"""What a bandit costs, in answers that the best version would have got right, against a fixed A/B.

Rewards come in bundles, as a server hands them out, and late. `A/B` shares evenly until the verdict
that may be read at any time, then gives everything to the winner.

Usage: python -m benchmarks.traffic_bandit [--json output/bench/traffic_bandit.json]
"""

import argparse
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.figures import machine, table, write_json
from bert_aas.traffic.statistics import thompson
from bert_aas.traffic.statistics.evidence import Array, differ
from bert_aas.traffic.statistics.intervals import Rewards

BUNDLE = 100
LENGTH = 30_000
RUNS = 100
MINIMUM_SHARE = 1.0
LEADS = 0.8
FEW, MORE = 600, 1600  # reviews that the two classifiers of the replay learn from
REVIEWS = Path(__file__).resolve().parents[1] / "data" / "product_reviews.csv"


class Given(NamedTuple):
    """Answers of one bundle: sums of rewards and numbers by version."""

    totals: Array
    numbers: Array


Policy = Callable[[Given], Array]
"""From the rewards that have come to the next shares, which sum to 1."""


@dataclass(frozen=True)
class Story:
    """Which rates the versions have when.

    Attributes:
        name: For the table.
        rates: By version.
        later: Rates from the middle on; empty if they stay.
        delay: Bundles until the rewards of one come.
    """

    name: str
    rates: tuple[float, ...]
    later: tuple[float, ...] = ()
    delay: int = 1


STORIES = (
    Story("0.69, 0.73", (0.69, 0.73)),
    Story("0.69, 0.79", (0.69, 0.79)),
    Story("0.65, 0.69, 0.73", (0.65, 0.69, 0.73)),
    Story("0.69, 0.73; rewards 2,000 answers late", (0.69, 0.73), delay=20),
    Story("0.69, 0.79; swapped in the middle", (0.69, 0.79), (0.79, 0.69)),
)


def learning(half_life: float) -> Callable[[int], Policy]:
    """Return a maker of bandits with this half-life."""

    def make(versions: int) -> Policy:
        names = [str(place) for place in range(versions)]
        state = thompson.start(names, MINIMUM_SHARE, half_life)

        def next_shares(given: Given) -> Array:
            nonlocal state
            pairs = zip(names, given.totals, given.numbers, strict=True)
            state = thompson.learn(state, {name: Rewards(t, n) for name, t, n in pairs})
            return np.array(list(thompson.shares(state).values())) / thompson.WHOLE

        return next_shares

    return make


def testing(versions: int) -> Policy:
    """Return an A/B test with two versions or more, the first against each other one."""
    even = np.full(versions, 1 / versions)
    totals, numbers = np.zeros((2, versions))
    chosen: Array | None = None

    def next_shares(given: Given) -> Array:
        nonlocal totals, numbers, chosen
        totals, numbers = totals + given.totals, numbers + given.numbers
        if chosen is None and numbers.min() > 0:
            chosen = winner(totals, numbers)
        return even if chosen is None else chosen

    return next_shares


def winner(totals: Array, numbers: Array) -> Array | None:
    """Return all shares for a version that is better than every other one for sure, if one is."""
    best = int((totals / numbers).argmax())
    others = [place for place in range(len(totals)) if place != best]
    pairs = [
        np.stack([[each[place], each[best]] for place in others]).T for each in (totals, numbers)
    ]
    if not differ(pairs[0], pairs[1], 0.5, 0.05 / len(others)).all():
        return None
    return np.asarray(np.eye(len(totals))[best])


def fixed(versions: int) -> Policy:
    """Return equal shares for ever."""
    return lambda _: np.full(versions, 1 / versions)


POLICIES: dict[str, Callable[[int], Policy]] = {
    "bandit": learning(10_000),
    "bandit that forgets nothing": learning(float("inf")),
    "A/B": testing,
    "equal shares": fixed,
}


def play(
    story: Story, policy: Policy, draw: np.random.Generator, length: int
) -> tuple[Array, Array]:
    """Let a policy share out a stream.

    Args:
        story: The rates.
        policy: The policy, fresh.
        draw: Random numbers.
        length: Answers.

    Returns:
        For each bundle: the answers lost against the best version, and its share.
    """
    versions = len(story.rates)
    shares = np.full(versions, 1 / versions)
    under_way: list[Given] = []
    lost, leading = [], []
    for start in range(0, length, BUNDLE):
        rates = np.array(story.later if story.later and start >= length / 2 else story.rates)
        numbers = draw.multinomial(BUNDLE, shares).astype(float)
        under_way.append(Given(draw.binomial(numbers.astype(int), rates).astype(float), numbers))
        lost.append(float((numbers * (rates.max() - rates)).sum()))
        leading.append(shares[rates.argmax()])
        if len(under_way) >= story.delay:
            shares = policy(under_way.pop(0))
    return np.array(lost), np.array(leading)


def compare(story: Story, runs: int, length: int, seed: int) -> list[dict[str, Any]]:
    """Let all policies play a story.

    Args:
        story: The rates.
        runs: How often.
        length: Answers of each run.
        seed: Of the random numbers.

    Returns:
        Rows of the table.
    """
    rows = []
    for name, make in POLICIES.items():
        played = [
            play(story, make(len(story.rates)), np.random.default_rng([seed, run]), length)
            for run in range(runs)
        ]
        lost = np.array([each[0].sum() for each in played])
        leading = np.mean([each[1] for each in played], axis=0)
        rows.append(
            {
                "story": story.name,
                "policy": name,
                "lost": round(float(lost.mean())),
                "worst of 20": round(float(np.quantile(lost, 0.95))),
                "best version's last share": f"{leading[-1]:.0%}",
                "leads after": leads_after(leading, bool(story.later)),
            }
        )
    return rows


def leads_after(leading: Array, swapped: bool) -> str:
    """Say after how many answers the best version has most of the shares, on average over runs."""
    since = len(leading) // 2 if swapped else 0
    reached = np.flatnonzero(leading[since:] >= LEADS)
    return f"{reached[0] * BUNDLE:,}" if reached.size else "never"


def replay(runs: int, length: int, seed: int) -> list[dict[str, Any]]:
    """Let the policies choose between two classifiers of the bundled reviews.

    Both have answered every review, so the reward of either is known whichever is chosen.

    Args:
        runs: How often, each time with reviews in another order.
        length: Answers of each run.
        seed: Of the random numbers.

    Returns:
        Rows of the table.
    """
    right = answers_of_two_classifiers(seed)
    rates = right.mean(axis=1)
    rows = []
    for name, make in POLICIES.items():
        lost = [
            replay_once(right, make(2), np.random.default_rng([seed, run]), length)
            for run in range(runs)
        ]
        rows.append(
            {
                "story": f"reviews: {rates[0]:.3f}, {rates[1]:.3f}",
                "policy": name,
                "lost": round(float(np.mean(lost))),
                "worst of 20": round(float(np.quantile(lost, 0.95))),
            }
        )
    return rows


def replay_once(right: Array, policy: Policy, draw: np.random.Generator, length: int) -> float:
    """Return how many answers a policy loses against the better classifier on the same reviews."""
    shares, lost = np.array([0.5, 0.5]), 0.0
    better = int(right.mean(axis=1).argmax())
    for _ in range(0, length, BUNDLE):
        reviews = draw.integers(0, right.shape[1], BUNDLE)
        chosen = (draw.random(BUNDLE) < shares[1]).astype(int)
        rewards = right[chosen, reviews]
        lost += float(right[better, reviews].sum() - rewards.sum())
        arms = (0, 1)
        totals = np.array([rewards[chosen == arm].sum() for arm in arms])
        shares = policy(Given(totals, np.array([float((chosen == arm).sum()) for arm in arms])))
    return lost


def answers_of_two_classifiers(seed: int) -> Array:
    """Train one classifier on few reviews and one on more; say which answers are right.

    Args:
        seed: Of the split.

    Returns:
        1 or 0, `[2, reviews]`.
    """
    import pandas as pd
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    rows = pd.read_csv(REVIEWS).dropna().sample(frac=1.0, random_state=seed)
    text, label = "review_body", "sentiment"
    asked = rows.iloc[len(rows) // 2 :]
    right = []
    for number in FEW, MORE:
        model = make_pipeline(TfidfVectorizer(), LogisticRegression(max_iter=1000))
        model.fit(rows[text].iloc[:number], rows[label].iloc[:number])
        right.append((model.predict(asked[text]) == asked[label]).to_numpy(float))
    return np.array(right)


def main() -> int:
    """Simulate, replay, print the tables, and write JSON."""
    arguments = parse_arguments()
    stories = STORIES[:1] if arguments.short else STORIES
    size = arguments.runs, arguments.length, arguments.seed
    simulated = list(itertools.chain(*(compare(story, *size) for story in stories)))
    print(table(list(simulated[0]), [list(row.values()) for row in simulated]), flush=True)
    replayed = replay(*size)
    print("\n" + table(list(replayed[0]), [list(row.values()) for row in replayed]))
    found = {"machine": machine(), "seed": arguments.seed, "stories": simulated}
    write_json(arguments.json, {**found, "replay": replayed})
    return 0


def parse_arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--length", type=int, default=LENGTH, help="answers of each run")
    parser.add_argument("--seed", type=int, default=19)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--short", action="store_true", help="see whether it runs")
    arguments = parser.parse_args(given)
    if arguments.short:
        arguments.runs, arguments.length = 2, 1000
    return arguments


if __name__ == "__main__":
    raise SystemExit(main())
