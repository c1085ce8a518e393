"""GPT-2's and RoBERTa's tokenizer: pieces of bytes, merged in pairs, inside a TensorFlow graph."""
