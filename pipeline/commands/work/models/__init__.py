"""What `models`, `lineage`, `card`, `sbom`, `sign` and `verify` do."""
