"""ML Metadata: where it is, its records, and what past runs left in it and beside it."""
