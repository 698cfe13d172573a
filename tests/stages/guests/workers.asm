; What created threads do, at fixed places of the program that makes them: assembled in front of
; script.asm.
;
; A thread starts with its argument in rdi and an address for its result in rsp; it uses no other
; memory, because a call keeps rsp alone. It ends by waiting for a signal for ever.

entry:
    jmp     perform

; Calls the Endpoint rdi, and keeps the rax that comes back.
    .org    0x10
worker_call:
    xor     eax, eax                    ; Call.CALL, no words
    syscall
    mov     [rsp], rax
    jmp     wait_for_ever

; Receives one message and keeps its sender waiting.
    .org    0x20
worker_receive:
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
    syscall
    mov     [rsp], rax
    jmp     wait_for_ever

; Receives for ever; saves each right to reply in a slot: rdi first, then the next.
    .org    0x40
worker_save:
    mov     [rsp], rdi
.next:
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
    syscall
    mov     rdi, [rsp]
    add     qword ptr [rsp], Slot.size
    mov     eax, Call.REPLY_SAVE << Abi.NUMBER_SHIFT
    syscall
    jmp     .next

; Sleeps until the time rdi.
    .org    0x80
worker_sleep:
    mov     r15, rdi
    xor     edi, edi                    ; neither messages nor signals
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT | Abi.DEADLINE
    syscall
    mov     [rsp], rax
    jmp     wait_for_ever

; Receives, and replies to what the caller has become meanwhile when it is signalled.
    .org    0xa0
worker_reply:
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
    syscall
    mov     edi, Receive.SIGNALS
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
    syscall
    xor     edi, edi
    mov     eax, Call.REPLY << Abi.NUMBER_SHIFT
    syscall
    mov     [rsp], rax
    jmp     wait_for_ever

; Destroys the Thread rdi, which may be itself, as often as it takes.
    .org    0xd0
worker_destroy:
    push    rdi
.again:
    mov     rdi, [rsp]
    mov     eax, Call.DESTROY << Abi.NUMBER_SHIFT
    syscall
    cmp     eax, Status.AGAIN << Abi.STATUS_SHIFT
    je      .again
    mov     [rsp + 8], rax
    jmp     wait_for_ever

; Receives one message, and then destroys the Thread rdi.
    .org    0x100
worker_avenge:
    push    rdi
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
    syscall
    pop     rdi
    jmp     worker_destroy

; Faults.
    .org    0x120
worker_fault:
    ud2

wait_for_ever:
    mov     edi, Receive.SIGNALS
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
    syscall
    jmp     wait_for_ever
