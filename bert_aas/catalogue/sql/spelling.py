"""Names and texts as SQL writes them."""


def quoted(name: str) -> str:
    """Write a name as SQL does where it is not a plain one."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Write a text as SQL does."""
    return "'" + text.replace("'", "''") + "'"
