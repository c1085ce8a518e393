"""One module per format of tables, and one that finds the separator of text tables."""
