"""Say in one sentence whether a model is blessed, and why."""

from bert_aas.conditions.evaluating import PASSED, Verdict
from bert_aas.conditions.params import SHORT_NAMES

REASON = "reason"
"""Property of a blessing with this sentence."""

COMPARED = "compared"
"""Property of a blessing: how the short form came out, for a later node with the last word."""


def blessing_sentence(figures: str, verdict: Verdict, limits_later: bool = False) -> str:
    """Say what was decided, and why.

    Args:
        figures: How the figures of the short form compare with their bounds, a part of a sentence.
        verdict: What all conditions say.
        limits_later: Whether a later node holds the model against limits of bias.

    Returns:
        `blessed: …`, `not blessed: …`, or `undecided: …` where a later node has the last word.
    """
    others = _further(verdict)
    limits = "a later node holds it against `bias.max`" if limits_later else ""
    said = ", and ".join(filter(None, (figures, others, limits)))
    if verdict.passed and (verdict.deferred or limits_later):
        return f"undecided: {said}"
    return f"{'blessed' if verdict.passed else 'not blessed'}: {said}"


def _further(verdict: Verdict) -> str:
    """Say how the conditions beside the short form came out; empty without any."""
    counted = [
        one for one in verdict.findings if one.decides and one.condition.name not in SHORT_NAMES
    ]
    if not counted:
        return ""
    refused = [one for one in verdict.refused if one in counted]
    words = (
        f"{sum(one.outcome == PASSED for one in counted)} of {len(counted)} other conditions hold"
    )
    if refused:
        failing = (f"{one.condition.name!r} ({one.sentence})" for one in refused)
        words += f", not {'; '.join(failing)}"
    if verdict.deferred:
        words += f", and a later node decides {', '.join(map(repr, verdict.deferred))}"
    return words
