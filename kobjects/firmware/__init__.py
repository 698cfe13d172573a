"""What firmware, boot loaders and hypervisors read and hand over.

mbr        the first sector of a BIOS disk, and the chain of extended boot records
gpt        the GUID partition table, both copies
fat        FAT12, FAT16, FAT32: boot sector, FSInfo, directories, long names
fatlayout  where the parts of a FAT volume lie, and what its table says
iso9660    volume descriptors, directories, path tables
eltorito   the boot catalog of a CD
pe         PE/COFF images, as EFI applications are
elf        64-bit ELF: file, program and section headers, symbols, notes
elf32      32-bit ELF
elfnote    notes one after the other
multiboot  Multiboot 1: header and information
multiboot2 Multiboot 2: header and information, in tags
bzimage    Linux's setup header and boot parameters
pvh        the start of a guest by the PVH protocol, as QEMU's -kernel does it
bios       the packet of the BIOS's extended disk reads
e820       the BIOS's memory map
acpitable  ACPI's root pointer, and what all tables begin with
acpi       RSDT, XSDT, MCFG, HPET, and all other tables that are known here
madt       interrupt controllers
fadt       fixed hardware
efi        system table, configuration tables, memory descriptors
efiservices what an EFI application calls: boot services, text and graphics output
fwcfg      QEMU's fw_cfg device

Import from the module that says it: `from kobjects.firmware.mbr import MasterBootRecord`.
"""
