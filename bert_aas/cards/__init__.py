"""Model cards and bills of materials: a model's facts as papers that people and programs read."""
