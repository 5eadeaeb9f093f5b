// SPDX-License-Identifier: MIT
#ifndef TLSMODE_ENGINE_COMMIT_HPP
#define TLSMODE_ENGINE_COMMIT_HPP

#include <cstddef>

#include <openssl/ssl.h>

namespace tlsmode::engine {

/// What an engine did with bytes to write. The first `bytes` of them are committed: they are ciphertext, on their way
/// in this order, and nobody's to change. `returned` is what SSL_write_ex answered last; 1, or see SSL_get_error.
struct Commit {
  int returned;
  std::size_t bytes;
};

/// SSL_read_ex, or SSL_peek_ex.
using ReadCall = decltype(&::SSL_read_ex);
/// What an engine answers in their place if it knows without OpenSSL that there is nothing to read.
inline constexpr int not_asked = -1;

}  // namespace tlsmode::engine

#endif
