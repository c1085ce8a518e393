"""Resolver: the model a candidate is compared with."""
