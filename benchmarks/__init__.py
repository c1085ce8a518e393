"""Measurements behind what the documentation claims; ours and the baselines in one run."""
