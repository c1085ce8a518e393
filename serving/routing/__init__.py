"""Shares requests out among the versions of a model, as a traffic plan says."""
