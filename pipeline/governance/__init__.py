"""Governance: what a model was made of, where it went, and the papers that say so."""
