// SPDX-License-Identifier: MIT
#ifndef TLSMODE_ENGINE_RECORD_EDGE_HPP
#define TLSMODE_ENGINE_RECORD_EDGE_HPP

#include <cstddef>
#include <cstdint>
#include <span>

namespace tlsmode::engine {

/// Follows a stream of TLS records from header to header, so that OpenSSL is given one record at a time.
/// What is not a TLS record is followed all the same; it is OpenSSL that refuses it.
class RecordEdge {
 public:
  /// Goes on to the end of the record under way. Returns: how many of `bytes` belong to it; they are now behind the edge.
  [[nodiscard]] std::size_t advance(std::span<const std::byte> bytes) noexcept {
    std::size_t taken = 0;
    while (header_size_ != full_header && taken != bytes.size()) {
      header_ = header_ << 8U | std::to_integer<std::uint64_t>(bytes[taken++]);
      if (++header_size_ == full_header) {
        body_ = body_size(header_ & 0xFFFFFFFFFFU);
      }
    }
    if (header_size_ == full_header) {
      const std::size_t rest = bytes.size() - taken;
      const std::size_t body = body_ < rest ? body_ : rest;
      taken += body;
      body_ -= static_cast<std::uint32_t>(body);
      header_size_ = body_ == 0 ? 0 : full_header;
    }
    return taken;
  }

  /// Whether everything up to here is whole records.
  [[nodiscard]] bool between_records() const noexcept { return header_size_ == 0; }

 private:
  static constexpr unsigned full_header = 5;  // type, version (two bytes), length of the body (two bytes)

  /// A server still takes a ClientHello in the form of SSL 2.0, whose header is its length alone: two bytes, with bit 15.
  [[nodiscard]] static std::uint32_t body_size(std::uint64_t header) noexcept {
    const auto as_ssl2 = static_cast<std::uint32_t>((header >> 24U) & 0x7FFFU);
    constexpr std::uint32_t seen = full_header - 2;
    const bool is_ssl2 = (header >> 39U) != 0 && as_ssl2 > seen;
    return is_ssl2 ? as_ssl2 - seen : static_cast<std::uint32_t>(header & 0xFFFFU);
  }

  std::uint64_t header_ = 0;
  std::uint32_t body_ = 0;    // bytes of the body that are still to come
  unsigned header_size_ = 0;  // bytes of the header that are behind the edge
};

}  // namespace tlsmode::engine

#endif
