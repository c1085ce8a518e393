"""The metrics by name."""

DESCRIPTIONS = {
    "CI": "Class Imbalance (CI)",
    "DPL": "Difference in Positive Proportions in Labels (DPL)",
    "KL": "Kullback-Leibler Divergence (KL)",
    "JS": "Jensen-Shannon Divergence (JS)",
    "LP": "L-p Norm (LP)",
    "TVD": "Total Variation Distance (TVD)",
    "KS": "Kolmogorov-Smirnov Distance (KS)",
    "CDDL": "Conditional Demographic Disparity in Labels (CDDL)",
}
"""The metrics of labels, in the order in which they are shown."""

IMPACT = "DI"
"""The one metric that is even at 1, not at 0."""

AFTER_DESCRIPTIONS = {
    "DPPL": "Difference in Positive Proportions in Predicted Labels (DPPL)",
    IMPACT: "Disparate Impact (DI)",
    "DCAcc": "Difference in Conditional Acceptance (DCAcc)",
    "DCR": "Difference in Conditional Rejection (DCR)",
    "AD": "Accuracy Difference (AD)",
    "RD": "Recall Difference (RD)",
    "DAR": "Difference in Acceptance Rates (DAR)",
    "DRR": "Difference in Rejection Rates (DRR)",
    "SD": "Specificity Difference (SD)",
    "TE": "Treatment Equality (TE)",
    "FT": "Flip Test (FT)",
    "CDDPL": "Conditional Demographic Disparity in Predicted Labels (CDDPL)",
    "GE": "Generalized Entropy (GE)",
}
"""The metrics of predictions, in the order in which they are shown."""

SWAPS = "flips"
"""The share of labels that change where words are swapped: a metric of a model, of no facet."""
