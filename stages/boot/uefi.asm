; Boot by UEFI: an EFI application that carries the kernel.
;
; The firmware loads it wherever it likes and enters at `uefi_entry` in 64-bit mode, memory mapped to
; itself, with  rcx = the image's handle, rdx = the EfiSystemTable,  by Microsoft's x64 convention. Until
; it has copied itself to where it is linked, all that it names of its own is relative to rip. It claims
; that place and the kernel's, copies both, asks for the screen and the memory map, and ends the boot
; services; then it turns paging off, which also ends 5-level paging, and leaves to `long_entry`
; (long.asm) as every way to boot does, with
;       esi = the memory map, ecx = its entries, edx = a Framebuffer or 0, ebp = BootPath.UEFI.
; Before that, whatever goes wrong is one line on the firmware's console, and its EFI_STATUS goes back to
; the firmware, which tries what else it could boot.

const SHADOW        = 32                ; what a caller leaves its callee below the arguments
const FIFTH         = SHADOW            ; where the fifth argument is
const MAP_SIZE      = SHADOW + 8        ; variables of uefi_entry
const MAP_KEY       = MAP_SIZE + 8
const STEP          = MAP_KEY + 8       ; bytes from one descriptor to the next
const VERSION       = STEP + 8
const FRAME         = VERSION + 8       ; 8 less than a multiple of 16
const CALL_FRAME    = SHADOW + 8        ; of a function that calls: the same, with one variable

const MOST_RANGES   = 1024
const MAP_ROOM      = MOST_RANGES * EfiMemoryDescriptor.size    ; so more do not fit
const SCREEN_AT     = 0                 ; from `uefi.work` on: a Framebuffer
const RANGES_AT     = Framebuffer.size  ; then E820EntryExtended, MOST_RANGES of them
const MAP_AT        = RANGES_AT + MOST_RANGES * E820EntryExtended.size  ; then what the firmware gives
const WORK_BYTES    = MAP_AT + MAP_ROOM
const WORDS         = 128               ; characters of the longest line, and the zero
const LINE_FRAME    = SHADOW + WORDS * 2 + 8

uefi_entry:
    push    rbx
    push    rbp
    push    rdi
    push    rsi
    push    r12
    push    r13
    push    r14
    push    r15
    sub     rsp, FRAME
    mov     r12, rcx                    ; the handle
    mov     rbp, rdx                    ; the system table
    mov     rbx, [rdx + EfiSystemTable.boot_services]
    lea     rsi, [rip + text_loading]
    call    say

    mov     edi, Kernel.PHYSICAL
    mov     esi, physical.kernel.end
    call    claim
    jnz     refused
    mov     edi, uefi_entry             ; where this is linked
    mov     esi, uefi.work + WORK_BYTES
    call    claim
    jnz     refused
    cld
    lea     rsi, [rip + uefi_entry]
    mov     edi, uefi_entry
    mov     ecx, uefi.code_bytes
    rep movsb
    lea     rsi, [rip + uefi_entry]
    add     rsi, uefi.kernel_distance
    mov     edi, Kernel.PHYSICAL
    mov     ecx, uefi.kernel_bytes
    rep movsb
    call    find_screen
    mov     r13d, eax

    mov     r14d, 2                     ; a key that has become stale is asked for once more
.exit:
    mov     qword ptr [rsp + MAP_SIZE], MAP_ROOM
    lea     rcx, [rsp + MAP_SIZE]
    mov     edx, uefi.work + MAP_AT
    lea     r8, [rsp + MAP_KEY]
    lea     r9, [rsp + STEP]
    lea     rax, [rsp + VERSION]
    mov     [rsp + FIFTH], rax
    call    [rbx + EfiBootServices.get_memory_map]
    lea     rsi, [rip + text_map]
    test    rax, rax
    jnz     .failed
    mov     rcx, r12
    mov     rdx, [rsp + MAP_KEY]
    call    [rbx + EfiBootServices.exit_boot_services]
    test    rax, rax
    jz      .exited
    dec     r14d
    jnz     .exit
    jmp     leave                       ; the console may be gone already
.failed:
    cmp     r14d, 2
    jne     leave                       ; the same
    jmp     fail
.exited:
    cli
    mov     eax, .at_home
    jmp     rax
.at_home:
    mov     r8d, uefi.work + MAP_AT
    mov     r9, [rsp + MAP_SIZE]
    add     r9, r8
    mov     r10, [rsp + STEP]
    call    sort_ranges
    call    join_ranges
    mov     edx, r13d
    lgdt    [rip + flat_gdt_pointer]
    mov     rax, cr4                    ; paging can't be turned off with PCIDE
    and     eax, Cr4.physical_address_extension | Cr4.la57
    mov     cr4, rax
    push    FLAT_CODE
    lea     rax, [rip + uefi_flat]
    push    rax
    retfq

    .code32
uefi_flat:                              ; ecx and edx are set
    mov     ax, FLAT_DATA
    mov     ds, ax
    mov     es, ax
    mov     ss, ax
    mov     eax, cr0
    and     eax, ~Cr0.paging & 0xffffffff
    mov     cr0, eax
    mov     esi, uefi.work + RANGES_AT
    mov     ebp, BootPath.UEFI
    jmp     long_entry

    .code64
; Somebody else has memory from rdi on.
refused:
    mov     r13, rax
    mov     r15, rdi
    lea     rsi, [rip + text_taken]
    call    say
    mov     rdi, r15
    call    say_address
    mov     rax, r13
    jmp     leave

; Says the line at rsi and gives up with the status in rax.
fail:
    mov     r13, rax
    call    say
    mov     rax, r13
leave:
    add     rsp, FRAME
    pop     r15
    pop     r14
    pop     r13
    pop     r12
    pop     rsi
    pop     rdi
    pop     rbp
    pop     rbx
    ret

; Claims the memory from rdi to rsi. Returns its EFI_STATUS in rax, and ZF set when it is ours. It is
; asked for as code: the part that this program copies there runs there. Keeps rdi.
claim:
    sub     rsp, CALL_FRAME
    mov     [rsp + SHADOW], rdi
    mov     ecx, EfiAllocateType.ADDRESS
    mov     edx, EfiMemoryType.LOADER_CODE
    lea     r8, [rsi + Page.SIZE - 1]
    sub     r8, rdi
    shr     r8, Page.SHIFT
    lea     r9, [rsp + SHADOW]
    call    [rbx + EfiBootServices.allocate_pages]
    add     rsp, CALL_FRAME
    test    rax, rax
    ret

; Fills the Framebuffer in our work area and returns its address in rax; 0 when there is no screen, or
; one that shows no pixels of 4 bytes.
find_screen:
    sub     rsp, CALL_FRAME
    lea     rcx, [rip + efi_graphics_output]
    xor     edx, edx
    lea     r8, [rsp + SHADOW]
    call    [rbx + EfiBootServices.locate_protocol]
    test    rax, rax
    jnz     .none
    mov     rax, [rsp + SHADOW]
    mov     rax, [rax + EfiGraphicsOutput.mode]
    mov     rcx, [rax + EfiGraphicsOutputMode.info]
    cmp     dword ptr [rcx + EfiGraphicsOutputInformation.pixel_format], EfiPixelFormat.BLUE_GREEN_RED_RESERVED
    ja      .none
    mov     rdx, [rax + EfiGraphicsOutputMode.frame_buffer_base]
    mov     eax, uefi.work + SCREEN_AT
    mov     [rax + Framebuffer.address], rdx
    mov     edx, [rcx + EfiGraphicsOutputInformation.horizontal_resolution]
    mov     [rax + Framebuffer.width], edx
    mov     edx, [rcx + EfiGraphicsOutputInformation.vertical_resolution]
    mov     [rax + Framebuffer.height], edx
    mov     edx, [rcx + EfiGraphicsOutputInformation.pixels_per_scan_line]
    shl     edx, 2
    mov     [rax + Framebuffer.pitch], edx
    xor     edx, edx
    mov     [rax + Framebuffer.scale], edx      ; the kernel's to fill
    mov     [rax + Framebuffer.origin], edx
    jmp     .done
.none:
    xor     eax, eax
.done:
    add     rsp, CALL_FRAME
    ret

; Says where memory is taken: rdi as 8 hexadecimal digits, and ends the line.
say_address:
    sub     rsp, 24
    mov     rsi, rsp
    mov     ecx, 8
.digit:
    rol     edi, 4
    mov     eax, edi
    and     eax, 15
    cmp     al, 10
    jb      .decimal
    add     al, 'a' - '0' - 10
.decimal:
    add     al, '0'
    mov     [rsi], al
    inc     rsi
    dec     ecx
    jnz     .digit
    mov     dword ptr [rsi], '\n' << 8 | '\r'
    mov     rsi, rsp
    call    say
    add     rsp, 24
    ret

; Says the zero-terminated text at rsi on the firmware's console, if it has one.
say:
    sub     rsp, LINE_FRAME
    mov     rcx, [rbp + EfiSystemTable.con_out]
    test    rcx, rcx
    jz      .silent
    lea     rdx, [rsp + SHADOW]
    mov     rdi, rdx
.next:
    lodsb
    movzx   eax, al
    stosw                               ; UTF-16
    test    eax, eax
    jnz     .next
    call    [rcx + EfiSimpleTextOutput.output_string]
.silent:
    add     rsp, LINE_FRAME
    ret

text_loading:
    .asciz  "kpack: loading the kernel\r\n"
text_map:
    .asciz  "kpack: the firmware gives no memory map, or one too large\r\n"
text_taken:
    .asciz  "kpack: this can run at one place only, and the firmware uses memory there: from 0x"
    .align  8
