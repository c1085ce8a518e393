"""The sections of the report, in their order on the page."""

from typing import Any

from pipeline.report.section import Section
from pipeline.report.sections import (
    anomalies,
    bias,
    conditions,
    data,
    environment,
    evaluation,
    explanations,
    features,
    graph,
    lineage,
    optimizer,
    preparation,
    registration,
    schema,
    training,
    tuner,
    verdict,
)

SECTIONS: tuple[Section[Any], ...] = (
    graph.SECTION,
    verdict.SECTION,
    conditions.SECTION,
    registration.SECTION,
    evaluation.SECTION,
    explanations.SECTION,
    training.SECTION,
    tuner.SECTION,
    optimizer.SECTION,
    data.SECTION,
    preparation.SECTION,
    schema.SECTION,
    anomalies.SECTION,
    bias.SECTION,
    features.SECTION,
    lineage.SECTION,
    environment.SECTION,
)
"""Collecting, the navigation, the HTML and notebooks loop over it."""
