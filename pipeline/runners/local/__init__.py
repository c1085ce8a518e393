"""Run the whole graph on this machine."""
