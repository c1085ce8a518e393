"""Conditions that a model must meet, over the figures of `evaluation.json`: pure functions."""
