; Uses the processor and nothing else.

spinner:
    jmp     spinner
