// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TUNNEL_HPP
#define TLSMODE_TUNNEL_HPP

#include <cerrno>
#include <cstddef>
#include <span>
#include <utility>

#include <tlsmode/connection.hpp>
#include <tlsmode/policy.hpp>
#include <tlsmode/status.hpp>
#include <tlsmode/transport.hpp>

namespace tlsmode {

/// A policy whose connections can carry another one.
template <typename P>
concept CarriesConnections = BuffersWrites<P>;  // FIX: using Writes = BufferedWrites: a tunnel keeps nothing to retry

/// A connection as the transport of another one: TLS inside TLS, through a proxy that is spoken to over TLS, perhaps.
/// What flushes the connection inside flushes this one, too; and if this one has output that waits, so has that inside.
/// Ending the connection inside leaves this one open: end it through connection(), if it has anything more to say.
/// Proof: tests/unit/tunnel_test.cpp, examples/tunnel.cpp.
template <CarriesConnections Policy, TransportType Transport>
class Tunnel {
 public:
  explicit Tunnel(Connection<Policy, Transport>&& connection) noexcept : connection_{std::move(connection)} {}

  /// The end of the connection, however it came, is the end of the stream: the one inside knows whether it was too early.
  [[nodiscard]] ReadResult receive(std::span<std::byte> to) noexcept {
    const ReadResult result = connection_.read(to);
    if (result.status == IoStatus::truncated) {
      return {IoStatus::closed, 0};
    }
    return {transport_status(result.status), result.bytes};
  }

  [[nodiscard]] WriteResult send(std::span<const std::byte> from) noexcept {
    const WriteResult result = connection_.write(from);
    return {transport_status(result.status), result.bytes};
  }

  [[nodiscard]] IoStatus flush() noexcept { return transport_status(connection_.flush()); }
  [[nodiscard]] bool wants_write() const noexcept { return connection_.wants_write(); }
  [[nodiscard]] bool blocking() const noexcept { return detail::receive_may_wait(connection_.transport()); }

  /// The connection that carries. After a failure, its error() says why.
  [[nodiscard]] Connection<Policy, Transport>& connection() noexcept { return connection_; }

 private:
  /// A transport fails for a reason that errno has.
  [[nodiscard]] IoStatus transport_status(IoStatus status) const noexcept {
    if (status == IoStatus::done || would_block(status) || status == IoStatus::closed) {
      return status;
    }
    errno = connection_.error().system_error() != 0 ? connection_.error().system_error() : EPROTO;
    return IoStatus::failed;
  }

  mutable Connection<Policy, Transport> connection_;  // its transport() has no const form
};

template <PolicyType Policy, TransportType Transport>
Tunnel(Connection<Policy, Transport>&&) -> Tunnel<Policy, Transport>;

}  // namespace tlsmode

#endif
