; The driver of the PS/2 keyboard: scan codes come by interrupt 1, characters go to the console.
;
; Starts with an empty stack and no arguments, finds the 8042 and its keyboard, and tells the console
; whether they are there. Serves KeyboardRequest, absent or not. What it waits for at the controller is
; bounded: PATIENCE looks. keymap.asm makes characters of scan codes. A system call keeps only rsp; what
; lasts is at STATE, and every routine has rbp = STATE.

const STATE     = User.BUFFER + 0x900
const FLAGS     = 0                     ; fields of STATE: which keys are held, what the next code means
const SKIP      = 4                     ; codes to be ignored
const TYPED     = 8                     ; characters so far
const PRESENT   = 16                    ; 1 when there is a keyboard
const STATE_BYTES = 24

const NO_DEVICE = 0xff                  ; what an empty bus reads
const PATIENCE  = 0x10000
const STALE     = 64                    ; bytes that may lie in a controller from before
const SET_BITS  = ControllerConfiguration.interrupt_first | ControllerConfiguration.translate | ControllerConfiguration.disable_second
const CLEAR_BITS = ControllerConfiguration.disable_first | ControllerConfiguration.interrupt_second

keyboard:
    mov     ebp, STATE
    mov     rdi, rbp
    mov     ecx, STATE_BYTES / 8
    xor     eax, eax
    rep stosq                           ; who is started again finds what it left
    call    find_keyboard
    jc      .absent
    mov     byte ptr [rbp + PRESENT], 1
.absent:
    mov     edx, [rbp + PRESENT]
    mov     esi, ConsoleRequest.KEYBOARD
    call    tell_console
    mov     rdx, [rip + own_name]
    mov     r8, [rip + own_name + 8]
    call    register
    mov     ebp, STATE
.interrupt:
    call    take_codes
    mov     edi, cap.irq1
    mov     eax, Call.IRQ_ACK << Abi.NUMBER_SHIFT
    syscall
.receive:
    mov     edi, Receive.MESSAGES | Receive.SIGNALS
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
.serve:
    syscall
    mov     ebp, STATE
    test    eax, Abi.STATUS_MASK
    jnz     .receive
    mov     ecx, FaultReply.STOP        ; to who made us its supervisor
    cmp     ah, Kind.SIGNAL
    je      .interrupt
    ja      .answer
    cmp     ah, Kind.CALL
    jne     .receive
    mov     ecx, Result.UNKNOWN_REQUEST
    test    al, al
    jz      .answer
    cmp     rsi, KeyboardRequest.STATE
    jne     .answer
    mov     ecx, Result.ABSENT
    cmp     byte ptr [rbp + PRESENT], 0
    je      .answer
    xor     ecx, ecx                    ; Result.OK
.answer:
    mov     esi, ecx
    mov     edx, 1
    test    byte ptr [rbp + FLAGS], SET_2
    jz      .set
    inc     edx
.set:
    mov     r8, [rbp + TYPED]
    xor     r9d, r9d                    ; the others are the request's, and go back to who sent them
    mov     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT | 3
    jmp     .serve

; Calls the console with words esi and edx. Without a console the character is lost.
tell_console:
    mov     edi, cap.console
    mov     eax, Call.CALL << Abi.NUMBER_SHIFT | 2
    syscall
    mov     ebp, STATE
    ret

; Makes keyboard and controller ready. CF set when one of them is not there.
find_keyboard:
    in      al, Keyboard.STATUS
    cmp     al, NO_DEVICE
    je      .absent
    mov     al, ControllerCommand.DISABLE_FIRST
    call    command_controller
    mov     al, ControllerCommand.DISABLE_SECOND
    call    command_controller
    mov     ebx, STALE
.empty:
    in      al, Keyboard.STATUS
    test    al, ControllerStatus.output_full
    jz      .emptied
    in      al, Keyboard.DATA
    dec     ebx
    jnz     .empty
.absent:
    stc
    ret
.emptied:
    mov     al, ControllerCommand.TEST
    call    command_controller
    call    read_answer
    jc      .absent
    cmp     al, ControllerAnswer.TEST_PASSED
    jne     .absent
    call    read_configuration
    jc      .absent
    and     al, ~CLEAR_BITS
    or      al, SET_BITS
    mov     ebx, eax
    mov     al, ControllerCommand.WRITE_CONFIGURATION
    call    command_controller
    mov     al, bl
    call    write_data
    call    read_configuration
    jc      .absent
    test    al, ControllerConfiguration.translate
    jnz     .translates
    or      byte ptr [rbp + FLAGS], SET_2
.translates:
    mov     al, ControllerCommand.ENABLE_FIRST
    call    command_controller
    mov     al, KeyboardCommand.ENABLE
    call    write_data
    mov     ebx, STALE
.acknowledged:
    call    read_answer
    jc      .absent
    cmp     al, KeyboardAnswer.ACKNOWLEDGE
    je      .found
    dec     ebx                         ; a key that is being pressed
    jnz     .acknowledged
    jmp     .absent
.found:
    clc
    ret

read_configuration:
    mov     al, ControllerCommand.READ_CONFIGURATION
    call    command_controller
    ; fall through

; Returns al = the next byte from the controller, or CF set when none comes.
read_answer:
    mov     ecx, PATIENCE
.wait:
    in      al, Keyboard.STATUS
    test    al, ControllerStatus.output_full
    jnz     .there
    dec     ecx
    jnz     .wait
    stc
    ret
.there:
    in      al, Keyboard.DATA
    clc
    ret

; Gives the controller command al.
command_controller:
    call    await_room
    out     Keyboard.COMMAND, al
    ret

; Gives the keyboard, or a command that waits for it, byte al.
write_data:
    call    await_room
    out     Keyboard.DATA, al
    ret

; Waits until the controller takes a byte. Keeps al.
await_room:
    mov     ah, al
    mov     ecx, PATIENCE
.wait:
    in      al, Keyboard.STATUS
    test    al, ControllerStatus.input_full
    jz      .room
    dec     ecx
    jnz     .wait
.room:
    mov     al, ah
    ret

; Takes all that the controller holds. What the second device sends is not for us.
take_codes:
    cmp     byte ptr [rbp + PRESENT], 0
    je      .done
    in      al, Keyboard.STATUS
    test    al, ControllerStatus.output_full
    jz      .done
    mov     ah, al
    in      al, Keyboard.DATA
    test    ah, ControllerStatus.second
    jnz     take_codes
    movzx   edi, al
    call    scan_code
    test    eax, eax
    jz      take_codes
    inc     qword ptr [rbp + TYPED]
    push    rax
    mov     edx, eax
    mov     esi, ConsoleRequest.KEY
    call    tell_console
    pop     rax
    cmp     esi, Result.REFUSED
    jne     take_codes
    push    rax                         ; a console that was started again knows no keyboard
    mov     edx, 1
    mov     esi, ConsoleRequest.KEYBOARD
    call    tell_console
    pop     rdx
    mov     esi, ConsoleRequest.KEY
    call    tell_console
    jmp     take_codes
.done:
    ret

own_name:
    .ascii  "keyboard\0\0\0\0\0\0\0\0"
