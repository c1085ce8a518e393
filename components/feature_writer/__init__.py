"""FeatureWriter: what Transform made, kept as a feature group."""
