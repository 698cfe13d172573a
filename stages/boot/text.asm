; What the boot stage prints.

text_boot:
    .asciz  "boot        "
text_boot_mode:
    .asciz  ", long mode, "
text_boot_ranges:
    .asciz  " memory ranges\n"
