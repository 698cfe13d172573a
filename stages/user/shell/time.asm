; Commands about time: uptime, date, sleep.

const THOUSAND       = 1000
const MILLION        = 1000000
const BILLION        = 1000000000
const SECONDS_A_DAY  = 86400
const SECONDS_AN_HOUR = 3600
const SECONDS_A_MINUTE = 60
const DAYS_FROM_MARCH = 719468          ; from 1 March of the year 0 to 1970
const DAYS_A_CYCLE   = 146097           ; of 400 years
const DAYS_A_CENTURY = 36524            ; the fourth has one more
const DAYS_4_YEARS   = 1461
const DAYS_A_YEAR    = 365
const LONGEST_SLEEP  = 1000000000       ; ms

; Returns rsi = ns since boot.
now:
    mov     eax, Call.CLOCK << Abi.NUMBER_SHIFT
    syscall
    mov     ebp, STATE
    ret

do_uptime:
    lea     rsi, [rip + text_up]
    call    add_text
    call    now
    mov     rdi, rsi
    call    add_seconds
    lea     rsi, [rip + text_s]
    call    add_text
    jmp     end_line

do_date:
    mov     esi, ClockRequest.NOW
    mov     edi, cap.clock
    call    ask
    jc      .done
    call    complain
    jnz     .done
    lea     rsi, [rip + text_no_clock]
    test    r8, r8                      ; seconds since 1970
    jz      .say
    mov     rax, r8
    xor     edx, edx
    mov     ecx, SECONDS_A_DAY
    div     rcx
    mov     r12d, edx                   ; seconds of the day
    mov     edi, eax
    call    date_of_days
    mov     edi, r8d
    call    add_decimal
    lea     rsi, [rip + text_dash]
    call    add_text
    mov     edi, r9d
    call    add_two_digits
    lea     rsi, [rip + text_dash]
    call    add_text
    mov     edi, r10d
    call    add_two_digits
    lea     rsi, [rip + text_blank]
    call    add_text
    mov     eax, r12d
    xor     edx, edx
    mov     ecx, SECONDS_AN_HOUR
    div     ecx
    mov     r12d, edx
    mov     edi, eax
    call    add_two_digits
    lea     rsi, [rip + text_colon_close]
    call    add_text
    mov     eax, r12d
    xor     edx, edx
    mov     ecx, SECONDS_A_MINUTE
    div     ecx
    mov     r12d, edx
    mov     edi, eax
    call    add_two_digits
    lea     rsi, [rip + text_colon_close]
    call    add_text
    mov     edi, r12d
    call    add_two_digits
    jmp     end_line
.say:
    call    add_text
    jmp     end_line
.done:
    ret

; Returns r8d = year, r9d = month, r10d = day of the Gregorian calendar, edi days after 1 January 1970. Counts in
; years that begin in March, so that the leap day is a year's last, and in cycles of 400 of them.
date_of_days:
    lea     eax, [rdi + DAYS_FROM_MARCH]
    xor     edx, edx
    mov     ecx, DAYS_A_CYCLE
    div     ecx
    imul    r8d, eax, 400
    mov     esi, edx                    ; day of the cycle
    mov     eax, esi
    xor     edx, edx
    mov     ecx, DAYS_4_YEARS - 1
    div     ecx
    mov     edi, esi
    sub     edi, eax                    ; without every fourth year's last day …
    mov     eax, esi
    xor     edx, edx
    mov     ecx, DAYS_A_CENTURY
    div     ecx
    add     edi, eax                    ; … but with those that a century lacks …
    mov     eax, esi
    xor     edx, edx
    mov     ecx, DAYS_A_CYCLE - 1
    div     ecx
    sub     edi, eax                    ; … and the cycle has
    mov     eax, edi
    xor     edx, edx
    mov     ecx, DAYS_A_YEAR
    div     ecx
    add     r8d, eax
    imul    edi, eax, DAYS_A_YEAR
    mov     ecx, eax
    shr     ecx, 2
    add     edi, ecx
    xor     edx, edx
    mov     ecx, 100
    div     ecx
    sub     edi, eax
    sub     esi, edi                    ; day of the year, from 1 March
    imul    eax, esi, 5
    add     eax, 2
    xor     edx, edx
    mov     ecx, 153                    ; days of five months, from March on
    div     ecx
    mov     r9d, eax
    imul    eax, eax, 153
    add     eax, 2
    xor     edx, edx
    mov     ecx, 5
    div     ecx
    lea     r10d, [rsi + 1]
    sub     r10d, eax
    add     r9d, 3
    cmp     r9d, 12
    jbe     .done
    sub     r9d, 12
    inc     r8d
.done:
    ret

do_sleep:
    mov     rsi, [rbp + WORD_AT + 8]
    call    number_of
    jc      .no_number
    imul    rax, rax, MILLION
    push    rax
    call    now
    pop     rdx
    add     rdx, rsi
    mov     esi, ClockRequest.SLEEP
    mov     edi, cap.clock
    call    ask
    jc      .done
    call    complain
.done:
    ret
.no_number:
    mov     rsi, [rbp + WORD_AT + 8]
    call    add_text
    lea     rsi, [rip + text_no_number]
    call    add_text
    jmp     end_line

; Returns rax = the decimal number at rsi; CF set when it is none, or too great.
number_of:
    xor     eax, eax
    xor     ecx, ecx
.next:
    mov     cl, [rsi]
    test    cl, cl
    jz      .end
    sub     cl, '0'
    cmp     cl, TENTHS
    jae     .none
    imul    rax, rax, TENTHS
    add     rax, rcx
    cmp     rax, LONGEST_SLEEP
    ja      .none
    inc     rsi
    jmp     .next
.end:
    clc
    ret
.none:
    stc
    ret
