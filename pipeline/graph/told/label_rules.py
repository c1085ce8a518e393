"""What becomes of the labels of a run, from those that people gave to the classes of the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.preparation.model_labels import in_turn

if TYPE_CHECKING:
    from bert_aas.preparation.label_rules import LabelRules
    from pipeline.config.pipeline_config import PipelineConfig


def label_rules(config: PipelineConfig) -> LabelRules | None:
    """Find the rules that labels have gone by.

    Args:
        config: The configuration; data from a feature group may have been mapped by the run that
            wrote the group.

    Returns:
        The rules; None if there are none, or if this machine does not reach the group.
    """
    own = config.prepare.label_rules if config.prepare.enabled else None
    if not config.data.is_feature_group:
        return own
    from bert_aas.features.snapshots import addressed  # DuckDB

    try:
        _, _, version = addressed(config.data.path)
    except InvalidInputError:  # ExampleGen says so where it matters
        return own
    return in_turn(version.definition.label_rules, own)
