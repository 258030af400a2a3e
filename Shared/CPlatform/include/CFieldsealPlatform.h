#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What Swift does not see: variadic system calls, macros and the C stack.
// Functions that return int answer 0 for success or an errno value.

// Fills `bytes` from the kernel's CSPRNG, getrandom(2).
int fieldseal_random(void *bytes, size_t count);

// Overwrites `bytes` with zeros; never optimised away.
void fieldseal_wipe(void *bytes, size_t count);

// Overwrites the 4 KiB of stack below the caller, where libcrypto may leave copies of keys.
void fieldseal_wipe_stack(void);

// Compares in time that depends on `count` alone.
bool fieldseal_equal(const void *left, const void *right, size_t count);

// PR_SET_DUMPABLE 0: neither core dumps nor ptrace by processes of the same user.
int fieldseal_forbid_dumps(void);
bool fieldseal_allows_dumps(void);

// MADV_DONTDUMP and MADV_WIPEONFORK over whole pages.
int fieldseal_exclude_from_dumps_and_forks(void *pages, size_t count);

// The soft RLIMIT_MEMLOCK in bytes; UINT64_MAX: unlimited.
uint64_t fieldseal_memory_lock_limit(void);

// CLOCK_BOOTTIME in nanoseconds: monotonic, runs on during suspend. 0 where the clock fails.
uint64_t fieldseal_boot_time(void);

// The kernel's coarse monotonic and real-time clocks in nanoseconds (resolution: a tick, 1 to 10 ms).
uint64_t fieldseal_coarse_monotonic_time(void);
uint64_t fieldseal_coarse_real_time(void);

// The CPU has instructions for AES and for the carry-less multiplication of GCM.
bool fieldseal_cpu_has_aes(void);

// A non-blocking, close-on-exec eventfd(2), or -1 with errno set.
int fieldseal_eventfd(void);
// Makes the descriptor readable.
int fieldseal_eventfd_signal(int descriptor);
// Makes it unreadable again.
int fieldseal_eventfd_drain(int descriptor);
