"""One module per place where the graph can run."""
