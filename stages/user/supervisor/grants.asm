; What a program is given: capabilities by the names that it asks for, ports, and sight of the boot modules.
;
; Called with rbp = STATE and WARD, PROGRAM chosen; ZF clear: the kernel refused. The names with a meaning of their
; own are in `own_names`, and "irqN" is the device interrupt of line N; any other is that of a ward, whose Endpoint the program may then call. A slot for which
; there is nothing to give stays empty: who is not there cannot be called, and the program is told so when it tries.

const IRQ_NAME   = 'i' | 'r' << 8 | 'q' << 16
const IRQ_BITS   = 24
const NAME_BYTES = ProgramLimit.NAME_BYTES

give_capabilities:
    mov     qword ptr [rbp + COUNT], 0
    mov     qword ptr [rbp + MISSING], 0
    call    ward
    mov     dword ptr [rsi + WardState.granted], 0
    test    byte ptr [rdi + Ward.flags], WardFlags.own_program
    jnz     give_granted
.next:
    mov     rcx, [rbp + PROGRAM]
    mov     eax, [rbp + COUNT]
    cmp     eax, [rcx + Program.capability_count]
    jae     give_ports
    imul    eax, eax, NAME_BYTES
    mov     rsi, [rcx + rax + Program.capabilities]
    mov     rdx, [rcx + rax + Program.capabilities + 8]
    lea     rcx, [rip + own_names]
.own:
    cmp     qword ptr [rcx], 0
    je      .ward
    cmp     [rcx], rsi
    jne     .other
    cmp     [rcx + 8], rdx
    jne     .other
    call    [rcx + NAME_BYTES]
    jmp     .given
.other:
    add     rcx, NAME_BYTES + 8
    jmp     .own
.ward:
    call    line_of
    jc      .endpoint
    call    give_irq
    jmp     .given
.endpoint:
    call    give_endpoint
.given:
    jnz     .refused
    inc     qword ptr [rbp + COUNT]
    jmp     .next
.refused:
    ret

; Returns ecx = the line when rsi is "irq" and its decimal digits. CF: it is not. Keeps rsi and rdx.
line_of:
    mov     rax, rsi
    and     eax, (1 << IRQ_BITS) - 1
    cmp     eax, IRQ_NAME
    jne     .none
    mov     rax, rsi
    shr     rax, IRQ_BITS
    xor     ecx, ecx
.digit:
    movzx   edi, al
    sub     edi, '0'
    cmp     edi, 9
    ja      .none
    imul    ecx, ecx, 10
    add     ecx, edi
    shr     rax, 8
    jnz     .digit
    cmp     ecx, RosterLimit.LINES
    cmc
    ret
.none:
    stc
    ret

; The Endpoint of the ward whose name is rsi rdx, with the program's own badge.
give_endpoint:
    push    qword ptr [rbp + WARD]
    call    find_by_name
    jc      .missing
    call    ward
    mov     edi, [rsi + WardState.endpoint]
    pop     qword ptr [rbp + WARD]
    test    edi, edi
    jz      missing
    mov     ecx, edi
    call    ward
    mov     r9, [rdi + Ward.badge]
    mov     edi, ecx
    mov     r8d, EndpointRights.call | EndpointRights.grant
    mov     eax, Call.COPY << Abi.NUMBER_SHIFT | 4
    call    copy_to_ward
    jz      .done
    cmp     qword ptr [rbp + STATUS], Status.DEAD
    je      missing
.done:
    ret
.missing:
    pop     qword ptr [rbp + WARD]
missing:
    inc     qword ptr [rbp + MISSING]
    xor     eax, eax                    ; ZF set
    ret

; COPY with its number and words in eax, of the capability edi to slot COUNT + 1 of the ward's table; r8 = rights,
; r9 = badge.
copy_to_ward:
    mov     edx, [rbp + COUNT]
    inc     edx
    imul    edx, edx, Slot.size
    mov     ecx, edi
    call    ward
    mov     esi, [rsi + WardState.space]
    mov     edi, ecx
    jmp     kernel

; Its own Endpoint, to be handed to others.
give_own_endpoint:
    call    ward
    mov     edi, [rsi + WardState.endpoint]
    mov     r8d, EndpointRights.call | EndpointRights.grant | EndpointRights.control
    mov     eax, Call.COPY << Abi.NUMBER_SHIFT | 3
    jmp     copy_to_ward

; Its own Space, to map into and to fill slots of.
give_own_space:
    call    ward
    mov     edi, [rsi + WardState.space]
    mov     r8d, SpaceRights.map | SpaceRights.caps
    mov     eax, Call.COPY << Abi.NUMBER_SHIFT | 3
    jmp     copy_to_ward

give_boot_info:
    mov     edi, cap.boot_info
    mov     r8d, FrameRights.read
    mov     eax, Call.COPY << Abi.NUMBER_SHIFT | 3
    jmp     copy_to_ward

; The device interrupt whose line the program names, which signals bit 1 << line to it.
give_irq:
    push    rcx
    call    ward
    mov     edi, [rsi + WardState.space]
    mov     r8d, cap.hardware
    mov     r9d, ecx
    mov     r10d, [rsi + WardState.notification]
    mov     ebx, 1
    shl     ebx, cl
    mov     esi, ObjectType.IRQ
    mov     eax, 6
    call    create
    pop     rcx
    jnz     .refused
    mov     [rbp + rcx * 4 + IRQS], edi
    mov     r8d, IrqRights.ack
    mov     eax, Call.COPY << Abi.NUMBER_SHIFT | 3
    jmp     copy_to_ward
.refused:
    ret

; The I/O ports that the Program needs are its Thread's from the start.
give_ports:
    mov     qword ptr [rbp + COUNT], 0
.next:
    mov     rcx, [rbp + PROGRAM]
    mov     eax, [rbp + COUNT]
    movzx   r9d, word ptr [rcx + rax * PortRange.size + Program.ports]
    movzx   r10d, word ptr [rcx + rax * PortRange.size + Program.ports + PortRange.count]
    test    r10d, r10d
    jz      .other
    call    ward
    mov     edi, [rsi + WardState.space]
    mov     r8d, cap.hardware
    mov     esi, ObjectType.IO_PORTS
    mov     eax, 5
    call    create
    jnz     .refused
    mov     r8d, edi
    call    ward
    mov     edi, [rsi + WardState.thread]
    mov     esi, ThreadPart.PORTS
    mov     edx, [rbp + COUNT]
    mov     eax, Call.WRITE_THREAD << Abi.NUMBER_SHIFT | 3
    call    kernel
    jnz     .refused
.other:
    inc     qword ptr [rbp + COUNT]
    cmp     qword ptr [rbp + COUNT], ThreadLimit.PORT_RANGES
    jb      .next
    jmp     show_modules
.refused:
    ret

; Maps the boot modules where the supervisor itself sees them, if the Program wants that: its pages are the
; supervisor's, read-only, each by a slot of its own.
show_modules:
    mov     rcx, [rbp + PROGRAM]
    test    dword ptr [rcx + Program.flags], ProgramFlags.modules
    jz      .done                       ; ZF set
    mov     qword ptr [rbp + COUNT], 0
.next:
    mov     ecx, ROSTER
    mov     eax, [rcx + Roster.module_pages]
    cmp     [rbp + COUNT], rax
    je      .done                       ; ZF set
    mov     qword ptr [rbp + STATUS], Status.SLOT_BUSY
    call    take_slot
    jc      .full
    mov     [rbp + FRAME], rdx
    mov     eax, [rbp + COUNT]
    imul    edi, eax, Slot.size
    add     edi, [rcx + Roster.module_frames]
    xor     esi, esi                    ; its own Space
    mov     r8d, FrameRights.read
    mov     eax, Call.COPY << Abi.NUMBER_SHIFT | 3
    call    kernel
    jnz     .done
    mov     edx, [rbp + COUNT]
    shl     edx, Page.SHIFT
    add     edx, User.MODULES
    mov     r8d, FrameRights.read
    mov     edi, [rbp + FRAME]
    call    state
    mov     esi, [rsi + WardState.space]
    mov     eax, Call.MAP << Abi.NUMBER_SHIFT
    call    kernel
    jnz     .done
    inc     qword ptr [rbp + COUNT]
    jmp     .next
.full:
    test    esp, esp                    ; ZF clear
.done:
    ret

    .align  8
own_names:                              ; name, padded with zeros to NAME_BYTES; what gives it
    .ascii  "endpoint\0\0\0\0\0\0\0\0"
    .quad   give_own_endpoint
    .ascii  "space\0\0\0\0\0\0\0\0\0\0\0"
    .quad   give_own_space
    .ascii  "boot_info\0\0\0\0\0\0\0"
    .quad   give_boot_info
    .quad   0
