"""Tables under names: a file of definitions, types written down once, and SQL over them."""
