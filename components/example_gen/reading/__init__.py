"""Read rows of tables and TFRecords in batches, with their types."""
