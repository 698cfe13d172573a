"""Machines that images boot on, and how a run is judged. README.md is the map."""
