"""Run one node of a compiled graph."""
