; The firmware's memory map as the kernel wants it: E820's types, sorted, neighbours joined.
;
; Called between the end of the boot services and the kernel, at the place where this is linked. What
; the loader and the boot services used is memory again.

; r8 = the first EfiMemoryDescriptor, r9 = their end, r10 = bytes from one to the next. Returns ecx = how
; many ranges there are in the work area, the lowest first.
sort_ranges:
    xor     ecx, ecx
.next:
    cmp     r8, r9
    jae     .done
    mov     eax, [r8 + EfiMemoryDescriptor.type]
    mov     esi, E820Type.RESERVED
    cmp     eax, efi_types_end - efi_types
    jae     .typed                      ; the firmware's own
    mov     esi, efi_types
    movzx   esi, byte ptr [rsi + rax]
.typed:
    mov     rdx, [r8 + EfiMemoryDescriptor.physical_start]
    imul    edi, ecx, E820EntryExtended.size
    add     rdi, uefi.work + RANGES_AT
.higher:
    cmp     rdi, uefi.work + RANGES_AT
    je      .here
    cmp     [rdi + E820EntryExtended.base - E820EntryExtended.size], rdx
    jbe     .here
    mov     rax, [rdi - E820EntryExtended.size]
    mov     [rdi], rax
    mov     rax, [rdi - E820EntryExtended.size + 8]
    mov     [rdi + 8], rax
    mov     rax, [rdi - E820EntryExtended.size + 16]
    mov     [rdi + 16], rax
    sub     rdi, E820EntryExtended.size
    jmp     .higher
.here:
    mov     [rdi + E820EntryExtended.base], rdx
    mov     rax, [r8 + EfiMemoryDescriptor.number_of_pages]
    shl     rax, Page.SHIFT
    mov     [rdi + E820EntryExtended.length], rax
    mov     [rdi + E820EntryExtended.type], esi
    mov     dword ptr [rdi + E820EntryExtended.attributes], E820Attributes.enabled
    inc     ecx
    add     r8, r10
    jmp     .next
.done:
    ret

; Makes one of each run of ranges that touch and are of one type. ecx = their number, at least one;
; returns what it has become.
join_ranges:
    mov     esi, uefi.work + RANGES_AT
    mov     edi, esi                    ; the last that stays
    mov     edx, 1
.next:
    add     rsi, E820EntryExtended.size
    dec     ecx
    jz      .done
    mov     rax, [rdi + E820EntryExtended.base]
    add     rax, [rdi + E820EntryExtended.length]
    cmp     rax, [rsi + E820EntryExtended.base]
    jne     .apart
    mov     eax, [rdi + E820EntryExtended.type]
    cmp     eax, [rsi + E820EntryExtended.type]
    jne     .apart
    mov     rax, [rsi + E820EntryExtended.length]
    add     [rdi + E820EntryExtended.length], rax
    jmp     .next
.apart:
    add     rdi, E820EntryExtended.size
    mov     rax, [rsi]
    mov     [rdi], rax
    mov     rax, [rsi + 8]
    mov     [rdi + 8], rax
    mov     rax, [rsi + 16]
    mov     [rdi + 16], rax
    inc     edx
    jmp     .next
.done:
    mov     ecx, edx
    ret
