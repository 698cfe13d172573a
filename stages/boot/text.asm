; What the boot stage prints.

text_boot:
    .asciz  "boot        "
text_boot_paths:                        ; 8 bytes for each BootPath
    .asciz  "nothing"
    .asciz  "BIOS\0\0\0"
    .asciz  "PVH\0\0\0\0"
    .asciz  "UEFI\0\0\0"
text_boot_mode:
    .asciz  ", long mode, "
text_boot_ranges:
    .asciz  " memory ranges\n"
