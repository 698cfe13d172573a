; create: new objects, paid for by a Space.

call_create:
    jmp     call_unknown
