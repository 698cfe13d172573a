"""What happened inside a machine, from QEMU's log of interrupts. README.md says what is where."""
