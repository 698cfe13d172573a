; What the interrupts stage prints.

text_interrupts:
    .asciz  "interrupts  256 gates, 8259, local APIC timer, "
text_no_8259:
    .asciz  "no 8259 interrupt controller, which devices need"
text_no_8254:
    .asciz  "no 8254 timer, which measures the local APIC's"
text_no_apic:
    .asciz  "no local APIC, whose timer ends the slices"
text_apic_elsewhere:
    .asciz  "the local APIC is off, in x2APIC mode or not where it is on reset"
text_icount:
    .asciz  "icount on: the TSC counts instructions\n"
text_no_icount:
    .asciz  "the TSC counts time\n"
