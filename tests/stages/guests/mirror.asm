; Prints all that it receives and answers with the complement of the ten words.
;
; The line is that of calls.asm, with `received` as its name: it comes right before the client's own. As
; many words go back as came, those past ten from a buffer filled anew. What is no word is poisoned
; before the reply, so that a client that finds it has been told too much.

const OWN_FILL     = 0x5e000000
const PARTNER_FILL = 0x60000000

mirror:
    call    fill_buffer
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
.serve:
    syscall
    call    store_block
    call    scan_buffer
    lea     rsi, [rip + text_received]
    call    add_text
    call    print_block
    call    fill_buffer
    mov     edi, BLOCK
    mov     ecx, REGISTERS
.next:
    not     qword ptr [rdi + rcx * 8 - 8]
    dec     ecx
    jnz     .next
    mov     rax, [rdi]
    not     rax
    movzx   eax, al                     ; words; a long message keeps its length
    or      eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT
    mov     [rdi], rax
    mov     rax, LEAK
    mov     [rdi + 1 * 8], rax          ; rdi
    mov     [rdi + 12 * 8], rax         ; rcx
    mov     [rdi + 13 * 8], rax         ; r11
    mov     [rdi + 14 * 8], rax         ; r15
    call    load_block
    jmp     .serve

const LEAK = 0x1eac1eac1eac1eac

text_received:
    .asciz  "result received"
