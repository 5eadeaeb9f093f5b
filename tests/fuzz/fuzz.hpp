// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_FUZZ_FUZZ_HPP
#define TLSMODE_TESTS_FUZZ_FUZZ_HPP

// What the fuzz targets share: they take decisions from the input, and stop at the first broken promise.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

namespace tlsmode_tests {

inline void require(bool holds, const char* promise) {
  if (!holds) {
    std::fprintf(stderr, "BROKEN: %s\n", promise);
    std::abort();
  }
}

/// The input of a fuzz target, taken from its front. What is beyond its end is zero.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) noexcept : left_{data, size} {}
  [[nodiscard]] bool empty() const noexcept { return left_.empty(); }
  [[nodiscard]] unsigned byte() noexcept {
    if (left_.empty()) return 0;
    const unsigned value = left_.front();
    left_ = left_.subspan(1);
    return value;
  }
  [[nodiscard]] unsigned number() noexcept {
    const unsigned high = byte();
    return high << 8U | byte();
  }
  [[nodiscard]] std::string_view text(std::size_t size) noexcept {
    const auto taken = left_.first(size < left_.size() ? size : left_.size());
    left_ = left_.subspan(taken.size());
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
  }
  [[nodiscard]] std::string_view rest() noexcept { return text(left_.size()); }

 private:
  std::span<const std::uint8_t> left_;
};

/// What a side says: in its stream every byte tells its place, so that none can be lost, repeated or exchanged unseen.
[[nodiscard]] inline char stream_byte(std::uint64_t seed, std::size_t place) {
  return static_cast<char>((seed + place + 1) * 0x9E3779B97F4A7C15U >> 56U);
}
[[nodiscard]] inline std::string stream(std::uint64_t seed, std::size_t place, std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i != size; ++i) text[i] = stream_byte(seed, place + i);
  return text;
}

}  // namespace tlsmode_tests

#endif
