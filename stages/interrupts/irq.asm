; Device interrupts that tasks take.

call_irq_ack:
    jmp     call_unknown
