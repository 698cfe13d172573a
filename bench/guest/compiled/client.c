/* Measures a call and its reply, as guest/measure.asm does for tasks in assembly, and sends the same lines. */

#include "client.h"
#include "kpack.h"

enum { SAMPLES = 32, BATCH = 100, TWO_SLICES = 2 * SLICE_MICROSECONDS * 1000 /* ns */ };

static BootInfo *const boot_info = (BootInfo *)0x800000;
static uint64_t samples[SAMPLES];

static inline uint64_t ticks(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

/* One batch. What comes back goes out again: the words are the server's already. */
static Status round_trips(void)
{
    Message message = { .words = 0 };
    Status status = STATUS_OK;
    for (int n = 0; n < BATCH && status == STATUS_OK; n++)
        status = k_call(CAP_SERVER, &message);
    return status;
}

/* Until nobody else is ready, and the timer has come for the last time. */
static void settle(void)
{
    Message message = { .flags = ABI_DEADLINE, .deadline = k_clock() + TWO_SLICES };
    k_recv(0, &message);
}

static _Noreturn void finish(uint64_t code)
{
    Message message = { .words = 1, .word = { code } };
    k_call(CAP_FINISH, &message);
    k_exit(code);
}

int main(void)
{
    if (k_map(CAP_BOOT_INFO, CAP_SELF, (uintptr_t)boot_info, FRAME_RIGHTS_READ_MASK) != STATUS_OK)
        finish(DEBUG_EXIT_FAILED);
    settle();
    for (int n = 0; n < SAMPLES; n++) {
        const uint64_t start = ticks();
        if (round_trips() != STATUS_OK)
            finish(DEBUG_EXIT_FAILED);
        samples[n] = (ticks() - start) / BATCH;
    }
    k_print(CAP_CONSOLE, "figure ipc.call.cross.0w.c ");
    k_print(CAP_CONSOLE, features_icount(boot_info->features) ? "instructions" : "ticks");
    for (int n = 0; n < SAMPLES; n++) {
        k_print(CAP_CONSOLE, " ");
        k_print_decimal(CAP_CONSOLE, samples[n]);
    }
    k_print(CAP_CONSOLE, "\nfigures 1\nkpack: demonstration passed\n");
    finish(DEBUG_EXIT_PASSED);
}
