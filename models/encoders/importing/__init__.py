"""Read checkpoints and tokenizers of Hugging Face and of archives."""
