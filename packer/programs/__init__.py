"""Programs that were compiled elsewhere: from an ELF file to pages of a task's window.

elf    what a file says, and everything that a task cannot be started from
pages  segments as whole pages, each with one kind of access
load   the programs of a system's tasks
"""
