"""The microkernel, stage by stage. README.md is the map."""
