; What the supervisor prints, and the mnemonics of the exceptions.

text_hello:
    .asciz  "user        the supervisor runs in ring 3"
text_fault:
    .asciz  "fault       "
text_exit:
    .asciz  "exit        "
text_restart:
    .asciz  "restart     "
text_colon:
    .asciz  ": "
text_status:
    .asciz  ": status "
text_error:
    .asciz  " error "
text_exited:
    .asciz  "exited"
text_vector:
    .asciz  "vector "
text_read:
    .asciz  " read of "
text_write:
    .asciz  " write to "
text_execution:
    .asciz  " execution of "
text_refused:
    .asciz  " refused"
text_unmapped:
    .asciz  " unmapped"
text_at:
    .asciz  " at "
text_plus:
    .asciz  " + 0x"
text_started_again:
    .asciz  ": started again, "
text_untold:
    .asciz  ": ended while the supervisor waited for it"
text_given_up:
    .asciz  ": not started again, after "
text_not_started:
    .asciz  ": not started, status "

const END_OF_EXCEPTIONS = 0xff

exceptions:                             ; vector, mnemonic
    .byte   Vector.DE
    .asciz  "#DE"
    .byte   Vector.DB
    .asciz  "#DB"
    .byte   Vector.BP
    .asciz  "#BP"
    .byte   Vector.OF
    .asciz  "#OF"
    .byte   Vector.BR
    .asciz  "#BR"
    .byte   Vector.UD
    .asciz  "#UD"
    .byte   Vector.NM
    .asciz  "#NM"
    .byte   Vector.TS
    .asciz  "#TS"
    .byte   Vector.NP
    .asciz  "#NP"
    .byte   Vector.SS
    .asciz  "#SS"
    .byte   Vector.GP
    .asciz  "#GP"
    .byte   Vector.PF
    .asciz  "#PF"
    .byte   Vector.MF
    .asciz  "#MF"
    .byte   Vector.AC
    .asciz  "#AC"
    .byte   Vector.XM
    .asciz  "#XM"
    .byte   END_OF_EXCEPTIONS
