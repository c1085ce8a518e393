"""Rows compared with each other: equal and nearly equal texts, classes of equal size."""
