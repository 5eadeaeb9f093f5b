// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_FUZZ_FUZZ_HPP
#define TLSMODE_TESTS_FUZZ_FUZZ_HPP

// What the fuzz targets share: they take decisions from the input, and stop at the first broken promise.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <tlsmode/tlsmode.hpp>

namespace tlsmode_tests {

inline void require(bool holds, const char* promise) {
  if (!holds) {
    std::fprintf(stderr, "BROKEN: %s\n", promise);
    std::abort();
  }
}

/// The input of a fuzz target, taken from its front.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) noexcept : left_{data, size} {}
  [[nodiscard]] bool empty() const noexcept { return left_.empty(); }
  [[nodiscard]] std::size_t byte() noexcept {
    if (left_.empty()) {
      return 0;
    }
    const std::size_t value = left_.front();
    left_ = left_.subspan(1);
    return value;
  }
  [[nodiscard]] std::size_t number() noexcept { return byte() << 8U | byte(); }
  [[nodiscard]] std::span<const std::byte> bytes(std::size_t size) noexcept {
    const auto taken = left_.first(size < left_.size() ? size : left_.size());
    left_ = left_.subspan(taken.size());
    return std::as_bytes(taken);
  }
  [[nodiscard]] std::span<const std::byte> rest() noexcept { return bytes(left_.size()); }

 private:
  std::span<const std::uint8_t> left_;
};

/// What holds after every call, whatever it answered.
template <typename Connection>
void check_promises(const Connection& connection) {
  require(::ERR_peek_error() == 0, "the error queue is empty after every call");
  for (const tlsmode::QueueEntry& entry : connection.error().queue()) {
    const int reason = ERR_GET_REASON(entry.code);
    require(ERR_GET_LIB(entry.code) != ERR_LIB_SSL || (reason != SSL_R_BAD_WRITE_RETRY && reason != SSL_R_BAD_LENGTH),
            "bad write retry and bad length never come up");
  }
}

}  // namespace tlsmode_tests

#endif
