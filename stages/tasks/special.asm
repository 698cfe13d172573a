; What a switch does for threads that are special: I/O ports.
;
; `switch_special` is called by `resume` with rbx = T about to run.

switch_special:
    mov     dword ptr [rip + cpu + Cpu.special], 0
    mov     eax, Cpu.size               ; past the TSS's limit: no port is allowed
    test    dword ptr [rbx + Thread.flags], ThreadFlags.ports
    jz      .closed
    call    open_ports
    mov     dword ptr [rip + cpu + Cpu.special], 1
    mov     eax, Cpu.io_bitmap - Cpu.tss
.closed:
    lea     rcx, [rip + cpu + Cpu.tss]
    mov     [rcx + TaskStateSegment.iomap_base], ax
    ret
