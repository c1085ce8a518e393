"""Explainer: which words the model's predictions rest on, over a sample of rows."""
