"""Files of models: are they complete, did they change."""
