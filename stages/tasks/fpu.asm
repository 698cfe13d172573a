; Vector registers: x87, MMX, SSE, AVX, with their control words.
;
; A thread has them by its flag `fpu`. While another runs they hold the state of a reset and CR0.TS makes every
; instruction on them #NM: there is nothing to read, not even past TS, which some processors speculate through
; and QEMU's XSAVE does not ask. Whoever makes a system call has saved what it needs, as before any function
; call, so nothing of its is saved, and what it finds afterwards is its own or the state of a reset. Whoever
; is interrupted or faults has `fpu_live` set by traps.asm, and finds everything again. Nothing waits for #NM.
;
; All are called. `switch_vectors` is special.asm's, `fpu_init` boot/features.asm's.

const XCR0_USED = Xcr0.x87 | Xcr0.sse | Xcr0.avx

; Chooses how the state is saved, and which state there is: what CR4 says and fits in a thread's page. What
; firmware left in the registers goes.
fpu_init:
    call    choose_fpu_mode
    cmp     dword ptr [rip + cpu + Cpu.fpu_mode], FpuMode.NONE
    je      refuse_vectors
    clts
    lea     rdi, [rip + fpu_reset]
    call    load_vectors

; Makes vector instructions #NM.
refuse_vectors:
    mov     rax, cr0
    or      eax, Cr0.task_switched
    mov     cr0, rax
    ret

choose_fpu_mode:
    mov     rax, cr4
    test    eax, Cr4.os_fxsr
    jz      .done
    mov     dword ptr [rip + cpu + Cpu.fpu_mode], FpuMode.FXSAVE
    test    eax, Cr4.os_xsave
    jz      .done
    push    rbx                         ; cpuid writes it
    mov     eax, CpuidLeaf.XSAVE
    xor     ecx, ecx
    cpuid
    and     eax, XCR0_USED
    call    .enable                     ; leaves ecx = 0
    mov     eax, CpuidLeaf.XSAVE
    cpuid
    mov     eax, Xcr0.x87 | Xcr0.sse
    cmp     ebx, ThreadLimit.XSAVE_BYTES        ; what XSAVE writes with this XCR0
    pop     rbx
    ja      .enable
.done:
    ret
.enable:
    mov     dword ptr [rip + cpu + Cpu.fpu_mode], FpuMode.XSAVE
    mov     [rip + cpu + Cpu.xcr0], eax
    xor     edx, edx
    xor     ecx, ecx                    ; XCR0
    xsetbv
    and     dword ptr [rip + boot_info + BootInfo.features], ~Features.avx
    test    eax, Xcr0.avx
    jz      .done
    or      dword ptr [rip + boot_info + BootInfo.features], Features.avx
    ret

switch_vectors:
    mov     rdi, [rip + cpu + Cpu.fpu_owner]
    cmp     rdi, rbx
    je      .done                       ; it runs on
    test    r13d, ThreadFlags.fpu
    jz      .reset
    test    rdi, rdi
    jz      .saved                      ; its owner is dead, or began anew
    cmp     dword ptr [rdi + Thread.fpu_live], 0
    je      .saved
    call    save_vectors
.saved:
    mov     qword ptr [rip + cpu + Cpu.fpu_owner], 0
    lea     rdi, [rip + fpu_reset]
    test    r12d, ThreadFlags.fpu
    jnz     .own
    call    load_vectors
    jmp     refuse_vectors
.reset:
    clts
    lea     rdi, [rip + fpu_reset]
    cmp     dword ptr [rbx + Thread.fpu_live], 0
    je      .loaded                     ; it is there
.own:
    lea     rax, [rbx + Thread.xsave]
    cmp     dword ptr [rbx + Thread.fpu_live], 0
    cmovne  rdi, rax
    call    load_vectors
.loaded:
    mov     [rip + cpu + Cpu.fpu_owner], rbx
.done:
    ret

; Saves the registers in the page of the thread in rdi. Keeps rdi.
save_vectors:
    cmp     dword ptr [rip + cpu + Cpu.fpu_mode], FpuMode.XSAVE
    jne     .fxsave
    mov     eax, [rip + cpu + Cpu.xcr0]         ; whatever is in edx: XCR0 has no upper half
    xsave64 [rdi + Thread.xsave]
    ret
.fxsave:
    fxsave64 [rdi + Thread.xsave]
    ret

; Loads the registers from rdi: a thread's area, which XSAVE alone has written, or `fpu_reset`, so this cannot fault.
; AMD's processors keep the last x87 instruction's addresses unless an exception waits; FILD puts its own there.
load_vectors:
    fnclex
    emms
    fild    dword ptr [rip + fpu_reset]
    cmp     dword ptr [rip + cpu + Cpu.fpu_mode], FpuMode.XSAVE
    jne     .fxrstor
    mov     eax, [rip + cpu + Cpu.xcr0]
    xrstor64 [rdi]
    ret
.fxrstor:
    fxrstor64 [rdi]
    ret

; The state of a reset, as `load_vectors` loads it. Keeps every register but rcx and r15.
reset_vectors:
    mov     rcx, rax
    mov     r15, rdx
    fnclex
    emms
    fild    dword ptr [rip + fpu_reset]
    cmp     dword ptr [rip + cpu + Cpu.fpu_mode], FpuMode.XSAVE
    jne     .fxrstor
    mov     eax, [rip + cpu + Cpu.xcr0]
    xor     edx, edx
    xrstor64 [rip + fpu_reset]
    mov     rax, rcx
    mov     rdx, r15
    ret
.fxrstor:
    fxrstor64 [rip + fpu_reset]
    ret

; The thread in rdi begins with the state of a reset when it runs next. Keeps rdi.
forget_vectors:
    mov     dword ptr [rdi + Thread.fpu_live], 0
    cmp     [rip + cpu + Cpu.fpu_owner], rdi
    jne     .done
    mov     qword ptr [rip + cpu + Cpu.fpu_owner], 0
.done:
    ret
