"""Explanations: what each word contributed to a class."""
