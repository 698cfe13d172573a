; What write_thread sets beside registers.
;
; Each is jumped to by registers.asm with rbx = T of the caller, rbp = T of the thread, and the words in the
; caller's frame: word 1 is rdx, then r8, r9, r10, rbx. It ends in `complete`.

const DR7_FIXED   = 1 << 10             ; always set
const DR7_ENABLES = Dr7.local_0 | Dr7.global_0 | Dr7.local_1 | Dr7.global_1 | Dr7.local_2 | Dr7.global_2 | Dr7.local_3 | Dr7.global_3
const DR7_KINDS   = Dr7.on_0 | Dr7.length_0 | Dr7.on_1 | Dr7.length_1 | Dr7.on_2 | Dr7.length_2 | Dr7.on_3 | Dr7.length_3
const DR7_ALLOWED = DR7_ENABLES | DR7_KINDS | Dr7.local_exact | Dr7.global_exact | DR7_FIXED
const BREAKPOINTS = 4
const KIND_BITS   = 4                   ; of DR7, for each breakpoint: what it waits for, then the length
const LENGTH_BIT  = 2

; A bit for each kind of breakpoint that there is: any length for data, one byte for an instruction, no port.
const LENGTHS     = 1 << (BreakLength.ONE << LENGTH_BIT) | 1 << (BreakLength.TWO << LENGTH_BIT) | 1 << (BreakLength.EIGHT << LENGTH_BIT) | 1 << (BreakLength.FOUR << LENGTH_BIT)
const KINDS       = 1 << BreakOn.EXECUTE | LENGTHS << BreakOn.WRITE | LENGTHS << BreakOn.READ_WRITE

write_bases:
    mov     eax, Status.BAD_ADDRESS
    mov     rcx, User.LIMIT
    mov     rdx, [rbx + Thread.frame.rdx]
    mov     rsi, [rbx + Thread.frame.r8]
    cmp     rdx, rcx
    jae     complete
    cmp     rsi, rcx
    jae     complete
    mov     [rbp + Thread.fs_base], rdx
    mov     [rbp + Thread.gs_base], rsi
    or      rdx, rsi
    mov     esi, ThreadFlags.bases
    mov     rdi, rbp
    jmp     set_if_any

write_debug:
    mov     eax, Status.BAD_ADDRESS
    mov     rcx, User.LIMIT
    cmp     [rbx + Thread.frame.rdx], rcx
    jae     complete
    cmp     [rbx + Thread.frame.r8], rcx
    jae     complete
    cmp     [rbx + Thread.frame.r9], rcx
    jae     complete
    cmp     [rbx + Thread.frame.r10], rcx
    jae     complete
    mov     rdx, [rbx + Thread.frame.rbx]
    mov     ecx, DR7_ALLOWED
    not     rcx
    test    rdx, rcx
    jnz     refuse_argument
    mov     esi, edx
    shr     esi, Dr7.on_0.shift
    mov     edi, KINDS
    mov     ecx, BREAKPOINTS
.kind:
    mov     eax, esi
    and     eax, (1 << KIND_BITS) - 1
    bt      edi, eax
    jnc     refuse_argument
    shr     esi, KIND_BITS
    dec     ecx
    jnz     .kind
    mov     rax, [rbx + Thread.frame.rdx]
    mov     [rbp + Thread.breakpoints.0], rax
    mov     rax, [rbx + Thread.frame.r8]
    mov     [rbp + Thread.breakpoints.1], rax
    mov     rax, [rbx + Thread.frame.r9]
    mov     [rbp + Thread.breakpoints.2], rax
    mov     rax, [rbx + Thread.frame.r10]
    mov     [rbp + Thread.breakpoints.3], rax
    mov     eax, edx
    or      eax, DR7_FIXED
    mov     [rbp + Thread.debug_control], rax
    and     edx, DR7_ENABLES
    mov     esi, ThreadFlags.debug
    mov     rdi, rbp
    jmp     set_if_any

; Sets the flag esi of the thread in rdi when rdx is not 0, else clears it; the next switch brings what it stands
; for in, or out.
set_if_any:
    push    rdx
    push    rsi
    push    rdi
    call    forget_loaded
    pop     rdi
    pop     rsi
    pop     rdx
    test    rdx, rdx
    jz      .none
    call    set_special
    jmp     .done
.none:
    call    clear_special
.done:
    xor     eax, eax
    jmp     complete

write_priority:
    mov     rcx, [rbp + Thread.space]
    mov     rcx, [rcx + objects + ObjectHeader.target]
    mov     rdx, [rbx + Thread.frame.rdx]
    mov     eax, Status.PRIORITY
    cmp     rdx, [rcx + Space.max_priority]
    ja      complete
    lea     eax, [rdx + 1]              ; priority to rank
    mov     [rbp + Thread.base_rank], eax
    mov     rdi, rbp
    call    recompute_rank
    mov     eax, [rbp + Thread.rank]
    cmp     eax, [rbp + Thread.base_rank]
    je      .done
    mov     rdi, rbp                    ; it inherited as much before, when that was its own
    mov     esi, ThreadFlags.bumped
    call    set_flag
.done:
    xor     eax, eax
    jmp     complete

; The Endpoint's holder lets the kernel call it for the thread, with the badge of that capability.
write_supervisor:
    mov     esi, ObjectType.THREAD
    mov     edx, ThreadRights.control
    call    lookup
    test    eax, eax
    jnz     complete
    mov     rbp, [rdx + ObjectHeader.target]
    xor     r8d, r8d
    xor     r9d, r9d
    xor     r10d, r10d
    mov     rdi, [rbx + Thread.frame.rdx]
    test    rdi, rdi
    jz      .store                      ; nobody
    mov     esi, ObjectType.ENDPOINT
    mov     edx, EndpointRights.call
    call    lookup
    test    eax, eax
    jnz     complete
    mov     r8, [rcx + Slot.object]
    mov     r9, [rdx + ObjectHeader.generation]
    mov     r10, [rcx + Slot.badge]
.store:
    mov     [rbp + Thread.supervisor_object], r8
    mov     [rbp + Thread.supervisor_generation], r9
    mov     [rbp + Thread.supervisor_badge], r10
    xor     eax, eax
    jmp     complete

; A slot of the thread's own Space; whether it is empty is asked when a capability comes.
write_receive_slot:
    mov     rcx, [rbp + Thread.space]
    mov     rcx, [rcx + objects + ObjectHeader.target]
    imul    rcx, [rcx + Space.slot_count], Slot.size
    mov     rdx, [rbx + Thread.frame.rdx]
    mov     eax, Status.BAD_HANDLE
    cmp     rdx, rcx
    jae     complete
    test    dl, Slot.size - 1
    jnz     complete
    mov     [rbp + Thread.receive_slot], rdx
    xor     eax, eax
    jmp     complete

write_fpu:
    mov     rdx, [rbx + Thread.frame.rdx]
    cmp     rdx, 1
    ja      refuse_argument
    mov     rdi, rbp
    mov     esi, ThreadFlags.fpu
    jb      .off
    test    [rbp + Thread.flags], esi
    jnz     .done                       ; it keeps the registers that it has
    cmp     dword ptr [rip + cpu + Cpu.fpu_mode], FpuMode.NONE
    mov     eax, Status.BAD_STATE
    je      complete
    call    forget_vectors
    mov     esi, ThreadFlags.fpu
    mov     rdi, rbp
    call    set_special
    jmp     .done
.off:
    call    clear_special
    mov     rdi, rbp
    call    forget_vectors
.done:
    xor     eax, eax
    jmp     complete

; Sets the flag esi of the thread in rdi, of those that a switch must know: every call of its goes the
; slow way.
set_special:
    mov     qword ptr [rdi + Thread.bad_mask], -1
    jmp     set_flag

; Clears the flag esi of the thread in rdi. Without another of its kind it may take the fast path again.
clear_special:
    not     esi
    and     [rdi + Thread.flags], esi
    test    dword ptr [rdi + Thread.flags], SPECIAL_FLAGS
    jnz     .done
    mov     rcx, [rdi + Thread.space]
    mov     rcx, [rcx + objects + ObjectHeader.target]
    imul    rcx, [rcx + Space.slot_count], Slot.size
    sub     rcx, Slot.size              ; a table's size is a power of two: the bits that a handle may have
    not     rcx
    mov     [rdi + Thread.bad_mask], rcx
.done:
    ret
