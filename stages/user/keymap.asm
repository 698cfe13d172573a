; Scan codes to characters, for the US keyboard.
;
; `scan_code` is called with edi = a byte of the keyboard and rbp = STATE, and returns eax = the character
; that it completes, 0: none. It understands set 1, which almost every controller makes of what the
; keyboard sends, and set 2, which the others pass on. Caps Lock is for letters; Ctrl makes control
; characters. The keypad types what is printed on it. Enter is a newline.

const LEFT_SHIFT_HELD    = 0x001        ; FLAGS
const RIGHT_SHIFT_HELD   = 0x002
const LEFT_CONTROL_HELD  = 0x004
const RIGHT_CONTROL_HELD = 0x008
const CAPS_ON            = 0x010
const CAPS_HELD          = 0x020        ; it repeats, and only its first code counts
const EXTENDED_KEY       = 0x040        ; the next code is an extended key's
const SET_2              = 0x080        ; the controller does not translate
const RELEASED_NEXT      = 0x100        ; in set 2, the next code is a release
const SHIFT_HELD         = LEFT_SHIFT_HELD | RIGHT_SHIFT_HELD
const CONTROL_HELD       = LEFT_CONTROL_HELD | RIGHT_CONTROL_HELD

const AFTER_PAUSE  = 2                  ; codes that follow ScanCode.PAUSE
const F7_IN_SET_2  = 0x83               ; the one key whose code of set 2 is no 7-bit number
const F7           = 0x41
const CASE         = 'a' ^ 'A'
const CONTROL_BITS = 0x1f               ; of a character: what Ctrl leaves

scan_code:
    test    byte ptr [rbp + FLAGS], SET_2
    jz      .set_1
    cmp     dil, ScanCode.RELEASE_IN_SET_2
    je      .release
    call    to_set_1
.set_1:
    cmp     dword ptr [rbp + SKIP], 0
    jne     .skip
    cmp     dil, ScanCode.EXTENDED
    je      .extended
    cmp     dil, ScanCode.PAUSE
    je      .pause
    mov     eax, [rbp + FLAGS]
    and     dword ptr [rbp + FLAGS], ~EXTENDED_KEY
    test    al, EXTENDED_KEY
    jnz     extended_key
    cmp     dil, ScanCode.RELEASED
    jae     released
    jmp     pressed
.release:
    or      dword ptr [rbp + FLAGS], RELEASED_NEXT
    jmp     nothing_typed
.extended:
    or      dword ptr [rbp + FLAGS], EXTENDED_KEY
    jmp     nothing_typed
.pause:
    mov     dword ptr [rbp + SKIP], AFTER_PAUSE
    jmp     nothing_typed
.skip:
    dec     dword ptr [rbp + SKIP]
nothing_typed:
    xor     eax, eax
    ret

; Makes the code edi of set 2 one of set 1. What is no key stays.
to_set_1:
    cmp     edi, F7_IN_SET_2
    je      .f7
    cmp     edi, ScanCode.RELEASED
    jae     .same
    lea     rcx, [rip + set_1_of_set_2]
    movzx   edi, byte ptr [rcx + rdi]
    jmp     .key
.f7:
    mov     edi, F7
.key:
    test    dword ptr [rbp + FLAGS], RELEASED_NEXT
    jz      .same
    or      edi, ScanCode.RELEASED
    and     dword ptr [rbp + FLAGS], ~RELEASED_NEXT
.same:
    ret

; Of the keys that came with the second keyboard, right Ctrl and the keypad's / and Enter mean
; something here.
extended_key:
    cmp     dil, ScanCode.CONTROL
    je      .control
    cmp     dil, ScanCode.CONTROL | ScanCode.RELEASED
    je      .no_control
    cmp     dil, ScanCode.ENTER
    je      character
    cmp     dil, ScanCode.SLASH
    jne     nothing_typed
    mov     eax, '/'                    ; shifted or not
    ret
.control:
    or      dword ptr [rbp + FLAGS], RIGHT_CONTROL_HELD
    jmp     nothing_typed
.no_control:
    and     dword ptr [rbp + FLAGS], ~RIGHT_CONTROL_HELD
    jmp     nothing_typed

released:
    call    held_by_key
    cmp     dil, ScanCode.CAPS_LOCK | ScanCode.RELEASED
    jne     .not_caps
    mov     eax, CAPS_HELD
.not_caps:
    not     eax
    and     [rbp + FLAGS], eax
    jmp     nothing_typed

pressed:
    call    held_by_key
    or      [rbp + FLAGS], eax
    test    eax, eax
    jnz     nothing_typed
    cmp     dil, ScanCode.CAPS_LOCK
    jne     character
    test    byte ptr [rbp + FLAGS], CAPS_HELD
    jnz     nothing_typed
    or      byte ptr [rbp + FLAGS], CAPS_HELD
    xor     byte ptr [rbp + FLAGS], CAPS_ON
    jmp     nothing_typed

; Returns eax = the flag of the key with code edi, pressed or released; 0: none. Keeps rdi.
held_by_key:
    mov     ecx, edi
    and     ecx, ~ScanCode.RELEASED
    mov     eax, LEFT_SHIFT_HELD
    cmp     cl, ScanCode.LEFT_SHIFT
    je      .done
    mov     eax, RIGHT_SHIFT_HELD
    cmp     cl, ScanCode.RIGHT_SHIFT
    je      .done
    mov     eax, LEFT_CONTROL_HELD
    cmp     cl, ScanCode.CONTROL
    je      .done
    xor     eax, eax
.done:
    ret

; Returns eax = the character of the key with code edi.
character:
    cmp     edi, ScanCode.LAST
    ja      nothing_typed
    lea     rcx, [rip + plain_keys]
    test    byte ptr [rbp + FLAGS], SHIFT_HELD
    jz      .plain
    lea     rcx, [rip + shifted_keys]
.plain:
    movzx   eax, byte ptr [rcx + rdi]
    mov     ecx, eax
    or      ecx, CASE
    sub     ecx, 'a'
    cmp     ecx, 'z' - 'a'
    ja      .no_letter
    test    byte ptr [rbp + FLAGS], CAPS_ON
    jz      .no_letter
    xor     eax, CASE
.no_letter:
    test    byte ptr [rbp + FLAGS], CONTROL_HELD
    jz      .done
    cmp     eax, '@'
    jb      nothing_typed
    and     eax, CONTROL_BITS
.done:
    ret

plain_keys:                             ; by scan code of set 1, in the rows of the keyboard
    .ascii  "\0\x1b1234567890-=\x08"
    .ascii  "\tqwertyuiop[]\n\0"
    .ascii  "asdfghjkl;'`\0\\"
    .ascii  "zxcvbnm,./\0*\0 \0"
    .ascii  "\0\0\0\0\0\0\0\0\0\0\0\0"  ; F1 to F10, Num Lock, Scroll Lock
    .ascii  "789-456+1230."             ; the keypad
    .ascii  "\0\0<\0\0"
shifted_keys:
    .ascii  "\0\x1b!@#$%^&*()_+\x08"
    .ascii  "\tQWERTYUIOP{}\n\0"
    .ascii  "ASDFGHJKL:\"~\0|"
    .ascii  "ZXCVBNM<>?\0*\0 \0"
    .ascii  "\0\0\0\0\0\0\0\0\0\0\0\0"
    .ascii  "789-456+1230."
    .ascii  "\0\0>\0\0"
set_1_of_set_2:                         ; what a controller that translates has; 0: no key
    .byte   0x00, 0x43, 0x00, 0x3f, 0x3d, 0x3b, 0x3c, 0x58, 0x00, 0x44, 0x42, 0x40, 0x3e, 0x0f, 0x29, 0x00
    .byte   0x00, 0x38, 0x2a, 0x00, 0x1d, 0x10, 0x02, 0x00, 0x00, 0x00, 0x2c, 0x1f, 0x1e, 0x11, 0x03, 0x00
    .byte   0x00, 0x2e, 0x2d, 0x20, 0x12, 0x05, 0x04, 0x00, 0x00, 0x39, 0x2f, 0x21, 0x14, 0x13, 0x06, 0x00
    .byte   0x00, 0x31, 0x30, 0x23, 0x22, 0x15, 0x07, 0x00, 0x00, 0x00, 0x32, 0x24, 0x16, 0x08, 0x09, 0x00
    .byte   0x00, 0x33, 0x25, 0x17, 0x18, 0x0b, 0x0a, 0x00, 0x00, 0x34, 0x35, 0x26, 0x27, 0x19, 0x0c, 0x00
    .byte   0x00, 0x00, 0x28, 0x00, 0x1a, 0x0d, 0x00, 0x00, 0x3a, 0x36, 0x1c, 0x1b, 0x00, 0x2b, 0x00, 0x00
    .byte   0x00, 0x56, 0x00, 0x00, 0x00, 0x00, 0x0e, 0x00, 0x00, 0x4f, 0x00, 0x4b, 0x47, 0x00, 0x00, 0x00
    .byte   0x52, 0x53, 0x50, 0x4c, 0x4d, 0x48, 0x01, 0x45, 0x57, 0x4e, 0x51, 0x4a, 0x37, 0x49, 0x46, 0x00
