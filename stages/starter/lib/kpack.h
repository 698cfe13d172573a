/* The kernel's calls for tasks in C.
 *
 * `interface.h` is what `kpack export --lang c interface` writes: numbers, statuses, rights, layouts.
 * A call takes a handle and a Message; what comes back is in the same Message. One that returns AGAIN
 * until it is done (create, revoke, destroy) is repeated here.
 */
#ifndef KPACK_H
#define KPACK_H

#include "interface.h"
#include "syscall.h"

/* What goes into a call and what came back. All zero is a message of no words that waits for ever. */
typedef struct Message {
    uint64_t word[ABI_REGISTER_WORDS]; /* words 0 to 9; k_word() also reaches the others */
    unsigned words;                    /* how many the message has: at most ABI_MESSAGE_WORDS */
    uint64_t flags;    /* of the next call only: ABI_DEADLINE, ABI_CAPABILITY */
    uint64_t deadline; /* with ABI_DEADLINE: ns since boot */
    uint64_t badge;    /* received: whose capability it came by, or the signals' bits */
    uint64_t received; /* received: ABI_RECEIVED, ABI_DROPPED */
    Kind kind;         /* received: what it is */
} Message;

/* The rest of the messages that this thread sends and receives. */
static inline MessageBuffer *k_buffer(void)
{
    uintptr_t address = USER_BUFFER;
    __asm__("" : "+r"(address)); /* an object that the compiler knows nothing about */
    return (MessageBuffer *)address;
}

/* Word n of a message, wherever it travels: 0 to ABI_MESSAGE_WORDS - 1. */
static inline uint64_t *k_word(Message *message, unsigned n)
{
    return n < ABI_REGISTER_WORDS ? &message->word[n] : &k_buffer()->words[n];
}

/* Any call. */
K_INLINE Status k_do(Call number, uint64_t handle, Message *message)
{
    const uint64_t octet = (1 << ABI_KIND_SHIFT) - 1;
    uint64_t rax = message->words | (uint64_t)number << ABI_NUMBER_SHIFT | message->flags;
    rax = k_syscall(rax, &handle, message->deadline, message->word);
    message->words = (unsigned)(rax & octet);
    message->kind = (Kind)(rax >> ABI_KIND_SHIFT & octet);
    message->badge = handle;
    message->received = rax & (ABI_RECEIVED | ABI_DROPPED);
    message->flags = 0;
    return (Status)((rax & ABI_STATUS_MASK) >> ABI_STATUS_SHIFT);
}

/* Whatever a register holds: for words that only the kernel gets, which then looks at none of them. */
K_INLINE uint64_t k_anything(void)
{
    uint64_t anything;
    __asm__ volatile("" : "=r"(anything));
    return anything;
}

/* A call with a few arguments and no message, so never CALL, SEND or REPLY. No loop: a compiler that does not
 * unroll it would go through memory. */
K_INLINE Status k_plain(Call number, uint64_t handle, unsigned count, const uint64_t *words)
{
#define K_ARGUMENT(n) (n < count ? words[n] : k_anything())
    Message message = {
        .words = count,
        .word = { K_ARGUMENT(0), K_ARGUMENT(1), K_ARGUMENT(2), K_ARGUMENT(3), K_ARGUMENT(4),
                  K_ARGUMENT(5), K_ARGUMENT(6), K_ARGUMENT(7), K_ARGUMENT(8), K_ARGUMENT(9) },
    };
#undef K_ARGUMENT
    return k_do(number, handle, &message);
}

/* As k_plain, repeated until it is done. */
static inline Status k_whole(Call number, uint64_t handle, unsigned count, const uint64_t *words)
{
    Status status;
    do
        status = k_plain(number, handle, count, words);
    while (status == STATUS_AGAIN);
    return status;
}

/* Messages */

/* Sends, waits for the reply. */
static inline Status k_call(uint64_t endpoint, Message *message)
{
    return k_do(CALL_CALL, endpoint, message);
}

/* Sends without a reply; waits until it is received. */
static inline Status k_send(uint64_t endpoint, Message *message)
{
    return k_do(CALL_SEND, endpoint, message);
}

/* Waits for what `accept` says: RECEIVE_MESSAGES, RECEIVE_SIGNALS, both, or 0: only the deadline. */
static inline Status k_recv(unsigned accept, Message *message)
{
    message->words = 0;
    return k_do(CALL_RECV, accept, message);
}

/* Replies to who called last, then waits for messages and signals. */
static inline Status k_reply_recv(Message *message)
{
    return k_do(CALL_REPLY_RECV, 0, message);
}

/* Replies to who called last, or to the client whose right to reply is in a slot; never waits. */
static inline Status k_reply(uint64_t slot, Message *message)
{
    return k_do(CALL_REPLY, slot, message);
}

/* Moves the right to reply to who called last into an empty slot, to answer it later. */
static inline Status k_reply_save(uint64_t slot)
{
    return k_plain(CALL_REPLY_SAVE, slot, 0, 0);
}

/* Sets the badge's bits of a Notification. */
static inline Status k_signal(uint64_t notification)
{
    return k_plain(CALL_SIGNAL, notification, 0, 0);
}

/* Threads */

static inline void k_yield(void)
{
    k_plain(CALL_YIELD, 0, 0, 0);
}

_Noreturn static inline void k_exit(uint64_t code)
{
    for (;;)
        k_plain(CALL_EXIT, code, 0, 0); /* a supervisor may resume even this */
}

/* Starts a thread that is stopped. */
static inline Status k_start(uint64_t thread, uint64_t rip, uint64_t rsp, uint64_t rdi)
{
    const uint64_t words[] = { rip, rsp, rdi };
    return k_plain(CALL_START, thread, 3, words);
}

/* Lets a thread go on where it was stopped. */
static inline Status k_resume(uint64_t thread)
{
    return k_plain(CALL_START, thread, 0, 0);
}

static inline Status k_stop(uint64_t thread)
{
    return k_plain(CALL_STOP, thread, 0, 0);
}

/* Reads a part of a thread's registers or settings: its words come from message->word[0] on. */
static inline Status k_read_thread(uint64_t thread, ThreadPart part, Message *message)
{
    message->words = 1;
    message->word[0] = (uint64_t)part;
    return k_do(CALL_READ_THREAD, thread, message);
}

/* Changes a part; `words` are as many as the part has, at most 9. */
static inline Status k_write_thread(
    uint64_t thread, ThreadPart part, unsigned count, const uint64_t *words)
{
    Message message = { .words = count + 1, .word = { (uint64_t)part } };
    for (unsigned n = 0; n < count; n++)
        message.word[n + 1] = words[n];
    return k_do(CALL_WRITE_THREAD, thread, &message);
}

/* Memory */

/* Maps a frame into a Space at a page, with FRAME_RIGHTS_..._MASK bits. */
static inline Status k_map(uint64_t frame, uint64_t space, uint64_t address, uint64_t rights)
{
    const uint64_t words[] = { space, address, rights };
    return k_plain(CALL_MAP, frame, 3, words);
}

static inline Status k_unmap(uint64_t frame)
{
    return k_plain(CALL_UNMAP, frame, 0, 0);
}

/* Capabilities and objects. A Space of 0 is one's own. */

/* Copies a capability into an empty slot, with those of its rights that `rights` names. */
static inline Status k_copy(uint64_t source, uint64_t space, uint64_t slot, uint64_t rights)
{
    const uint64_t words[] = { space, slot, rights };
    return k_plain(CALL_COPY, source, 3, words);
}

/* As k_copy, with a badge of one's own; needs the right to control the source. */
static inline Status k_mint(
    uint64_t source, uint64_t space, uint64_t slot, uint64_t rights, uint64_t badge)
{
    const uint64_t words[] = { space, slot, rights, badge };
    return k_plain(CALL_COPY, source, 4, words);
}

/* Empties a slot. */
static inline Status k_delete(uint64_t space, uint64_t slot)
{
    return k_plain(CALL_DELETE, space, 1, &slot);
}

/* Takes an object away from all others who name it. */
static inline Status k_revoke(uint64_t handle)
{
    return k_whole(CALL_REVOKE, handle, 0, 0);
}

static inline Status k_destroy(uint64_t handle)
{
    return k_whole(CALL_DESTROY, handle, 0, 0);
}

/* Makes an object, paid for by `space`; `count` arguments follow type and slot, at most 8. */
static inline Status k_create(
    uint64_t space, ObjectType type, uint64_t slot, unsigned count, const uint64_t *arguments)
{
    uint64_t words[ABI_REGISTER_WORDS] = { (uint64_t)type, slot };
    for (unsigned n = 0; n < count; n++)
        words[n + 2] = arguments[n];
    return k_whole(CALL_CREATE, space, count + 2, words);
}

/* What an object is and uses: from message->word[0] on. */
static inline Status k_inspect(uint64_t handle, Message *message)
{
    message->words = 0;
    return k_do(CALL_INSPECT, handle, message);
}

/* Time and devices */

/* ns since boot. */
static inline uint64_t k_clock(void)
{
    Message message = { .words = 0 };
    k_do(CALL_CLOCK, 0, &message);
    return message.word[0];
}

/* The ABI's version: ABI_VERSION when this header is the kernel's. */
static inline uint64_t k_version(void)
{
    uint64_t words[ABI_REGISTER_WORDS] = { 0 }, handle = 0;
    return k_syscall((uint64_t)CALL_NULL << ABI_NUMBER_SHIFT, &handle, 0, words);
}

/* Lets a device interrupt come again. */
static inline Status k_irq_ack(uint64_t irq)
{
    return k_plain(CALL_IRQ_ACK, irq, 0, 0);
}

/* The console server */

/* Prints text, 80 bytes a call. */
Status k_write(uint64_t console, const char *text, size_t length);
Status k_print(uint64_t console, const char *text);
Status k_print_decimal(uint64_t console, uint64_t number);
Status k_print_hex(uint64_t console, uint64_t number);

/* What a compiler expects even where there is no library. */
void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int octet, size_t size);
int memcmp(const void *left, const void *right, size_t size);
size_t strlen(const char *text);

#endif
