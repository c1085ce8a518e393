"""Queries in DuckDB: read-only, over the tables that they name, within limits."""
