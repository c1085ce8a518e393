"""Evaluator: metrics, blessing, and the reason for it."""
