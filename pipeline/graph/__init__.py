"""The graph of nodes: put together, compiled, described."""
