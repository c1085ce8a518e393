"""Runs: their outcome, their summary, past ones and comparisons."""
