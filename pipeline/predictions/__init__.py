"""Predictions by a pushed model or a model server."""
