; What the supervisor says on the console of its wards.
;
; Called with rbp = STATE, WARD chosen and, for a fault or exit, the kernel's words in MESSAGE. A console that does not
; answer in PATIENCE is not waited for, and what it was told is lost: it may have been that which it fell over. What
; one could not be told that is dead, or waits for the supervisor itself, is kept at UNSAID until there is another.

const PATIENCE   = 2000000000           ; in ns

const FAULT_WORD = MESSAGE + 0 * 8   ; what the kernel tells of a fault
const ERROR      = MESSAGE + 1 * 8
const PLACE      = MESSAGE + 2 * 8
const TOUCHED    = MESSAGE + 3 * 8   ; or the exit code

; Ends the line and prints it.
say:
    mov     eax, LINE
    mov     ecx, [rax + LINE_BYTES]
    mov     byte ptr [rax + rcx], '\n'
    ; fall through

; Prints what the line has so far: the rest may be long.
say_part:
    mov     ecx, [rbp + UNSAID_COUNT]
    cmp     ecx, MOST_UNSAID
    jae     .full                       ; those that came first say most
    inc     dword ptr [rbp + UNSAID_COUNT]
    imul    ecx, ecx, LINE_BYTES
    lea     rdi, [rbp + rcx + UNSAID]
    mov     esi, LINE
    mov     ecx, LINE_BYTES / 8
    rep movsq
.full:
    mov     edi, LINE
    mov     ecx, LINE_BYTES / 8 + 1     ; and the count
    xor     eax, eax
    rep stosq
    ; fall through

; Prints what is unsaid, as far as the console takes it.
say_unsaid:
    cmp     dword ptr [rbp + UNSAID_COUNT], 0
    je      .done
    lea     rsi, [rbp + UNSAID]
    mov     edi, LINE
    mov     ecx, LINE_BYTES / 8
    rep movsq
    call    patient
    call    send
    mov     ebp, STATE
    shr     eax, Abi.STATUS_SHIFT
    movzx   eax, al
    test    eax, eax
    jz      .said
    cmp     eax, Status.TIMED_OUT
    jne     .done
    mov     qword ptr [rbp + UNHEARD], 1
.said:
    dec     dword ptr [rbp + UNSAID_COUNT]
    lea     rdi, [rbp + UNSAID]
    lea     rsi, [rdi + LINE_BYTES]
    mov     ecx, (MOST_UNSAID - 1) * LINE_BYTES / 8
    rep movsq
    test    eax, eax
    jz      say_unsaid
.done:
    ret

patient:
    call    now
    mov     rcx, PATIENCE
    add     rax, rcx
    mov     ecx, LINE
    mov     [rcx + DEADLINE], rax
    ret

; "fault       NAME: WHAT at PLACE"
report_fault:
    lea     rsi, [rip + text_fault]
    lea     rdi, [rip + text_colon]
    call    add_about
    cmp     qword ptr [rbp + FAULT_WORD], FaultKind.EXIT << 8
    je      .exit
    movzx   edi, byte ptr [rbp + FAULT_WORD]
    call    add_exception
    cmp     byte ptr [rbp + FAULT_WORD], Vector.PF
    je      .page_fault
    cmp     qword ptr [rbp + ERROR], 0
    je      .at
    lea     rsi, [rip + text_error]
    call    add_text
    mov     rdi, [rbp + ERROR]
    call    add_hex
    jmp     .at
.exit:
    lea     rsi, [rip + text_exited]    ; of somebody that the roster does not know
    call    add_text
    jmp     .at
.page_fault:
    call    add_access
.at:
    call    say_part
    lea     rsi, [rip + text_at]
    call    add_text
    mov     rdi, [rbp + PLACE]
    call    add_place
    jmp     say

; " read of ADDRESS refused", or "… unmapped": what the page fault's error code says.
add_access:
    lea     rsi, [rip + text_execution]
    test    qword ptr [rbp + ERROR], PageFaultError.instruction_fetch
    jnz     .access
    lea     rsi, [rip + text_write]
    test    qword ptr [rbp + ERROR], PageFaultError.write
    jnz     .access
    lea     rsi, [rip + text_read]
.access:
    call    add_text
    mov     rdi, [rbp + TOUCHED]
    call    add_hex
    lea     rsi, [rip + text_refused]
    test    qword ptr [rbp + ERROR], PageFaultError.present
    jnz     .page
    lea     rsi, [rip + text_unmapped]
.page:
    jmp     add_text

; "fault       NAME: ended while the supervisor waited for it": the kernel has said on its own how.
report_untold:
    lea     rsi, [rip + text_fault]
    lea     rdi, [rip + text_untold]
    call    add_about
    jmp     say

; "exit        NAME: status CODE", of a ward that did not end well.
report_exit:
    cmp     qword ptr [rbp + TOUCHED], 0
    je      .well
    lea     rsi, [rip + text_exit]
    lea     rdi, [rip + text_status]
    call    add_about
    mov     rdi, [rbp + TOUCHED]
    call    add_decimal
    jmp     say
.well:
    ret

; "restart     NAME: N times"
report_restart:
    lea     rsi, [rip + text_restart]
    lea     rdi, [rip + text_started_again]
    call    add_about
    call    ward
    mov     edi, [rsi + WardState.restarts]
    call    add_decimal
    jmp     say

; "restart     NAME: given up after N"
report_given_up:
    lea     rsi, [rip + text_restart]
    lea     rdi, [rip + text_given_up]
    call    add_about
    call    ward
    mov     edi, [rsi + WardState.automatic]
    call    add_decimal
    jmp     say

; "restart     NAME: not started, status CODE"
report_not_started:
    lea     rsi, [rip + text_restart]
    lea     rdi, [rip + text_not_started]
    call    add_about
    mov     rdi, [rbp + STATUS]
    call    add_decimal
    jmp     say

; Appends the text at rsi, the ward's name and the text at rdi: how every report begins.
add_about:
    push    rdi
    call    add_text
    call    add_name
    pop     rsi
    jmp     add_text

; Appends the ward's name, or its badge when the roster knows none of it.
add_name:
    mov     rdi, [rbp + BADGE]
    cmp     qword ptr [rbp + WARD], 0
    jl      add_decimal
    call    ward
    sub     rsp, Ward.badge - Ward.name + 8  ; a name may fill its 16 bytes: a zero behind it
    mov     rax, [rdi + Ward.name]
    mov     [rsp], rax
    mov     rax, [rdi + Ward.name + 8]
    mov     [rsp + 8], rax
    mov     qword ptr [rsp + 2 * 8], 0
    mov     rsi, rsp
    call    add_text
    add     rsp, Ward.badge - Ward.name + 8
    ret

; Appends the exception's mnemonic, or the vector edi when it has none here.
add_exception:
    lea     rsi, [rip + exceptions]
.next:
    movzx   eax, byte ptr [rsi]
    inc     rsi
    cmp     eax, END_OF_EXCEPTIONS
    je      .unknown
    cmp     eax, edi
    je      add_text
.skip:
    inc     rsi
    cmp     byte ptr [rsi - 1], 0
    jne     .skip
    jmp     .next
.unknown:
    push    rdi
    lea     rsi, [rip + text_vector]
    call    add_text
    pop     rdi
    jmp     add_decimal

; Appends where the address rdi lies in the ward's program: "label + 0xOFFSET", or the address when that
; is not in it.
add_place:
    cmp     qword ptr [rbp + WARD], 0
    jl      .bare
    push    rdi
    call    ward
    mov     edx, [rdi + Ward.symbols]
    mov     ecx, [rdi + Ward.symbol_count]
    pop     rdi
    xor     esi, esi
.next:
    test    ecx, ecx
    jz      .last
    cmp     [rdx + TaskSymbol.address], rdi
    ja      .last
    mov     rsi, rdx
    add     rdx, TaskSymbol.size
    dec     ecx
    jmp     .next
.last:
    test    rsi, rsi
    jz      .bare
    cmp     byte ptr [rsi + TaskSymbol.name], 0
    je      .bare                       ; behind its end
    sub     rdi, [rsi + TaskSymbol.address]
    push    rdi
    add     rsi, TaskSymbol.name
    call    add_text
    lea     rsi, [rip + text_plus]
    call    add_text
    pop     rdi
.bare:
    jmp     add_hex
