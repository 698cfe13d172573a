; Notifications.

call_signal:
    jmp     call_unknown

call_send:
    jmp     call_unknown

call_reply:
    jmp     call_unknown

call_reply_save:
    jmp     call_unknown

call_clock:
    jmp     call_unknown
