"""What is printed: messages, tables, errors of the file system."""
