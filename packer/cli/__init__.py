"""The kpack command: one file for each of its commands. `main` is where it starts."""
