"""Labels that are probably wrong: rows that a model of all other rows reads otherwise.

The model is a logistic regression on the weights of words and pairs of words (TF-IDF). On the
bundled reviews it is right for 72 % of the rows that it has not seen. On the vectors of the bundled
encoder, which is not fine-tuned yet, it is for 50 %, and they take a minute and TensorFlow.
"""

import importlib.util
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.extras import sentence

MAX_SCORE: Final = 0.1
"""A row whose own label has a higher probability is not listed.

With one label in twenty replaced in the bundled reviews, two thirds of the rows listed have such a
label; without this bound, a sixth.
"""

FOLDS: Final = 5
_MAX_TERMS = 100_000
_MANY_ROWS = 1000
_LIBRARY = "cleanlab"
_STRENGTH = 3.0  # of the fit, the best of 1, 3, 10 and 100 on two tables of reviews
_WORD = r"\w+"


class LabelError(NamedTuple):
    """A row whose label is probably wrong.

    Attributes:
        place: Its place among the rows.
        given: Its label.
        suggested: The label that its text has elsewhere.
        score: Probability of the given label, by the other rows; 0 to `MAX_SCORE`.
    """

    place: int
    given: str
    suggested: str
    score: float


def check_cleanlab() -> None:
    """Refuse to go on without cleanlab, before any work.

    Raises:
        InvalidInputError: If it is not installed.
    """
    if importlib.util.find_spec(_LIBRARY) is None:
        absent = ModuleNotFoundError(name=_LIBRARY)
        raise InvalidInputError(f"`prepare.label_errors`: {sentence(absent)}")


def find_label_errors(
    texts: Sequence[str], labels: Sequence[str], seed: int = 1
) -> tuple[LabelError, ...]:
    """Find labels that are probably wrong.

    Each row is judged by a model that was fitted on four fifths of the rows, without it.

    Args:
        texts: The texts, n.
        labels: Their labels, n; rows of a class with fewer than five are not judged.
        seed: Of the division into fifths.

    Returns:
        The rows, the most suspicious first.

    Raises:
        InvalidInputError: If cleanlab is not installed.

    Source:
        Northcutt, Jiang, Chuang 2021, Confident Learning, arXiv:1911.00068 (`cleanlab`).
    """
    check_cleanlab()
    from cleanlab.filter import find_label_issues  # noqa: PLC0415 - seconds, on request only

    rows = Counter(labels)
    judged = np.array([n for n, label in enumerate(labels) if rows[label] >= FOLDS], np.intp)
    classes, given = np.unique([labels[place] for place in judged], return_inverse=True)
    weights = _weights([texts[place] for place in judged]) if len(classes) > 1 else None
    if weights is None:
        return ()
    found = _out_of_sample(weights, given, seed)
    own = found[np.arange(len(given)), given]
    issues = find_label_issues(given, found, return_indices_ranked_by="self_confidence", n_jobs=1)
    return tuple(
        LabelError(
            int(judged[row]),
            str(classes[given[row]]),
            str(classes[found[row].argmax()]),
            float(own[row]),
        )
        for row in issues
        if own[row] < MAX_SCORE
    )


def _weights(texts: list[str]) -> Any:
    """Weigh the words of texts; None if there are no words."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 - on request only

    vectorizer = TfidfVectorizer(
        ngram_range=(1, 2),
        sublinear_tf=True,
        min_df=2 if len(texts) >= _MANY_ROWS else 1,
        max_features=_MAX_TERMS,
        token_pattern=_WORD,
    )
    try:
        return vectorizer.fit_transform(texts)
    except ValueError:  # no words, or none in two texts
        return None


def _out_of_sample(weights: Any, given: npt.NDArray[np.intp], seed: int) -> npt.NDArray[Any]:
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - on request only
    from sklearn.model_selection import StratifiedKFold, cross_val_predict  # noqa: PLC0415

    probabilities: npt.NDArray[Any] = cross_val_predict(
        LogisticRegression(C=_STRENGTH, max_iter=1000),
        weights,
        given,
        cv=StratifiedKFold(FOLDS, shuffle=True, random_state=seed),
        method="predict_proba",
    )
    return probabilities
