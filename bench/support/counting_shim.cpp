// SPDX-License-Identifier: MIT
// Preloaded into a bench program, it counts the calls that reach the kernel's network and the allocator, exactly.
// glibc only: the allocator's real functions are reached by their __libc_ names.
#include "counting_shim.hpp"

#include <dlfcn.h>
#include <malloc.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstdlib>

namespace {

// Per thread; initial-exec, because the allocator itself must not be needed to reach it.
[[gnu::tls_model("initial-exec")]] constinit thread_local bench::Counts counts;

template <class Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

#define TLSMODE_COUNT(counter, result, name, parameters, arguments) \
  extern "C" result name parameters {                               \
    static auto* const next = real<result parameters>(#name);       \
    ++counts.counter;                                               \
    return next arguments;                                          \
  }

TLSMODE_COUNT(receives, ssize_t, read, (int fd, void* data, size_t size), (fd, data, size))
TLSMODE_COUNT(receives, ssize_t, readv, (int fd, const iovec* parts, int count), (fd, parts, count))
TLSMODE_COUNT(receives, ssize_t, recv, (int fd, void* data, size_t size, int flags), (fd, data, size, flags))
TLSMODE_COUNT(receives, ssize_t, recvfrom,
              (int fd, void* data, size_t size, int flags, sockaddr* from, socklen_t* length),
              (fd, data, size, flags, from, length))
TLSMODE_COUNT(receives, ssize_t, recvmsg, (int fd, msghdr* message, int flags), (fd, message, flags))
TLSMODE_COUNT(sends, ssize_t, write, (int fd, const void* data, size_t size), (fd, data, size))
TLSMODE_COUNT(sends, ssize_t, writev, (int fd, const iovec* parts, int count), (fd, parts, count))
TLSMODE_COUNT(sends, ssize_t, send, (int fd, const void* data, size_t size, int flags), (fd, data, size, flags))
TLSMODE_COUNT(sends, ssize_t, sendto,
              (int fd, const void* data, size_t size, int flags, const sockaddr* to, socklen_t length),
              (fd, data, size, flags, to, length))
TLSMODE_COUNT(sends, ssize_t, sendmsg, (int fd, const msghdr* message, int flags), (fd, message, flags))
TLSMODE_COUNT(waits, int, poll, (pollfd * set, nfds_t count, int timeout), (set, count, timeout))
TLSMODE_COUNT(waits, int, ppoll, (pollfd * set, nfds_t count, const timespec* timeout, const sigset_t* mask),
              (set, count, timeout, mask))
TLSMODE_COUNT(waits, int, select, (int count, fd_set* in, fd_set* out, fd_set* error, timeval* timeout),
              (count, in, out, error, timeout))
TLSMODE_COUNT(waits, int, epoll_wait, (int fd, epoll_event* events, int count, int timeout),
              (fd, events, count, timeout))
TLSMODE_COUNT(waits, int, epoll_pwait, (int fd, epoll_event* events, int count, int timeout, const sigset_t* mask),
              (fd, events, count, timeout, mask))
TLSMODE_COUNT(controls, int, epoll_ctl, (int fd, int operation, int target, epoll_event* event) noexcept,
              (fd, operation, target, event))

extern "C" {

const bench::Counts* bench_counts() { return &counts; }

void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);
void __libc_free(void*);

}  // extern "C"

namespace {

void* counted(void* block) {
  ++counts.allocations;
  counts.held_bytes += ::malloc_usable_size(block);
  return block;
}

}  // namespace

extern "C" {

void* malloc(size_t size) noexcept { return counted(__libc_malloc(size)); }
void* calloc(size_t count, size_t size) noexcept { return counted(__libc_calloc(count, size)); }
void* realloc(void* old, size_t size) noexcept {
  counts.held_bytes -= ::malloc_usable_size(old);
  return counted(__libc_realloc(old, size));
}
void* aligned_alloc(size_t alignment, size_t size) noexcept { return counted(__libc_memalign(alignment, size)); }
int posix_memalign(void** result, size_t alignment, size_t size) noexcept {
  *result = counted(__libc_memalign(alignment, size));
  return *result != nullptr ? 0 : ENOMEM;
}
void free(void* block) noexcept {
  counts.held_bytes -= ::malloc_usable_size(block);
  __libc_free(block);
}

}  // extern "C"
