"""The registry of models: versions, who let them in and why, and where they are served."""
