// SPDX-License-Identifier: MIT
#ifndef TLSMODE_PREFIXED_HPP
#define TLSMODE_PREFIXED_HPP

#include <concepts>
#include <cstddef>
#include <cstring>
#include <span>
#include <utility>

#include <tlsmode/bytes.hpp>
#include <tlsmode/detail/byte_queue.hpp>
#include <tlsmode/error.hpp>
#include <tlsmode/status.hpp>
#include <tlsmode/transport.hpp>

namespace tlsmode {

/// A transport from which some bytes were read before TLS began: to see whether it is TLS, or with the end of a proxy's
/// answer. They come first; then what the transport receives. The optional members of the transport are kept.
/// Proof: tests/unit/prefixed_test.cpp.
template <TransportType Transport>
class Prefixed {
 public:
  static constexpr bool short_send_means_full = detail::ShortSendMeansFull<Transport>;

  /// Errors: throws Error if there is no memory for a copy of `already_read`.
  template <ByteRange Bytes>
  Prefixed(Transport transport, const Bytes& already_read) : transport_{std::move(transport)} {
    if (!prefix_.append(detail::as_bytes(already_read))) {
      throw Error{{.kind = ErrorKind::out_of_memory,
                   .operation = Operation::make_connection,
                   .message = "no memory for what was read before the handshake"}};
    }
  }

  [[nodiscard]] ReadResult receive(std::span<std::byte> to) noexcept {
    if (prefix_.empty()) {
      return transport_.receive(to);
    }
    const std::size_t taken = to.size() < prefix_.size() ? to.size() : prefix_.size();
    std::memcpy(to.data(), prefix_.bytes().data(), taken);
    prefix_.drop(taken);
    if (prefix_.empty()) {
      prefix_.release();
    }
    return {IoStatus::done, taken};
  }

  [[nodiscard]] WriteResult send(std::span<const std::byte> from) noexcept { return transport_.send(from); }
  [[nodiscard]] WriteResult send(std::span<const std::byte> first, std::span<const std::byte> second) noexcept
    requires detail::SendsPairs<Transport>
  {
    return transport_.send(first, second);
  }

  [[nodiscard]] bool blocking() const noexcept { return prefix_.empty() && detail::receive_may_wait(transport_); }

  [[nodiscard]] IoStatus flush() noexcept
    requires detail::BuffersOutput<Transport>
  {
    return transport_.flush();
  }
  [[nodiscard]] bool wants_write() const noexcept
    requires detail::BuffersOutput<Transport>
  {
    return transport_.wants_write();
  }

  [[nodiscard]] int native_handle() const noexcept
    requires requires(const Transport& transport) {
      { transport.native_handle() } noexcept -> std::same_as<int>;
    }
  {
    return transport_.native_handle();
  }

  /// The transport itself, for a waiter, perhaps.
  [[nodiscard]] Transport& base() noexcept { return transport_; }

 private:
  Transport transport_;
  detail::ByteQueue prefix_;
};

}  // namespace tlsmode

#endif
