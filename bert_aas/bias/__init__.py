"""Bias: how far groups of rows differ, before a model is trained; needs NumPy and SciPy alone."""
