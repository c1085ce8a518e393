"""Behavioural tests of a classifier: rows that must be right, changes that must not matter."""
