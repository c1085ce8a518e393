"""What `traffic` and `models deploy --strategy` do."""
