"""How files, disks and tables are recognised and looked into; `kobjects.identify` tries them all.

area     where bytes lie, in one piece or several
node     the tree, and the survey that makes it
names    names of files as steps of paths
disk     master boot record and logical partitions
guid     GUID partition tables
fatfs    FAT volumes
iso      ISO 9660 and El Torito
pecoff   PE images
elffile  ELF files
loader   Multiboot headers
rom      ROMs of ours
linux    bzImage
tables   ACPI tables and pointers, EFI's system table
"""
