"""Memory as a machine has it: physical images, and address spaces over them.

In reading order:

physical     physical memory of which some ranges are known
dump         files: raw, LiME, QEMU's ELF core (elfcore); open_dump() tells them apart
live         a running QEMU, over any function that reads, or over its monitor's socket
state        a processor's registers, from an ELF core's note or from `info registers`
modes        the paging modes as data (rules: what their entries must obey)
space        AddressSpace: translate, read, walk
walk         the walk, all tables of a level at once (mappings: what it comes to)
search       finding address spaces in memory of which nothing else is known
descriptors  GDT, IDT and TSS, with what they lead to

Whatever memory holds, nothing here raises anything but `KobjectsError`, and everything ends: what
is wrong with tables is a list of findings beside the result.
"""
