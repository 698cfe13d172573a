; From an address of a Space to the entry that maps it.

const PTE_TABLE   = PageTableEntry.present | PageTableEntry.writable | PageTableEntry.user
const INDEX_MASK  = Page.ENTRIES - 1
const INDEX_BITS  = 9
const TOP_SHIFT   = Page.SHIFT + 3 * INDEX_BITS

; rax = physical address of a table, rsi = a user address, ecx = the shift of the table's level. Returns
; r10 = the address of the entry, and eax = 0, the lower half of Kernel.DIRECT. Keeps all else.
table_entry:
    mov     r10, rsi
    shr     r10, cl
    and     r10d, INDEX_MASK
    lea     r10, [rax + r10 * 8]
    mov     rax, Kernel.DIRECT
    add     r10, rax
    ret

; rdi = a Space's record, rsi = a user address, edx = Page.SHIFT or Page.LARGE_SHIFT. Makes the tables
; that are missing, charged to the Space: all of them or none. Returns rcx = the entry's address, and
; eax = Status: NO_QUOTA, or MAPPED when a large page lies there. Keeps rdi and rsi.
find_entry:
    mov     ecx, TOP_SHIFT
    mov     rax, [rdi + Space.pml4]
.level:
    call    table_entry
    cmp     ecx, edx
    je      .found
    mov     rax, [r10]
    test    al, PageTableEntry.present
    jz      make_tables
    test    al, PageDirectoryEntry2M.large
    jnz     .large
    mov     r8, PageTableEntry.address
    and     rax, r8
    sub     ecx, INDEX_BITS
    jmp     .level
.found:
    mov     rcx, r10
    ret
.large:
    mov     eax, Status.MAPPED
    ret

; Continues `find_entry` at the empty entry r10 of a level with shift ecx: fills it, and those below.
make_tables:
    push    rbx
    push    rbp
    push    r12
    push    rdi
    push    rsi
    mov     rbx, r10
    mov     ebp, ecx
    mov     r12d, edx
    mov     eax, ecx
    sub     eax, edx
    xor     edx, edx
    mov     ecx, INDEX_BITS
    div     ecx
    mov     esi, eax                    ; one table for each level below; edx, what is left over, is 0
    call    charge
    test    eax, eax
    jnz     .done
.next:
    call    allocate_frame
    mov     rcx, rax
    or      rcx, PTE_TABLE
    mov     [rbx], rcx
    sub     ebp, INDEX_BITS
    mov     ecx, ebp
    mov     rsi, [rsp]
    call    table_entry
    mov     rbx, r10
    cmp     ebp, r12d
    jne     .next
    mov     rcx, rbx
.done:
    pop     rsi
    pop     rdi
    pop     r12
    pop     rbp
    pop     rbx
    ret
