; revoke: an object that only its revoker still names.

call_revoke:
    jmp     call_unknown
