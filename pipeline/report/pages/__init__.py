"""What is read as a whole: the report, fragments for notebooks, runs side by side."""
