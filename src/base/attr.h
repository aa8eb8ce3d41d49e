/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attr.h - what we ask of the compiler beyond C17
 */
#ifndef BASE_ATTR_H
#define BASE_ATTR_H

#define ATTR_NODISCARD     __attribute__((warn_unused_result))
#define ATTR_PRINTF(f, a)  __attribute__((format(printf, f, a)))
#define ATTR_NORETURN      __attribute__((noreturn))
#define ATTR_MALLOC        __attribute__((malloc))
#define ATTR_NOINLINE      __attribute__((noinline)) /* kept out of a short function's registers */
#define ATTR_UNUSED        __attribute__((unused))
/* where the literal of a macro must reach the comparison as a constant */
#define ATTR_ALWAYS_INLINE __attribute__((always_inline))
#define LIKELY(x)          __builtin_expect(!!(x), 1)
#define UNLIKELY(x)        __builtin_expect(!!(x), 0)
/* what a loop does that waits for another thread */
#if defined(__x86_64__) || defined(__i386__)
#define CPU_RELAX()        __builtin_ia32_pause()
#elif defined(__aarch64__)
#define CPU_RELAX()        __asm__ volatile("yield")
#else
#define CPU_RELAX()        ((void)0)
#endif
/* compiled with the address or thread sanitizer */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define BUILT_SANITIZED    1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define BUILT_SANITIZED    1
#endif
#endif
#ifndef BUILT_SANITIZED
#define BUILT_SANITIZED    0
#endif
#define ARRAY_LEN(a)       (sizeof(a) / sizeof *(a))

#endif
