"""What `data`, `sql`, `catalog`, `features` and `bias` do."""
