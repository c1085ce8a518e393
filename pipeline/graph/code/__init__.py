"""Fingerprints of the code that nodes execute."""
