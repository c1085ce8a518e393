"""SQL over a project: its catalogue, its runs, their splits."""
