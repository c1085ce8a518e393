"""The work behind the commands of `bert-aas`."""
