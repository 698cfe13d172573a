/* Calls the server with messages of every kind of length, and tries what the library brings. The exit
 * code is the line of the first thing that was wrong, or 42. */

#include "client.h"
#include "kpack.h"

#define CHECK(what)          \
    do {                     \
        if (!(what))         \
            return __LINE__; \
    } while (0)

static int zero[3000];
static int full[3] = { 1, 2, 3 };

static int memory(void)
{
    char text[] = "0123456789";
    memmove(text + 2, text, 5);
    CHECK(memcmp(text, "0101234789", 11) == 0);
    memmove(text, text + 2, 5);
    CHECK(memcmp(text, "0123434789", 11) == 0);
    memset(text + 1, 'x', 3);
    CHECK(memcmp(text, "0xxx434789", 11) == 0);
    CHECK(memcmp("a", "b", 1) < 0 && memcmp("b\200", "b\177", 2) > 0 && memcmp("a", "b", 0) == 0);
    volatile size_t none = 0;
    CHECK(strlen(text) == 10 && strlen("") == none);
    for (int n = 0; n < 3000; n++)
        CHECK(zero[n] == 0);
    CHECK(full[0] == 1 && full[2] == 3);
    full[0] = zero[2999] = 7;
    return 0;
}

/* More values than there are registers, alive over a call that changes them all. */
static int registers(void)
{
    volatile uint64_t seed = 3;
    const uint64_t a = seed, b = a * 5, c = b * 5, d = c * 5, e = d * 5, f = e * 5, g = f * 5;
    const uint64_t h = g * 5, i = h * 5, j = i * 5, k = j * 5, l = k * 5, m = l * 5, n = m * 5;
    const uint64_t before = a + b + c + d + e + f + g + h + i + j + k + l + m + n;
    for (int round = 0; round < 3; round++) {
        k_yield();
        CHECK(a + b + c + d + e + f + g + h + i + j + k + l + m + n == before);
    }
    CHECK(before == 4577636718u); /* 3 (5^14 - 1) / 4 */
    return 0;
}

/* The same of vector registers, where the task has them. */
static int vectors(void)
{
#ifdef __SSE__
    volatile double seed = 1.5;
    const double a = seed, b = a * 2, c = b * 2, d = c * 2, e = d * 2, f = e * 2, g = f * 2;
    const double h = g * 2, i = h * 2, j = i * 2, k = j * 2, l = k * 2, m = l * 2, n = m * 2;
    const double o = n * 2, p = o * 2, q = p * 2, r = q * 2;
    const long double third = 1 / (long double)(seed * 2);
    k_yield();
    CHECK(a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p + q + r == 393214.5);
    CHECK(third * 3 > 0.99L && third * 3 < 1.01L);
#endif
    return 0;
}

static int messages(void)
{
    Message message = { .words = ABI_REGISTER_WORDS };
    for (unsigned n = 0; n < ABI_REGISTER_WORDS; n++)
        message.word[n] = n * UINT64_C(0x123456789) + 3;
    CHECK(k_call(CAP_SERVER, &message) == STATUS_OK);
    CHECK(message.words == ABI_REGISTER_WORDS && message.kind == KIND_CALL && message.badge == 0);
    for (unsigned n = 0; n < ABI_REGISTER_WORDS; n++)
        CHECK(message.word[n] == n * UINT64_C(0x123456789) + 4);

    message.words = ABI_MESSAGE_WORDS;
    for (unsigned n = 0; n < ABI_MESSAGE_WORDS; n++)
        *k_word(&message, n) = n * n + 5;
    CHECK(k_call(CAP_SERVER, &message) == STATUS_OK && message.words == ABI_MESSAGE_WORDS);
    for (unsigned n = 0; n < ABI_MESSAGE_WORDS; n++)
        CHECK(*k_word(&message, n) == n * n + 6);
    return 0;
}

static int errors(void)
{
    Message message = { .words = ABI_MESSAGE_WORDS + 1 };
    CHECK(k_call(CAP_SERVER, &message) == STATUS_BAD_ARGUMENT);
    message.words = 0;
    CHECK(k_call(CAP_SERVER + 1, &message) == STATUS_BAD_HANDLE);
    CHECK(k_call(CAP_NOTHING, &message) == STATUS_NO_RIGHT);
    CHECK(k_unmap(CAP_SERVER) == STATUS_WRONG_TYPE);
    message.flags = ABI_DEADLINE;
    message.deadline = 0;
    CHECK(k_recv(RECEIVE_MESSAGES, &message) == STATUS_WOULD_BLOCK && message.flags == 0);
    CHECK(k_reply_recv(&message) == STATUS_NO_CALLER);
    return 0;
}

static int time_and_memory(void)
{
    const uint64_t start = k_clock();
    Message message = { .flags = ABI_DEADLINE, .deadline = start + 2000000 };
    CHECK(k_recv(0, &message) == STATUS_TIMED_OUT);
    CHECK(k_clock() - start >= 2000000);
    CHECK(k_version() == ABI_VERSION);
    volatile uint64_t *page = (uint64_t *)(uintptr_t)USER_DEVICES;
    CHECK(k_map(CAP_PAGE, CAP_MYSELF, USER_DEVICES,
              FRAME_RIGHTS_READ_MASK | FRAME_RIGHTS_WRITE_MASK) == STATUS_OK);
    page[1] = 99;
    CHECK(page[0] == 0 && page[1] == 99);
    CHECK(k_unmap(CAP_PAGE) == STATUS_OK);
    return 0;
}

int main(void)
{
    k_print(CAP_CONSOLE, "client      in C, ");
    k_print_decimal(CAP_CONSOLE, UINT64_MAX);
    k_print(CAP_CONSOLE, " ");
    k_print_hex(CAP_CONSOLE, 0);
    k_print(CAP_CONSOLE, "\n");
    int (*const parts[])(void) = { memory, registers, vectors, messages, errors, time_and_memory };
    for (size_t n = 0; n < sizeof parts / sizeof *parts; n++) {
        int wrong = parts[n]();
        if (wrong)
            return wrong;
    }
    Message last = { .words = 0 };
    CHECK(k_call(CAP_SERVER, &last) == STATUS_OK);
    return 42;
}
