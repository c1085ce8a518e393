"""TFX components of our own: `component.py` is the contract, `executor.py` the work."""
