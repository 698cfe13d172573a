"""A running kernel, read through the schemas it was built from. README.md says what is where."""
