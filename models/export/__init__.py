"""What an exported model answers: its signatures."""
