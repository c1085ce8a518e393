"""The model code that TFX calls: preprocessing, training, tuning, export."""
