; I/O ports of tasks.
;
; There is one I/O permission bitmap, that of the CPU's TSS, and it is changed only when a thread with ports
; runs that did not own it last: `open_ports`, called by special.asm with rbx = T. It allows the ports of
; io_owner and no others. `write_ports` is jumped to by registers.asm like those of settings.asm.

open_ports:
    mov     rdi, [rip + cpu + Cpu.io_owner]
    cmp     rdi, rbx
    je      .done
    test    rdi, rdi
    jz      .open
    call    close_ports
.open:
    mov     [rip + cpu + Cpu.io_owner], rbx
    mov     rdi, rbx
    xor     esi, esi
    jmp     set_ports
.done:
    ret

; Closes the ports of the thread in rdi, which are about to change or to end. Keeps rdi.
close_ports:
    cmp     [rip + cpu + Cpu.io_owner], rdi
    jne     .done
    mov     qword ptr [rip + cpu + Cpu.io_owner], 0
    mov     esi, 1                      ; a 1 bit forbids
    jmp     set_ports
.done:
    ret

; Sets the bits of every port of the thread in rdi to esi. Keeps rdi.
set_ports:
    mov     r8d, ThreadLimit.PORT_RANGES
    lea     r9, [rdi + Thread.ports]
.range:
    movzx   ecx, word ptr [r9 + PortRange.first]
    movzx   edx, word ptr [r9 + PortRange.count]
.port:
    test    edx, edx
    jz      .next_range
    test    esi, esi
    jz      .allow
    bts     dword ptr [rip + cpu + Cpu.io_bitmap], ecx
    jmp     .next_port
.allow:
    btr     dword ptr [rip + cpu + Cpu.io_bitmap], ecx
.next_port:
    inc     ecx
    dec     edx
    jmp     .port
.next_range:
    add     r9, PortRange.size
    dec     r8d
    jnz     .range
    ret

; Word 1 is the place among its ranges, word 2 the handle of the IoPorts, or 0 for none. The ports are copied: they
; stay the thread's when the IoPorts dies.
write_ports:
    mov     r13, [rbx + Thread.frame.rdx]
    cmp     r13, ThreadLimit.PORT_RANGES
    jae     refuse_argument
    xor     r12d, r12d
    mov     rdi, [rbx + Thread.frame.r8]
    test    rdi, rdi
    jz      .take
    mov     esi, ObjectType.IO_PORTS
    mov     edx, IoPortsRights.use
    call    lookup
    test    eax, eax
    jnz     complete
    mov     r12d, [rdx + ObjectHeader.target]   ; as a PortRange has it: first, then count
.take:
    mov     rdi, rbp
    call    close_ports
    mov     [rbp + r13 * 4 + Thread.ports], r12d
    xor     edx, edx
    xor     ecx, ecx
.any:
    or      dx, [rbp + rcx * 4 + Thread.ports + PortRange.count]
    inc     ecx
    cmp     ecx, ThreadLimit.PORT_RANGES
    jb      .any
    mov     esi, ThreadFlags.ports
    jmp     set_if_any
