/* What a task in C begins with, and the little that it may expect of a library. */

#include "kpack.h"

int main(void);

static _Noreturn void __attribute__((used)) k_begin(void)
{
    k_exit((uint64_t)main());
}

/* The first instruction. rsp is the stack's end, a multiple of 16, as a call wants it; the packer has
 * zeroed .bss; main's result is the exit code. */
__asm__(
    ".globl _start\n"
    ".type _start, @function\n"
    "_start:\n\t"
    "xor %ebp, %ebp\n\t"
    "call k_begin\n"
    ".size _start, . - _start");

/* String instructions, since a loop here could be compiled to a call of the very function. */
void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    void *rdi = to;
    __asm__ volatile("rep movsb" : "+D"(rdi), "+S"(from), "+c"(size) : : "memory");
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    if ((uintptr_t)to - (uintptr_t)from >= size)
        return memcpy(to, from, size);
    void *rdi = (char *)to + size - 1;
    const void *rsi = (const char *)from + size - 1;
    __asm__ volatile("std\n\trep movsb\n\tcld" : "+D"(rdi), "+S"(rsi), "+c"(size) : : "memory", "cc");
    return to;
}

void *memset(void *to, int octet, size_t size)
{
    void *rdi = to;
    __asm__ volatile("rep stosb" : "+D"(rdi), "+c"(size) : "a"(octet) : "memory");
    return to;
}

int memcmp(const void *left, const void *right, size_t size)
{
    const unsigned char *a = left, *b = right;
    for (size_t n = 0; n < size; n++)
        if (a[n] != b[n])
            return a[n] < b[n] ? -1 : 1;
    return 0;
}

size_t strlen(const char *text)
{
    size_t length = 0;
    while (text[length]) {
        length++;
        __asm__("" : "+r"(length)); /* a plain loop is compiled to a call of strlen */
    }
    return length;
}

Status k_write(uint64_t console, const char *text, size_t length)
{
    Status status = STATUS_OK;
    while (length && status == STATUS_OK) {
        Message message = { .words = ABI_REGISTER_WORDS };
        size_t part = length < sizeof message.word ? length : sizeof message.word;
        memcpy(message.word, text, part); /* a zero byte ends what is shorter */
        status = k_call(console, &message);
        text += part;
        length -= part;
    }
    return status;
}

Status k_print(uint64_t console, const char *text)
{
    return k_write(console, text, strlen(text));
}

static Status print_number(uint64_t console, uint64_t number, unsigned base)
{
    char digits[20]; /* of 2^64 - 1 */
    size_t first = sizeof digits;
    do
        digits[--first] = "0123456789abcdef"[number % base];
    while (number /= base);
    return k_write(console, digits + first, sizeof digits - first);
}

Status k_print_decimal(uint64_t console, uint64_t number)
{
    return print_number(console, number, 10);
}

Status k_print_hex(uint64_t console, uint64_t number)
{
    return print_number(console, number, 16);
}
