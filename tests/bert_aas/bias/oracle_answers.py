"""What others say of the same tables; run by the Python of `.venv-oracles`, which has them.

Standard input: a JSON list of tables, each with the lists `side` (`a` or `d`), `label` (whole
numbers) and `group`, and `positive`, a class. Standard output: a JSON list of name to figure.
"""

import contextlib
import json
import sys
from typing import Any

import numpy as np
import pandas as pd
from aif360.datasets import BinaryLabelDataset
from aif360.metrics import BinaryLabelDatasetMetric
from fairlearn.metrics import MetricFrame, count, demographic_parity_difference, selection_rate
from scipy.spatial import distance
from scipy.stats import binomtest, chi2_contingency, entropy


def answers(table: dict[str, Any]) -> dict[str, float]:
    """Measure a table with every implementation that has the figure."""
    frame = pd.DataFrame({name: table[name] for name in ("side", "label", "group")})
    frame["positive"] = (frame.label == table["positive"]).astype(int)
    shares = pd.crosstab(frame.side, frame.label, normalize="index")
    counts = pd.crosstab(frame.side, frame.label)
    a, d = shares.loc["a"].to_numpy(), shares.loc["d"].to_numpy()
    low, high = wilson_of_d(frame)
    return {
        **of_aif360(frame),
        **of_fairlearn(frame),
        "KL": float(entropy(a, d)),
        "JS": float(distance.jensenshannon(a, d) ** 2),
        "LP": float(distance.euclidean(a, d)),
        "TVD": float(distance.cityblock(a, d) / 2),
        "KS": float(distance.chebyshev(a, d)),
        "CDDL": disparity_of_pandas(frame),
        "CI low": 1 - 2 * high,
        "CI high": 1 - 2 * low,
        "p": float(chi2_contingency(counts, correction=False).pvalue),
        "least expected": float(chi2_contingency(counts, correction=False).expected_freq.min()),
    }


def of_aif360(frame: pd.DataFrame) -> dict[str, float]:
    """Take the unprivileged group for facet d."""
    numbers = pd.DataFrame({"a": (frame.side == "a").astype(int), "positive": frame.positive})
    metric = BinaryLabelDatasetMetric(
        BinaryLabelDataset(df=numbers, label_names=["positive"], protected_attribute_names=["a"]),
        privileged_groups=[{"a": 1}],
        unprivileged_groups=[{"a": 0}],
    )
    rows_a, rows_d = (metric.num_instances(privileged=one) for one in (True, False))
    return {
        "DPL of aif360": float(-metric.mean_difference()),
        "CI": float((rows_a - rows_d) / (rows_a + rows_d)),
    }


def of_fairlearn(frame: pd.DataFrame) -> dict[str, float]:
    """Take the labels for predictions."""
    given: Any = {
        "y_true": frame.positive,
        "y_pred": frame.positive,
        "sensitive_features": frame.side,
    }
    rates = MetricFrame(metrics={"rate": selection_rate, "rows": count}, **given).by_group
    return {
        "DPL of fairlearn": float(rates.rate["a"] - rates.rate["d"]),
        "|DPL|": float(demographic_parity_difference(**given)),
        "rows of d": int(rates.rows["d"]),
    }


def disparity_of_pandas(frame: pd.DataFrame) -> float:
    """Average d's part of the rejected less its part of the accepted over the groups."""
    found = 0.0
    for _, rows in frame.groupby("group"):
        parts = [
            (rows.side[rows.positive == outcome] == "d").mean()
            if (rows.positive == outcome).any()
            else 0.0
            for outcome in (0, 1)
        ]
        found += len(rows) / len(frame) * (parts[0] - parts[1])
    return float(found)


def wilson_of_d(frame: pd.DataFrame) -> tuple[float, float]:
    """Give the interval of facet d's share of the rows."""
    found = binomtest(int((frame.side == "d").sum()), len(frame)).proportion_ci(method="wilson")
    return float(found.low), float(found.high)


if __name__ == "__main__":
    with contextlib.redirect_stdout(sys.stderr), np.errstate(all="ignore"):
        found = [answers(table) for table in json.load(sys.stdin)]
    sys.stdout.write(json.dumps(found))
