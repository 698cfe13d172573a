; destroy: an object's end, in bounded steps.

call_destroy:
    jmp     call_unknown
