"""Where a model comes from and where it went: the graph, and the ways to show it."""
