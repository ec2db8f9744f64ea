"""A small text-to-picture model of coloured shapes: its caption language, its network and its measure."""
