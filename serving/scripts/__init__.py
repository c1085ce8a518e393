"""`inference.py` of a model: a user's code around a model, in processes of its own."""
