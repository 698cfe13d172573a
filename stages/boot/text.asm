; What the boot stage prints.

text_boot:
    .asciz  "boot        "
text_boot_bios:
    .asciz  "BIOS, long mode, "
text_boot_pvh:
    .asciz  "PVH, long mode, "
text_boot_ranges:
    .asciz  " memory ranges\n"
