"""One module for each suite of figures, with `measure(run) -> list[Figure]`."""
