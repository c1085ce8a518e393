"""Feature groups: typed records with their times, in plain Parquet, read as they were on a day."""
