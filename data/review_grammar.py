"""Write one product review of a wanted sentiment from the phrase banks.

The sentiment follows from structure: which clause wins, what is negated, who said it, how it ends.
Praise and complaints both occur in reviews of every sentiment.
"""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import review_phrases as phrases
from review_products import Category

SLOT = re.compile(r"\{(\w+)\}")
GOOD, BAD = 1, -1


@dataclass(frozen=True)
class Mix:
    """Shares that set how hard the reviews are; all are probabilities.

    Args:
        flipped_adjective: An adjective is negated, doubted or contradicted.
        adjective_clause: A clause is built on an adjective instead of the category's bank.
        flipped_verdict: A verdict negates a deed of the opposite polarity.
        idiom_verdict: A verdict is a fixed expression instead of a built one.
        filler: A sentence without any sentiment precedes or follows.
        long: Many sentences are added.
    """

    flipped_adjective: float = 0.25
    adjective_clause: float = 0.55
    flipped_verdict: float = 0.25
    idiom_verdict: float = 0.5
    filler: float = 0.7
    long: float = 0.06


OPINION_KINDS = {
    "plain": 24,
    "dominance": 27,
    "dominance_verdict": 22,
    "verdict_decides": 12,
    "verdict_only": 3,
    "irony": 5,
    "counterfactual": 4,
    "short": 4,
}
MIDDLING_KINDS = {"balance": 36, "lukewarm": 30, "undecided": 26, "short": 8}

COMMON_SLOTS: Mapping[str, tuple[str, ...]] = {
    "degree": phrases.DEGREES,
    "other": phrases.OTHERS,
    "keeper": phrases.KEEPERS,
    "leaver": phrases.LEAVERS,
    "middling": phrases.MIDDLING,
    "occasion": phrases.OCCASIONS,
    "delivery": phrases.DELIVERIES,
    "time": phrases.TIMES,
    "often": phrases.OFTEN,
    "count": ("second", "third", "fourth", "first"),
    "years": ("two", "five", "six", "ten"),
    "price": ("£12.99", "€25", "nearly forty pounds", "$1,049", "next to nothing"),
}


@dataclass
class Writer:
    """Write the text of one review.

    Args:
        rng: Source of all choices.
        category: Words of the product's category.
        mix: Shares of the constructions.
    """

    rng: random.Random
    category: Category
    mix: Mix = field(default_factory=Mix)

    def __post_init__(self) -> None:
        """Choose the product that the whole review is about."""
        self.product = self.rng.choice(self.category.products)
        self.slots: dict[str, tuple[str, ...]] = {
            **COMMON_SLOTS,
            "product": (self.product,),
            "aspect": self.category.aspects,
            "good": phrases.GOOD + self.category.good,
            "bad": phrases.BAD + self.category.bad,
        }

    def write(self, sentiment: int) -> tuple[str, list[str]]:
        """Write a review.

        Args:
            sentiment: -1, 0 or 1.

        Returns:
            The name of its construction and its sentences, in order.
        """
        kinds = OPINION_KINDS if sentiment else MIDDLING_KINDS
        kind = self.rng.choices(list(kinds), weights=list(kinds.values()))[0]
        core = self._opinion(kind, sentiment) if sentiment else self._middling(kind)
        if kind != "short":
            core = self._padded(core, sentiment)
        return kind, [finish(sentence) for sentence in core]

    def _opinion(self, kind: str, polarity: int) -> list[str]:
        good = polarity == GOOD
        if kind == "short":
            return [self._fill(self.rng.choice(phrases.SHORT_GOOD if good else phrases.SHORT_BAD))]
        if kind == "plain":
            return self._plain(polarity)
        if kind in {"verdict_only", "verdict_decides"}:
            sides = self._both_sides() if kind == "verdict_decides" else []
            return [*sides, self.verdict(polarity)]
        if kind == "irony":
            return self._irony(polarity)
        if kind == "counterfactual":
            hopes = phrases.DISPELLED_FEARS if good else phrases.DASHED_HOPES
            return [self._contrast(hopes, polarity)]
        ending = [self.verdict(polarity)] if kind == "dominance_verdict" else []
        return [self._contrast(phrases.DOMINANCE, polarity), *ending]

    def _middling(self, kind: str) -> list[str]:
        ending = [self._middling_verdict()] if self._chance(0.6) else []
        if kind == "short":
            return [self._fill(self.rng.choice(phrases.SHORT_MIDDLING))]
        if kind == "balance":
            first, second = self._both_sides()
            template = self.rng.choice(phrases.BALANCE)
            return [self._fill(template, a=first, b=second), *ending]
        if kind == "undecided":
            return [*self._both_sides(), self._middling_verdict()]
        lukewarm = self.rng.sample(phrases.LUKEWARM, self.rng.randint(1, 2))
        return [*map(self._fill, lukewarm), *ending]

    def _plain(self, polarity: int) -> list[str]:
        clauses = [self.clause(polarity) for _ in range(self.rng.randint(1, 2))]
        if len(clauses) > 1 and self._chance(0.5):
            clauses = [" and ".join(clauses)]
        return [*clauses, self.verdict(polarity)] if self._chance(0.65) else clauses

    def _both_sides(self) -> list[str]:
        sides = [self.simple_clause(GOOD), self.simple_clause(BAD)]
        self.rng.shuffle(sides)
        return sides

    def _contrast(self, templates: Sequence[str], polarity: int) -> str:
        """Fill a template in which a clause of the given polarity wins over its opposite."""
        winner, loser = self.simple_clause(polarity), self.simple_clause(-polarity)
        return self._fill(self.rng.choice(templates), w=winner, l=loser)

    def _irony(self, polarity: int) -> list[str]:
        if self._chance(0.5):
            return [self._fill(self.rng.choice(phrases.IRONY_KEEPS), w=self.clause(polarity))]
        bank = phrases.MOCK_BLAME if polarity == GOOD else phrases.MOCK_PRAISE
        clause = [self.clause(polarity)] if self._chance(0.4) else []
        return [*clause, self._fill(self.rng.choice(bank))]

    def simple_clause(self, polarity: int) -> str:
        """Write a clause of the given polarity that nothing negates: lower case, no full stop."""
        if not self._chance(self.mix.adjective_clause):
            own = self.category
            return self.rng.choice(own.praise if polarity == GOOD else own.complaints)
        adjective = "{good}" if polarity == GOOD else "{bad}"
        return self._fill(self.rng.choice(phrases.ADJECTIVE_SIMPLE), adj=adjective)

    def clause(self, polarity: int) -> str:
        """Write a clause of the given polarity, perhaps by negating or quoting its opposite."""
        if self._chance(0.5):
            return self.simple_clause(polarity)
        flipped = self._chance(self.mix.flipped_adjective)
        frames = phrases.ADJECTIVE_FLIPS if flipped else phrases.ADJECTIVE_KEEPS
        word = -polarity if flipped else polarity
        return self._fill(self.rng.choice(frames), adj="{good}" if word == GOOD else "{bad}")

    def verdict(self, polarity: int) -> str:
        """Write a closing judgement of the given polarity."""
        if self._chance(self.mix.idiom_verdict):
            idioms = phrases.VERDICT_GOOD if polarity == GOOD else phrases.VERDICT_BAD
            return self.rng.choice(idioms)
        flipped = self._chance(self.mix.flipped_verdict)
        frames = phrases.VERDICT_FLIPS if flipped else phrases.VERDICT_KEEPS
        word = -polarity if flipped else polarity
        core = self._fill("{keeper}" if word == GOOD else "{leaver}")
        return self._fill(self.rng.choice(frames), core=core)

    def _middling_verdict(self) -> str:
        return self._fill(self.rng.choice(phrases.VERDICT_MIDDLING))

    def _padded(self, core: list[str], sentiment: int) -> list[str]:
        """Add sentences that leave the sentiment as it is."""
        count = self.rng.randint(5, 12) if self._chance(self.mix.long) else 0
        if count:
            details = [self.clause(sentiment) for _ in range(count - 4)] if sentiment else []
            tail = [*details, *map(self._fill, self.rng.sample(phrases.FILLERS, count))]
            self.rng.shuffle(tail)
            return core + tail
        if not self._chance(self.mix.filler):
            return core
        filler = self._fill("{filler}")
        return [filler, *core] if self._chance(0.7) else [*core, filler]

    def _chance(self, share: float) -> bool:
        return self.rng.random() < share

    def _fill(self, template: str, **given: str) -> str:
        """Replace every slot, again and again until none is left."""
        options = {"filler": phrases.FILLERS, **self.slots}

        def pick(match: re.Match[str]) -> str:
            name = match[1]
            return given[name] if name in given else self.rng.choice(options[name])

        while SLOT.search(template):
            template = SLOT.sub(pick, template)
        return template


def finish(sentence: str) -> str:
    """Begin a sentence with a capital, end it with a full stop, and mend its articles."""
    sentence = re.sub(r"(^|[.!?] \"?)([a-z])", lambda m: m[1] + m[2].upper(), sentence)
    sentence = re.sub(r"^(\W?)([a-z])", lambda m: m[1] + m[2].upper(), sentence)
    return sentence if sentence[-1] in '.!?"' else sentence + "."
