; What a switch brings in for some threads, and takes out again for all others: I/O ports, vector registers, FS
; and GS base, breakpoints.
;
; `switch_special` is called by `resume` with rbx = T about to run, when it or the thread before has any of them.
; cpu.special says what of the four is in: what the flags of the thread that ran last asked for. The owners
; say whose it is, 0 that it is a dead thread's or not what the thread has now. All that is in the
; processor is the running thread's or nothing: ports are closed, vector registers are as after a reset, the bases
; are 0, breakpoints are off.

switch_special:
    mov     r12d, [rbx + Thread.flags]
    and     r12d, SPECIAL_FLAGS         ; wanted
    mov     r13d, [rip + cpu + Cpu.special]
    mov     [rip + cpu + Cpu.special], r12d
    mov     r14d, r12d
    or      r14d, r13d
    test    r14d, ThreadFlags.ports
    jz      .vectors
    call    switch_ports
.vectors:
    test    r14d, ThreadFlags.fpu
    jz      .bases
    call    switch_vectors
.bases:
    test    r14d, ThreadFlags.bases
    jz      .debug
    call    switch_bases
.debug:
    test    r14d, ThreadFlags.debug
    jnz     switch_debug
    ret

; The four get r12d = what is wanted, r13d = what was in, rbx = T, and keep those and r14.
switch_ports:
    mov     eax, Cpu.size               ; past the TSS's limit: no port is allowed
    test    r12d, ThreadFlags.ports
    jz      .closed
    call    open_ports
    mov     eax, Cpu.io_bitmap - Cpu.tss
.closed:
    lea     rcx, [rip + cpu + Cpu.tss]
    mov     [rcx + TaskStateSegment.iomap_base], ax
    ret

switch_bases:
    xor     esi, esi
    xor     edi, edi
    xor     r8d, r8d                    ; nobody's
    test    r12d, ThreadFlags.bases
    jz      .write
    cmp     [rip + cpu + Cpu.bases_owner], rbx
    je      .done
    mov     r8, rbx
    mov     rsi, [rbx + Thread.fs_base]
    mov     rdi, [rbx + Thread.gs_base]
.write:
    mov     [rip + cpu + Cpu.bases_owner], r8
    mov     ecx, Msr.FS_BASE
    mov     rax, rsi
    call    write_address
    mov     ecx, Msr.GS_BASE
    mov     rax, rdi
    jmp     write_address
.done:
    ret

switch_debug:
    xor     ecx, ecx                    ; nobody's
    mov     eax, DR7_OFF
    test    r12d, ThreadFlags.debug
    jz      .write
    cmp     [rip + cpu + Cpu.debug_owner], rbx
    je      .done
    mov     rcx, [rbx + Thread.breakpoints.0]
    mov     dr0, rcx
    mov     rcx, [rbx + Thread.breakpoints.1]
    mov     dr1, rcx
    mov     rcx, [rbx + Thread.breakpoints.2]
    mov     dr2, rcx
    mov     rcx, [rbx + Thread.breakpoints.3]
    mov     dr3, rcx
    mov     rax, [rbx + Thread.debug_control]
    mov     rcx, rbx
.write:
    mov     [rip + cpu + Cpu.debug_owner], rcx
    mov     dr7, rax
.done:
    ret

; Called with rdi = T of a thread whose bases or breakpoints have changed: the next switch loads them.
forget_loaded:
    xor     eax, eax
    cmp     [rip + cpu + Cpu.bases_owner], rdi
    jne     .debug
    mov     [rip + cpu + Cpu.bases_owner], rax
.debug:
    cmp     [rip + cpu + Cpu.debug_owner], rdi
    jne     .done
    mov     [rip + cpu + Cpu.debug_owner], rax
.done:
    ret

; Called with rdi = T of a thread that is about to end: nothing in the processor is its any more. Keeps rdi.
forget_special:
    call    forget_loaded
    call    forget_vectors
    jmp     close_ports
