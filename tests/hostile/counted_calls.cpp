// SPDX-License-Identifier: MIT
#include "hostile/counted_calls.hpp"

#include <cstddef>

#include <openssl/ssl.h>

namespace {
std::size_t calls = 0;
}

namespace hostile {
std::size_t ssl_calls() noexcept { return calls; }
}  // namespace hostile

// NOLINTBEGIN(bugprone-reserved-identifier): the linker's names
extern "C" {
int __real_SSL_read_ex(SSL*, void*, std::size_t, std::size_t*);
int __real_SSL_write_ex(SSL*, const void*, std::size_t, std::size_t*);
int __real_SSL_do_handshake(SSL*);
int __real_SSL_shutdown(SSL*);
int __wrap_SSL_read_ex(SSL*, void*, std::size_t, std::size_t*);
int __wrap_SSL_write_ex(SSL*, const void*, std::size_t, std::size_t*);
int __wrap_SSL_do_handshake(SSL*);
int __wrap_SSL_shutdown(SSL*);

int __wrap_SSL_read_ex(SSL* ssl, void* to, std::size_t size, std::size_t* bytes) {
  ++calls;
  return __real_SSL_read_ex(ssl, to, size, bytes);
}
int __wrap_SSL_write_ex(SSL* ssl, const void* from, std::size_t size, std::size_t* bytes) {
  ++calls;
  return __real_SSL_write_ex(ssl, from, size, bytes);
}
int __wrap_SSL_do_handshake(SSL* ssl) {
  ++calls;
  return __real_SSL_do_handshake(ssl);
}
int __wrap_SSL_shutdown(SSL* ssl) {
  ++calls;
  return __real_SSL_shutdown(ssl);
}
}
// NOLINTEND(bugprone-reserved-identifier)
