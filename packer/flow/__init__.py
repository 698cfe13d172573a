"""What machine code can do, worked out from its bytes alone: its graph, values, worst paths."""
