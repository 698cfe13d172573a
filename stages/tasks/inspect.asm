; inspect: what an object is and uses.

call_inspect:
    jmp     call_unknown
