"""The parameters of the Preparer."""

from pydantic import Field

from bert_aas.contracts.params import FrozenParams
from bert_aas.preparation.params import PreparationRules


class _Switch(FrozenParams):
    """Whether the graph has the node."""

    enabled: bool = Field(
        default=False,
        description="Prepare the rows by the rules of this section, and let the model clean the "
        "texts it is asked about in the same way.",
    )


class PrepareParams(PreparationRules, _Switch):
    """What is done to the rows between ExampleGen and StatisticsGen; off by default."""
