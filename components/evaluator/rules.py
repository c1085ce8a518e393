"""What the Evaluator is told beside TFMA's configuration: conditions and behavioural tests."""

from bert_aas.behaviour.params import BehaviourParams
from bert_aas.conditions.checking import condition_of_test
from bert_aas.conditions.params import ConditionParams, short_form
from bert_aas.contracts.params import FrozenParams

RULES_KEY = "conditions"
"""The exec property, JSON of `Rules`."""

BIAS_KEY = "bias_analysis"
"""The input with BiasDetector's `analysis.json`, where a condition is about bias."""

LATER = ("bias.after.",)
"""Beginnings of the names of figures that a later node measures."""


class Rules(FrozenParams):
    """The conditions beside the threshold, and the behavioural tests.

    Attributes:
        conditions: The conditions.
        tests: The behavioural tests.
        limits_later: Whether a later node holds the model against limits of bias, too.
    """

    conditions: tuple[ConditionParams, ...] = ()
    tests: tuple[BehaviourParams, ...] = ()
    limits_later: bool = False

    def all_conditions(
        self, metric: str, threshold: float, max_drop: float
    ) -> tuple[ConditionParams, ...]:
        """Put all conditions together.

        Args:
            metric: Name of the metric that decides.
            threshold: Its lowest value.
            max_drop: How far below the latest blessed model it may be.

        Returns:
            Those of the short form, the listed ones, one for each test.
        """
        of_tests = (condition_of_test(test.name, test.min_share) for test in self.tests)
        return (*short_form(metric, threshold, max_drop), *self.conditions, *of_tests)

    def asks_for(self, *beginnings: str) -> bool:
        """Tell whether a condition is about a figure.

        Args:
            beginnings: Of the names of figures.

        Returns:
            Whether one is.
        """
        return any((one.metric or "").startswith(beginnings) for one in self.conditions)

    @property
    def leaves_the_last_word(self) -> bool:
        """Whether a later node decides after the Evaluator."""
        return self.limits_later or self.asks_for(*LATER)

    def as_parameter(self) -> str:
        """Write the rules as the node is told them."""
        return self.model_dump_json(by_alias=True)
