; I/O ports of tasks.
;
; There is one I/O permission bitmap, that of the CPU's TSS, and it is changed only when a thread
; with ports runs that did not own it last. `open_ports` is called by `resume` with rbx = T.

open_ports:
    mov     rdi, [rip + cpu + Cpu.io_owner]
    cmp     rdi, rbx
    je      .done
    test    rdi, rdi
    jz      .open
    mov     esi, 1                      ; a 1 bit forbids
    call    set_ports
.open:
    mov     [rip + cpu + Cpu.io_owner], rbx
    mov     rdi, rbx
    xor     esi, esi
    jmp     set_ports
.done:
    ret

; Sets the bits of every port of the thread in rdi to esi.
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
