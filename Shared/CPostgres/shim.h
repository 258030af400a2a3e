#pragma once
#include <libpq-fe.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

/* A counter that wakes a poll(2); -1 with errno on failure. */
static inline int fieldseal_wakeup_make(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

static inline void fieldseal_wakeup_signal(int descriptor) {
    uint64_t one = 1;
    ssize_t ignored = write(descriptor, &one, sizeof one);
    (void)ignored;
}

static inline void fieldseal_wakeup_drain(int descriptor) {
    uint64_t count;
    ssize_t ignored = read(descriptor, &count, sizeof count);
    (void)ignored;
}

static inline void fieldseal_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
