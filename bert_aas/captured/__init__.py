"""Captured requests, read back: events, their rows, and a table for SQL."""
