"""Contributions made by hand, for what shows them."""

from models.attribution.attributed import Attribution, Word


def attribution(**changes: object) -> Attribution:
    """The text `not bad, <fine>` with its pair `ok`, explained for `good`."""
    scores = (("not", 0.3), ("bad", -0.15), (",", 0.001), ("<fine>", 0.06))
    words = (*(Word(text, score) for text, score in scores), Word("ok", 0.0, 1))
    values: dict[str, object] = {
        "pieces": ("[CLS]", "not", "bad", ",", "<", "fine", ">", "[SEP]", "ok", "[SEP]"),
        "scores": (0.0, 0.3, -0.15, 0.001, 0.01, 0.04, 0.01, 0.0, 0.0, 0.0),
        "words": words,
        "target": "good",
        "probabilities": {"good": 0.711, "10": 0.2, "bad & worse": 0.089},
        "baseline": 0.5,
        "gap": 0.0,
    }
    return Attribution(**{**values, **changes})  # type: ignore[arg-type]
