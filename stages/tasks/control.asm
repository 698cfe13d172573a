; start and stop: a thread's life from outside.

call_start:
    jmp     call_unknown

call_stop:
    jmp     call_unknown
