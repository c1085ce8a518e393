"""What `run`, `node`, `compile`, `runs` and `doctor` do."""
