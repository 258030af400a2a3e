#define _GNU_SOURCE
#include "CFieldsealPlatform.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#if defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

int fieldseal_random(void *bytes, size_t count) {
    unsigned char *next = bytes;
    while (count > 0) {
        ssize_t got = getrandom(next, count, 0);
        if (got < 0) {
            if (errno == EINTR) continue;
            return errno;
        }
        next += got;
        count -= (size_t)got;
    }
    return 0;
}

void fieldseal_wipe(void *bytes, size_t count) {
    if (count > 0) explicit_bzero(bytes, count);
}

__attribute__((noinline)) void fieldseal_wipe_stack(void) {
    unsigned char below[4096];
    explicit_bzero(below, sizeof below);
}

bool fieldseal_equal(const void *left, const void *right, size_t count) {
    const volatile unsigned char *a = left, *b = right;
    unsigned char difference = 0;
    for (size_t i = 0; i < count; i++) difference |= a[i] ^ b[i];
    return difference == 0;
}

int fieldseal_forbid_dumps(void) {
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : errno;
}

bool fieldseal_allows_dumps(void) { return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0; }

int fieldseal_exclude_from_dumps_and_forks(void *pages, size_t count) {
    if (madvise(pages, count, MADV_DONTDUMP) != 0) return errno;
    if (madvise(pages, count, MADV_WIPEONFORK) != 0) return errno;
    return 0;
}

uint64_t fieldseal_memory_lock_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return UINT64_MAX;
    return limit.rlim_cur;
}

static uint64_t nanoseconds(clockid_t clock) {
    struct timespec now;
    if (clock_gettime(clock, &now) != 0) return 0;
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t fieldseal_boot_time(void) { return nanoseconds(CLOCK_BOOTTIME); }
uint64_t fieldseal_coarse_monotonic_time(void) { return nanoseconds(CLOCK_MONOTONIC_COARSE); }
uint64_t fieldseal_coarse_real_time(void) { return nanoseconds(CLOCK_REALTIME_COARSE); }

bool fieldseal_cpu_has_aes(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    return __builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul");
#elif defined(__aarch64__)
    unsigned long capabilities = getauxval(AT_HWCAP);
    return (capabilities & HWCAP_AES) && (capabilities & HWCAP_PMULL);
#else
    return false;
#endif
}

int fieldseal_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

int fieldseal_eventfd_signal(int descriptor) {
    const uint64_t one = 1;
    while (write(descriptor, &one, sizeof one) < 0) {
        if (errno == EAGAIN) return 0; // the counter is full: readable already
        if (errno != EINTR) return errno;
    }
    return 0;
}

int fieldseal_eventfd_drain(int descriptor) {
    uint64_t count;
    while (read(descriptor, &count, sizeof count) < 0) {
        if (errno == EAGAIN) return 0; // nothing was signalled
        if (errno != EINTR) return errno;
    }
    return 0;
}
