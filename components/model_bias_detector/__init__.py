"""ModelBiasDetector: how far the candidate treats groups of rows differently; may stop the run."""
