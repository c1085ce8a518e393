"""What words do over many rows: statistics of explained rows, how stable and how faithful."""
