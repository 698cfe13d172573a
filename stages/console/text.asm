; What the console stage prints.

text_console:
    .asciz  "console     "
text_vga:
    .asciz  "VGA text 80x25"
text_no_vga:
    .asciz  "no VGA"
text_com1:
    .asciz  ", COM1 115200 8N1\n"
text_no_com1:
    .asciz  ", no COM1\n"
text_panic:
    .asciz  "kernel panic: "
text_panic_trap:
    .asciz  "an exception inside the kernel"
text_panic_root:
    .asciz  "the root has ended"
text_panic_cr2:
    .asciz  "CR2    "
text_panic_at:
    .asciz  "\nat     "
text_plus:
    .asciz  " + "
text_no_symbol:
    .asciz  "no kernel symbol"
hex_digits:
    .ascii  "0123456789abcdef"
