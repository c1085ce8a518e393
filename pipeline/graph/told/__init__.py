"""What single nodes are told, made of the configuration."""
