; The date, from the CMOS clock.
;
; `read_date` is called and returns rax = seconds since 1970 began, by the clock's own zone; 0 when there is no clock, or
; none that keeps time. It uses all registers but rsp. A second that begins while the registers are read shows in
; the update flag or in the seconds, and they are read again. Time is decimal or binary, of 12 or 24 hours, as
; register B says.

const LOOKS        = 0x10000            ; at the update flag, which stays for 2.3 ms at most
const TRIES        = 8                  ; to read all registers within one second
const NO_CLOCK     = 0xff               ; what an empty bus reads
const PM           = 0x80               ; in the hours, of a 12-hour clock
const SECONDS_A_DAY = 86400
const DAYS_TO_1970 = 719468             ; from 1 March of the year 0
const CENTURY_FROM = 19                 ; what is no century in that register is none
const CENTURY_TO   = 99
const PIVOT        = 70                 ; a year below is of the 21st century, where none is told

read_date:
    mov     al, CmosRegister.STATUS_A
    call    read_cmos
    cmp     al, NO_CLOCK
    je      .none
    mov     al, CmosRegister.STATUS_D
    call    read_cmos
    test    al, CmosStatusD.valid
    jz      .none
    mov     ebx, TRIES
.try:
    dec     ebx
    jz      .none
    call    await_update
    jc      .none
    mov     al, CmosRegister.SECONDS
    call    read_cmos
    mov     r8d, eax
    mov     al, CmosRegister.MINUTES
    call    read_cmos
    mov     r9d, eax
    mov     al, CmosRegister.HOURS
    call    read_cmos
    mov     r10d, eax
    mov     al, CmosRegister.DAY
    call    read_cmos
    mov     r12d, eax
    mov     al, CmosRegister.MONTH
    call    read_cmos
    mov     r13d, eax
    mov     al, CmosRegister.YEAR
    call    read_cmos
    mov     r14d, eax
    mov     al, CmosRegister.CENTURY
    call    read_cmos
    mov     r15d, eax
    mov     al, CmosRegister.STATUS_A
    call    read_cmos
    test    al, CmosStatusA.update
    jnz     .try
    mov     al, CmosRegister.SECONDS
    call    read_cmos
    cmp     eax, r8d
    jne     .try
    mov     al, CmosRegister.STATUS_B
    call    read_cmos
    mov     ebp, eax
    jmp     seconds_since_1970
.none:
    xor     eax, eax
    ret

; Waits until no update is in progress. CF set when one does not end.
await_update:
    mov     ecx, LOOKS
.next:
    mov     al, CmosRegister.STATUS_A
    call    read_cmos
    test    al, CmosStatusA.update
    jz      .over
    dec     ecx
    jnz     .next
    stc
    ret
.over:
    clc
    ret

; Returns eax = the register al. Keeps all others.
read_cmos:
    out     Cmos.INDEX, al
    in      al, Cmos.DATA
    movzx   eax, al
    ret

; The registers as read: r8d seconds, r9d minutes, r10d hours, r12d day, r13d month, r14d year, r15d century, ebp
; register B. Returns rax = seconds since 1970, 0 when they are no date.
seconds_since_1970:
    mov     r11d, r10d
    and     r11d, PM
    test    bpl, CmosStatusB.hours_24
    jnz     .hours_known
    and     r10d, ~PM
.hours_known:
    mov     eax, r8d
    call    to_binary
    mov     r8d, eax
    mov     eax, r9d
    call    to_binary
    mov     r9d, eax
    mov     eax, r10d
    call    to_binary
    mov     r10d, eax
    mov     eax, r12d
    call    to_binary
    mov     r12d, eax
    mov     eax, r13d
    call    to_binary
    mov     r13d, eax
    mov     eax, r14d
    call    to_binary
    mov     r14d, eax
    mov     eax, r15d
    call    to_binary
    mov     r15d, eax
    test    bpl, CmosStatusB.hours_24
    jnz     .year
    cmp     r10d, 12                    ; 12 AM is 0, and 12 PM is 12
    jne     .not_12
    xor     r10d, r10d
.not_12:
    test    r11d, r11d
    jz      .year
    add     r10d, 12
.year:
    cmp     r15d, CENTURY_FROM
    jb      .no_century
    cmp     r15d, CENTURY_TO
    jbe     .century
.no_century:
    mov     r15d, 19
    cmp     r14d, PIVOT
    jae     .century
    mov     r15d, 20
.century:
    imul    r15d, r15d, 100
    add     r14d, r15d
    lea     eax, [r13 - 1]
    cmp     eax, 12
    jae     no_date
    lea     eax, [r12 - 1]
    cmp     eax, 31
    jae     no_date
    cmp     r10d, 24
    jae     no_date
    cmp     r9d, 60
    jae     no_date
    cmp     r8d, 60
    jae     no_date
    call    days_since_1970
    test    eax, eax
    js      no_date
    imul    rax, rax, SECONDS_A_DAY
    imul    r10d, r10d, 3600
    imul    r9d, r9d, 60
    add     rax, r10
    add     rax, r9
    add     rax, r8
    ret
no_date:
    xor     eax, eax
    ret

; Returns eax as a binary number when ebp, register B, says that it is decimal.
to_binary:
    test    bpl, CmosStatusB.binary
    jnz     .done
    mov     ecx, eax
    and     ecx, 0xf
    shr     eax, 4
    imul    eax, eax, 10
    add     eax, ecx
.done:
    ret

; Returns rax = the days from 1970 to year r14d, month r13d, day r12d of the Gregorian calendar. Years begin in
; March here, so that the leap day is a year's last: month m of them begins on day (153 m + 2) / 5.
days_since_1970:
    sub     r13d, 3
    jae     .same_year
    add     r13d, 12
    dec     r14d
.same_year:
    imul    eax, r13d, 153
    add     eax, 2
    xor     edx, edx
    mov     ecx, 5
    div     ecx
    lea     esi, [rax + r12 - 1]
    imul    eax, r14d, 365
    add     esi, eax
    mov     eax, r14d
    shr     eax, 2
    add     esi, eax
    mov     eax, r14d
    xor     edx, edx
    mov     ecx, 100
    div     ecx
    sub     esi, eax
    shr     eax, 2
    add     esi, eax
    lea     eax, [rsi - DAYS_TO_1970]
    ret
