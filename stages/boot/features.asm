; Turns on the protections that this processor has.
;
; `features_init` is called once, early, and fills BootInfo.features. Writing a CR4 bit that the
; processor lacks is #GP on hardware and a hang under some emulators, so each bit is asked of CPUID
; first. Vector registers are ready for the threads that have them, and refused to all others: CR0.TS is
; set, and tasks/special.asm clears it.

const FXSR_AND_SSE = Leaf1Edx.fxsr | Leaf1Edx.sse | Leaf1Edx.sse2

features_init:
    push    rbx                         ; cpuid writes it
    push    r12
    push    r13
    mov     r12d, Features.nx           ; long.asm refuses a processor without it
    xor     r13d, r13d                  ; bits of CR4

    xor     eax, eax
    cpuid
    mov     esi, eax                    ; the highest leaf
    mov     eax, CpuidLeaf.FEATURES
    cpuid
    test    edx, Leaf1Edx.pge
    jz      .no_pge
    or      r12d, Features.pge
    or      r13d, Cr4.page_global_enable
.no_pge:
    test    edx, Leaf1Edx.mce
    jz      .no_mce
    or      r13d, Cr4.machine_check_enable      ; else #MC would only shut the processor down
.no_mce:
    and     edx, FXSR_AND_SSE
    cmp     edx, FXSR_AND_SSE
    jne     .no_vectors
    or      r13d, Cr4.os_fxsr | Cr4.os_xmm_exceptions
    test    ecx, Leaf1Ecx.xsave
    jz      .no_vectors
    cmp     esi, CpuidLeaf.XSAVE        ; tells how large the state is
    jb      .no_vectors
    or      r13d, Cr4.os_xsave
.no_vectors:
    cmp     esi, CpuidLeaf.EXTENDED_FEATURES
    jb      .asked
    mov     eax, CpuidLeaf.EXTENDED_FEATURES
    xor     ecx, ecx
    cpuid
    test    ebx, Leaf7Ebx.smep
    jz      .no_smep
    or      r12d, Features.smep
    or      r13d, Cr4.smep
.no_smep:
    test    ebx, Leaf7Ebx.smap
    jz      .no_smap
    or      r12d, Features.smap
    or      r13d, Cr4.smap
.no_smap:
    test    ecx, Leaf7Ecx.umip
    jz      .asked
    or      r12d, Features.umip
    or      r13d, Cr4.umip
.asked:
    mov     rax, cr4
    or      rax, r13
    mov     cr4, rax
    mov     [rip + boot_info + BootInfo.features], r12d
    call    fpu_init
    pop     r13
    pop     r12
    pop     rbx
    ret
