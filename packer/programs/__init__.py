"""Programs that were compiled elsewhere, and what comes with an image for tasks to read.

elf      what a file says, and everything that a task cannot be started from
pages    segments as whole pages, each with one kind of access
symbols  the names in a file, for debuggers
flatten  a program as a boot module that a loader in ring 3 can start
load     all of a system's files
"""
