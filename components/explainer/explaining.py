"""Ask the model about rows: contributions of words, and answers without some of them."""

import logging
from collections.abc import Sequence

from bert_aas.explanations.deletion import Faithfulness, Plan, drops, faithfulness, plan
from bert_aas.explanations.explained import ExplainedRow
from bert_aas.explanations.intervals import Floats
from components.explainer.examples import Row
from components.explainer.params import ExplainParams
from models.attribution.attributed import Attribution
from models.attribution.attribution import Explainer

_ROWS_AT_ONCE = 64
_logger = logging.getLogger(__name__)


def explain_rows(
    explainer: Explainer, rows: Sequence[Row], params: ExplainParams
) -> tuple[list[ExplainedRow], Faithfulness]:
    """Explain rows, and test the explanations.

    Args:
        explainer: The model.
        rows: The rows.
        params: Steps, and how many words are left out.

    Returns:
        The explained rows, in order, and the deletion test.
    """
    explained: list[ExplainedRow] = []
    plans: list[Plan] = []
    found: list[Floats] = []
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        part = rows[start : start + _ROWS_AT_ONCE]
        texts, pairs = _columns(part, explainer.takes_pairs)
        attributions = explainer.explain(texts, pairs, steps=params.steps)
        made = [
            plan([word.score for word in one.words], params.removed_words, start + number)
            for number, one in enumerate(attributions)
        ]
        answers = explainer.probabilities_without(texts, [one.left_out for one in made], pairs)
        for one, its_plan, without in zip(attributions, made, answers, strict=True):
            place = explainer.classes.index(one.target)
            found.append(drops(its_plan, one.probability, without[:, place]))
        explained += map(_explained, part, attributions)
        plans += made
        _logger.info("explained %d of %d rows", len(explained), len(rows))
    return explained, faithfulness(plans, found)


def _columns(rows: Sequence[Row], pairs: bool) -> tuple[list[str], list[str] | None]:
    first = [row.texts[0] for row in rows]
    return first, [row.texts[1] for row in rows] if pairs else None


def _explained(row: Row, found: Attribution) -> ExplainedRow:
    return ExplainedRow(
        words=tuple(word.text for word in found.words),
        scores=tuple(word.score for word in found.words),
        predicted=found.target,
        probability=found.probability,
        baseline=found.baseline,
        gap=found.gap,
        label=row.label,
        slices=row.slices,
        segments=tuple(word.segment for word in found.words),
    )
