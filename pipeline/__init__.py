"""The pipeline: configuration, graph, runners, report and command line."""
