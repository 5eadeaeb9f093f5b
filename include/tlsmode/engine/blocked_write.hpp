// SPDX-License-Identifier: MIT
#ifndef TLSMODE_ENGINE_BLOCKED_WRITE_HPP
#define TLSMODE_ENGINE_BLOCKED_WRITE_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#include <tlsmode/pending_write.hpp>
#include <tlsmode/policy.hpp>

namespace tlsmode::engine {

/// A 64-bit fingerprint of `bytes`; fast, and good against mistakes. `seed` keeps it from being predicted from outside.
[[nodiscard]] inline std::uint64_t fingerprint(std::span<const std::byte> bytes, std::uint64_t seed) noexcept {
  constexpr std::uint64_t multiplier = 0x9E3779B97F4A7C15U;
  const auto mix = [](std::uint64_t value) {
    value = (value ^ (value >> 32U)) * multiplier;
    return value ^ (value >> 29U);
  };
  std::uint64_t lanes[4] = {seed, seed ^ multiplier, ~seed, bytes.size()};
  std::size_t at = 0;
  for (; bytes.size() - at >= sizeof lanes; at += sizeof lanes) {
    std::uint64_t words[4];
    std::memcpy(words, bytes.data() + at, sizeof words);
    for (int i = 0; i != 4; ++i) {
      lanes[i] = (lanes[i] ^ words[i]) * multiplier;
      lanes[i] ^= lanes[i] >> 31U;
    }
  }
  std::uint64_t rest[4] = {};
  if (at != bytes.size()) {
    std::memcpy(rest, bytes.data() + at, bytes.size() - at);
  }
  std::uint64_t result = seed;
  for (int i = 0; i != 4; ++i) {
    result = mix(result ^ mix(lanes[i] ^ rest[i]));
  }
  return result;
}

/// What a connection remembers of a write that blocked: where it was, how long, how much of it is committed, and a
/// fingerprint of the committed bytes. Of a long write the last `window` committed bytes are remembered: what is before
/// them left in an earlier call, and looking at all of it again at each retry would cost more than sending it.
class BlockedWrite {
 public:
  static constexpr std::size_t window = detail::largest_batch;

  BlockedWrite() noexcept = default;
  BlockedWrite(BlockedWrite&& other) noexcept { *this = std::move(other); }
  BlockedWrite& operator=(BlockedWrite&& other) noexcept {  // leaves none behind
    if (this != &other) {
      address_ = other.address_;
      length_ = other.length_;
      committed_ = other.committed_;
      fingerprint_ = other.fingerprint_;
      other.address_ = nullptr;
      other.length_ = other.committed_ = 0;
    }
    return *this;
  }

  [[nodiscard]] bool active() const noexcept { return length_ != 0; }
  [[nodiscard]] std::size_t length() const noexcept { return length_; }
  [[nodiscard]] std::size_t committed() const noexcept { return committed_; }
  [[nodiscard]] PendingWrite shown() const noexcept { return {length_, committed_, address_}; }
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return {address_, length_}; }

  void hold(std::span<const std::byte> bytes, std::size_t committed, std::uint64_t seed) noexcept {
    address_ = bytes.data();
    length_ = bytes.size();
    committed_ = committed;
    fingerprint_ = fingerprint_of(bytes, seed);
  }
  void clear() noexcept { *this = BlockedWrite{}; }

  /// Whether `bytes` begin with the bytes that are committed. Requires: as many bytes as were held, or more.
  [[nodiscard]] bool matches(std::span<const std::byte> bytes, std::uint64_t seed) const noexcept {
    return committed_ == 0 || fingerprint_of(bytes, seed) == fingerprint_;
  }

 private:
  [[nodiscard]] std::uint64_t fingerprint_of(std::span<const std::byte> bytes, std::uint64_t seed) const noexcept {
    const std::size_t size = committed_ < window ? committed_ : window;
    return fingerprint(bytes.subspan(committed_ - size, size), seed);
  }

  const std::byte* address_ = nullptr;
  std::size_t length_ = 0;
  std::size_t committed_ = 0;
  std::uint64_t fingerprint_ = 0;
};

}  // namespace tlsmode::engine

#endif
