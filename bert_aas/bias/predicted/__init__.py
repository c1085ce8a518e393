"""Bias of predictions: how far a model treats groups of rows differently; pure functions."""
