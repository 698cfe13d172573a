; Whether firmware has left a screen of pixels that text fits on, and how it is mapped.
;
; `framebuffer_init` is called once, before anything is printed. It maps the screen for the kernel at
; PIXELS and, in the page directory that tasks with `framebuffer = true` share, for ring 3; fills in scale and
; origin; and blanks the screen. Pages are write-combining: entry 1 of the page attribute table, which
; nobody else's pages have, says so. Returns ZF clear when there is such a screen.

const PIXELS        = Kernel.FRAMEBUFFER
const TEXT_WIDTH    = COLUMNS * GlyphSize.COLUMNS
const TEXT_HEIGHT   = ROWS * GlyphSize.ROWS
const IN_PAGE       = Page.LARGE - 1
const COMBINED      = PageDirectoryEntry2M.present | PageDirectoryEntry2M.writable | PageDirectoryEntry2M.write_through | PageDirectoryEntry2M.accessed | PageDirectoryEntry2M.dirty | PageDirectoryEntry2M.large
const FIRST_ENTRY   = (Kernel.FRAMEBUFFER - Kernel.OBJECTS) / Page.LARGE * 8   ; in kernel_pd

framebuffer_init:
    push    rbx
    push    rbp
    lea     rbx, [rip + boot_info + BootInfo.framebuffer]
    mov     eax, [rbx + Framebuffer.width]
    xor     edx, edx
    mov     ecx, TEXT_WIDTH
    div     ecx
    mov     ebp, eax                    ; how often the text fits beside itself
    mov     eax, [rbx + Framebuffer.height]
    xor     edx, edx
    mov     ecx, TEXT_HEIGHT
    div     ecx
    cmp     ebp, eax
    cmova   ebp, eax
    test    ebp, ebp
    jz      .done                       ; none, or one too small
    mov     eax, [rbx + Framebuffer.width]
    shl     rax, 2
    mov     ecx, [rbx + Framebuffer.pitch]
    cmp     rax, rcx
    ja      .unfit
    mov     eax, [rbx + Framebuffer.height]
    imul    rax, rcx                    ; bytes of the screen
    mov     rdx, [rbx + Framebuffer.address]
    and     edx, IN_PAGE
    lea     rsi, [rax + rdx + IN_PAGE]
    shr     rsi, Page.LARGE_SHIFT       ; pages
    cmp     rsi, Kernel.FRAMEBUFFER_PAGES
    ja      .unfit
    mov     [rbx + Framebuffer.scale], ebp
    call    center_text
    call    map_framebuffer
    call    blank_framebuffer
    or      dword ptr [rip + boot_info + BootInfo.features], Features.framebuffer
    call    clear_pixels
    test    ebp, ebp                    ; ZF clear
    jmp     .done
.unfit:
    xor     eax, eax                    ; ZF set
.done:
    pop     rbp
    pop     rbx
    ret

; Puts the text in the middle: rbx = the Framebuffer, ebp = its scale. Keeps rsi.
center_text:
    imul    eax, ebp, TEXT_HEIGHT
    mov     ecx, [rbx + Framebuffer.height]
    sub     ecx, eax
    shr     ecx, 1
    imul    ecx, [rbx + Framebuffer.pitch]
    imul    eax, ebp, TEXT_WIDTH
    mov     edx, [rbx + Framebuffer.width]
    sub     edx, eax
    shr     edx, 1
    lea     ecx, [rcx + rdx * GlyphSize.PIXEL]
    mov     rax, [rbx + Framebuffer.address]
    and     eax, IN_PAGE
    add     ecx, eax
    mov     [rbx + Framebuffer.origin], ecx
    ret

; Maps the rsi pages from the Framebuffer at rbx on. Keeps rsi.
map_framebuffer:
    mov     ecx, Msr.PAT
    rdmsr
    mov     ah, MemoryType.WRITE_COMBINING
    wrmsr
    mov     rax, [rbx + Framebuffer.address]
    and     rax, -Page.LARGE
    or      rax, COMBINED
    mov     rdx, PageDirectoryEntry2M.no_execute
    or      rax, rdx
    lea     rdi, [rip + kernel_pd + FIRST_ENTRY]
    lea     rdx, [rip + framebuffer_pd]
    xor     ecx, ecx
.page:
    mov     [rdi + rcx * 8], rax
    or      rax, PageDirectoryEntry2M.user
    mov     [rdx + rcx * 8], rax
    xor     rax, PageDirectoryEntry2M.user
    add     rax, Page.LARGE
    inc     ecx
    cmp     ecx, esi
    jb      .page
    ret

; Makes the whole screen at rbx black, the part around the text too.
blank_framebuffer:
    mov     ecx, [rbx + Framebuffer.height]
    imul    ecx, [rbx + Framebuffer.pitch]
    shr     ecx, 2
    mov     rdi, [rbx + Framebuffer.address]
    and     edi, IN_PAGE
    mov     rax, PIXELS
    add     rdi, rax
    xor     eax, eax
    rep stosd
    ret
