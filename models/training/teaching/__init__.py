"""Distillation: a teacher's answers become soft labels."""
