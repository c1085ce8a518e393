"""Which version of a model answers which request: plans, shares, and how they change with time."""
