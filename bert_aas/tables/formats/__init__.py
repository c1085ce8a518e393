"""One module per format of tables, and what stands between the fields of a text."""
