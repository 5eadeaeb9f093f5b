// SPDX-License-Identifier: MIT
// The measure of all ratios: the plain, correct, blocking C loop. Default modes; the error queue is cleared before every call.
#ifndef TLSMODE_BENCH_PEERS_RAW_SESSION_HPP
#define TLSMODE_BENCH_PEERS_RAW_SESSION_HPP

#include <openssl/err.h>
#include <unistd.h>

#include "../support/openssl_side.hpp"

namespace bench {

class RawSession {
 public:
  RawSession(OpenSslSide& side, int descriptor) : ssl_(side.connection(descriptor)), descriptor_(descriptor) {
    ::ERR_clear_error();
    if (::SSL_do_handshake(ssl_) != 1) fail_openssl("SSL_do_handshake");
  }
  ~RawSession() {
    ::SSL_free(ssl_);
    ::close(descriptor_);
  }
  RawSession(const RawSession&) = delete;
  RawSession& operator=(const RawSession&) = delete;

  void write(std::span<const std::byte> bytes) {
    std::size_t count = 0;
    ::ERR_clear_error();
    if (::SSL_write_ex(ssl_, bytes.data(), bytes.size(), &count) != 1) stop("SSL_write_ex");
  }

  std::size_t read(std::span<std::byte> bytes) {
    for (;;)
      if (const std::size_t count = try_read(bytes); count != 0) return count;
  }
  /// Returns 0 if there is nothing to read.
  std::size_t try_read(std::span<std::byte> bytes) {
    std::size_t count = 0;
    ::ERR_clear_error();
    if (::SSL_read_ex(ssl_, bytes.data(), bytes.size(), &count) == 1) return count;
    if (::SSL_get_error(ssl_, 0) != SSL_ERROR_WANT_READ) stop("SSL_read_ex");
    return 0;
  }

  void flush() {}

  void close() {
    ::ERR_clear_error();
    ::SSL_shutdown(ssl_);
  }

  Facts facts() { return openssl_facts(ssl_); }

 private:
  [[noreturn]] void stop(const char* what) {
    std::fprintf(stderr, "SSL_get_error: %d\n", ::SSL_get_error(ssl_, 0));
    fail_openssl(what);
  }

  SSL* ssl_;
  int descriptor_;
};

/// As OpenSslSide, with the buffers released whenever they are empty.
struct ReleasingSide : OpenSslSide {
  explicit ReleasingSide(const Setup& setup) : OpenSslSide(setup, SSL_MODE_RELEASE_BUFFERS) {}
};

}  // namespace bench

#endif
