"""Registrar: a version in the registry for each candidate, with all that is known of it."""
