"""What past runs left in ML Metadata and beside it, read back."""
