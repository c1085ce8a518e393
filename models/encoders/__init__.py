"""TF-Hub BERT encoders: the model, its import from checkpoints, its resolution from sources."""
