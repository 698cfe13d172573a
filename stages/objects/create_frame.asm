; create: Frames.
;
; Jumped to by create.asm with rbx = T, r12 = the record of the Space that pays, r13 = the slot; in T's
; frame r8 = size in bytes, r9 = a Hardware handle or 0, r10 = the physical address when there is one.
; Memory is zeroed before anybody sees it; of 2 MiB a step at a time, and the call is AGAIN until then.
; A device's registers are whatever no memory map calls memory, but for the interrupt controllers: who
; has those can stop the clock.

create_frame:
    cmp     qword ptr [rbx + Thread.frame.r8], Page.SIZE
    je      .sized
    cmp     qword ptr [rbx + Thread.frame.r8], Page.LARGE
    jne     refuse_argument
.sized:
    mov     rdi, [rbx + Thread.frame.r9]
    test    rdi, rdi
    jnz     create_device_frame
    mov     rdi, r12
    mov     edx, 1
    cmp     qword ptr [rbx + Thread.frame.r8], Page.LARGE
    je      .large
    mov     esi, 1
    call    charge
    test    eax, eax
    jnz     complete
    call    allocate_frame
    mov     rdi, r12
    mov     esi, ObjectType.FRAME
    mov     rdx, rax
    call    new_header
    jmp     created
.large:
    xor     esi, esi
    call    charge
    test    eax, eax
    jnz     complete
    mov     esi, Block.LARGE
    call    zeroed_block
    test    eax, eax
    jnz     give_object_back
    mov     rdi, r12
    mov     esi, ObjectType.FRAME
    call    new_header
    mov     byte ptr [rax + objects + ObjectHeader.large], 1
    jmp     created

; Returns Status eax from a create that had charged its one object.
give_object_back:
    mov     rdi, r12
    xor     esi, esi
    mov     edx, 1
    call    uncharge
    jmp     complete

create_device_frame:
    call    hardware
    test    eax, eax
    jnz     complete
    call    check_device
    test    eax, eax
    jnz     complete
    mov     rdi, r12
    xor     esi, esi
    mov     edx, 1
    call    charge
    test    eax, eax
    jnz     complete
    mov     esi, ObjectType.FRAME
    mov     rdx, [rbx + Thread.frame.r10]
    call    new_header
    mov     byte ptr [rax + objects + ObjectHeader.device], 1
    cmp     qword ptr [rbx + Thread.frame.r8], Page.LARGE
    jne     created
    mov     byte ptr [rax + objects + ObjectHeader.large], 1
    jmp     created

; rdi = handle. Returns eax = 0 if the caller rbx holds the machine's devices by it.
hardware:
    mov     esi, ObjectType.HARDWARE
    mov     edx, HardwareRights.control
    jmp     lookup

; Returns eax = 0, or BAD_ADDRESS when the frame.r8 bytes at physical frame.r10 may not be a device's.
check_device:
    push    rbp
    push    r14
    push    r15
    mov     r14, [rbx + Thread.frame.r10]
    mov     r15, [rbx + Thread.frame.r8]
    lea     rax, [r15 - 1]
    test    r14, rax
    jnz     .bad
    push    rbx                         ; cpuid writes it
    mov     eax, CpuidLeaf.ADDRESS_SIZES
    cpuid
    pop     rbx
    mov     ecx, eax
    and     ecx, AddressSizes.physical  ; bits of a physical address
    mov     rax, r14
    shr     rax, cl
    jnz     .bad
    add     r15, r14                    ; its end
    mov     eax, Device.INTERRUPT_CONTROLLERS
    mov     ecx, Device.INTERRUPT_CONTROLLERS_END
    call    overlaps
    jc      .bad
    xor     ebp, ebp
.next:
    mov     edi, ebp
    call    memory_range
    jc      .not_memory
    mov     rcx, rdx
    call    overlaps
    jc      .bad
.not_memory:
    inc     ebp
    cmp     ebp, [rip + boot_info + BootInfo.memory_count]
    jb      .next
    xor     eax, eax
.done:
    pop     r15
    pop     r14
    pop     rbp
    ret
.bad:
    mov     eax, Status.BAD_ADDRESS
    jmp     .done

; CF when [rax, rcx) has a byte of [r14, r15).
overlaps:
    cmp     rax, r15
    jae     .apart
    cmp     r14, rcx
    ret
.apart:
    clc
    ret
