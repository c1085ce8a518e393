"""StatisticsGen: TFX's statistics, in constant memory for many rows."""
