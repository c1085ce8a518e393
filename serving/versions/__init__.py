"""Which versions of which models serve, and how they change."""
