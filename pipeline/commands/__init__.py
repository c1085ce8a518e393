"""The commands of `bert-aas`, one file each; `listed.COMMANDS` names them."""
