; copy and delete: capabilities from table to table.

call_copy:
    jmp     call_unknown

call_delete:
    jmp     call_unknown

copy_slot:
    ret
find_slot:
    xor     eax, eax
    ret
