"""What firmware, boot loaders and hypervisors read and hand over.

mbr      the first sector of a BIOS disk: master boot record and partition entries
bios     the packet of the BIOS's extended disk reads
e820     the BIOS's memory map
elf      64-bit ELF: file, program and section headers, symbols, notes
pvh      the start of a guest by the PVH protocol, as QEMU's -kernel does it

Import from the module that says it: `from kobjects.firmware.mbr import MasterBootRecord`.
"""
