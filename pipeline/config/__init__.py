"""The configuration (YAML): its sections, how it is read and checked."""
