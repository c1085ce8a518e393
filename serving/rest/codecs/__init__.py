"""REST bodies from and to arrays and protos."""
