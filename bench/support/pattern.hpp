// SPDX-License-Identifier: MIT
// The bytes that every connection carries. Offset alone decides them, so a lost, repeated or swapped byte is seen at once.
#ifndef TLSMODE_BENCH_SUPPORT_PATTERN_HPP
#define TLSMODE_BENCH_SUPPORT_PATTERN_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace bench {

class Pattern {
 public:
  static constexpr std::size_t period = 65521;  // a prime: no record, message or buffer size divides it
  static constexpr std::size_t largest_view = 1 << 20;

  static const Pattern& shared() {
    static const Pattern pattern;
    return pattern;
  }

  [[nodiscard]] std::span<const std::byte> view(std::uint64_t offset, std::size_t size) const noexcept {
    return {bytes_.data() + offset % period, size};
  }

  [[nodiscard]] bool matches(std::uint64_t offset, std::span<const std::byte> bytes) const noexcept {
    return bytes.size() <= largest_view &&
           std::memcmp(bytes_.data() + offset % period, bytes.data(), bytes.size()) == 0;
  }

 private:
  Pattern() : bytes_(period + largest_view) {
    std::uint32_t state = 2463534242U;  // xorshift
    for (std::size_t i = 0; i < period; ++i) {
      state ^= state << 13, state ^= state >> 17, state ^= state << 5;
      bytes_[i] = static_cast<std::byte>(state >> 16);
    }
    for (std::size_t i = period; i < bytes_.size(); ++i) bytes_[i] = bytes_[i - period];
  }

  std::vector<std::byte> bytes_;
};

}  // namespace bench

#endif
