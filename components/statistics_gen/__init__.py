"""StatisticsGen: TFX's statistics, in level memory for many rows."""
