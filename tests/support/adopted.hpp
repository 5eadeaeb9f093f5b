// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_SUPPORT_ADOPTED_HPP
#define TLSMODE_TESTS_SUPPORT_ADOPTED_HPP

// One side of a RawPair in the hands of a Connection, the other side raw: both engines over the same scripted wire.

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include <openssl/ssl.h>

#include <tlsmode/kernel_tls.hpp>
#include <tlsmode/tlsmode.hpp>

#include "support/catch.hpp"
#include "support/raw_pair.hpp"
#include "support/tls_pair.hpp"

namespace tlsmode_tests {

/// One end of a RawPair's wire; models tlsmode::TransportType, and so puts the elastic engine under a connection.
class WireTransport {
 public:
  WireTransport(Direction& incoming, Direction& outgoing) noexcept : incoming_{&incoming}, outgoing_{&outgoing} {}

  [[nodiscard]] tlsmode::ReadResult receive(std::span<std::byte> to) noexcept {
    ++incoming_->read_calls;
    if (incoming_->read_errno != 0) {
      errno = incoming_->read_errno;
      return {tlsmode::IoStatus::failed, 0};
    }
    if (incoming_->in_flight() == 0) {
      incoming_->blocked_reads += incoming_->ended ? 0U : 1U;
      return {incoming_->ended ? tlsmode::IoStatus::closed : tlsmode::IoStatus::want_read, 0};
    }
    const std::size_t size = std::min(to.size(), incoming_->in_flight());
    incoming_->delivered.copy(reinterpret_cast<char*>(to.data()), size, incoming_->taken);
    incoming_->taken += size;
    return {tlsmode::IoStatus::done, size};
  }

  [[nodiscard]] tlsmode::WriteResult send(std::span<const std::byte> from) noexcept {
    ++outgoing_->write_calls;
    if (outgoing_->write_errno != 0) {
      errno = outgoing_->write_errno;
      return {tlsmode::IoStatus::failed, 0};
    }
    const std::size_t size = std::min(from.size(), outgoing_->budget);
    if (size == 0) {
      ++outgoing_->blocked_writes;
      return {tlsmode::IoStatus::want_write, 0};
    }
    outgoing_->delivered.append(reinterpret_cast<const char*>(from.data()), size);
    if (outgoing_->budget != unlimited) outgoing_->budget -= size;
    return {tlsmode::IoStatus::done, size};
  }

 private:
  Direction* incoming_;
  Direction* outgoing_;
};

/// A Connection that has adopted one side of a raw pair. `Over` is the transport: WireTransport or tlsmode::NativeBio.
template <tlsmode::PolicyType PolicyOf, tlsmode::TransportType Over>
struct Adopted {
  using Policy = PolicyOf;
  using Transport = Over;
  using Connection = tlsmode::Connection<Policy, Transport>;
  static constexpr bool is_client = Policy::role == tlsmode::Role::client;
  static constexpr bool is_native = tlsmode::NativeTransport<Transport>;

  /// Not connected yet.
  explicit Adopted(const PairOptions& options) : pair{options}, connection{adopt()} {}
  /// Connected.
  explicit Adopted(int version) : Adopted{PairOptions{.version = version}} { connect(); }
  Adopted(const Adopted&) = delete;  // the connection points at the wire
  Adopted& operator=(const Adopted&) = delete;

  void connect() {
    for (int round = 0; round != 10; ++round) {
      const tlsmode::IoStatus status = connection.handshake();
      const Outcome other = call(peer(), [this] { return ::SSL_do_handshake(peer()); });
      if (status == tlsmode::IoStatus::done && other.result == 1) return;
    }
    FAIL("the handshake does not end: " << connection.error().what());
  }

  [[nodiscard]] ::SSL* peer() const noexcept { return is_client ? pair.server() : pair.client(); }
  [[nodiscard]] Direction& outgoing() noexcept { return is_client ? pair.to_server : pair.to_client; }
  [[nodiscard]] Direction& incoming() noexcept { return is_client ? pair.to_client : pair.to_server; }

  /// What the peer can read now.
  [[nodiscard]] std::string received() {
    std::string bytes;
    read_all(peer(), bytes);
    return bytes;
  }
  /// What the connection can read now.
  [[nodiscard]] Heard heard() { return hear(connection); }

  RawPair pair;
  Connection connection;

 private:
  [[nodiscard]] Connection adopt() {
    ::SSL* const ssl = is_client ? pair.release_client().release() : pair.release_server().release();
    if constexpr (is_native) {
      if constexpr (is_client) {
        return Connection{ssl, tlsmode::PeerName{"server.example"}};
      } else {
        return Connection{ssl};
      }
    } else {
      const WireTransport transport{incoming(), outgoing()};
      if constexpr (is_client) {
        return Connection{ssl, transport, tlsmode::PeerName{"server.example"}};
      } else {
        return Connection{ssl, transport};
      }
    }
  }
};

/// A policy whose writes OpenSSL itself keeps pending: what kernel TLS asks for, here over a BIO that has no kernel.
template <typename Policy>
struct OpensslKeepsPending : Policy {
  static constexpr bool kernel_tls = true;
};
struct NativeEngine;  // in the place of a transport: the native engine, over tlsmode::NativeBio

template <typename Rule, typename Over, typename Role = tlsmode::Client>
struct RuledAs {
  using Type = Adopted<WithRule<Role, Rule>, Over>;
};
template <typename Rule, typename Role>
struct RuledAs<Rule, NativeEngine, Role> {
  using Type = Adopted<OpensslKeepsPending<WithRule<Role, Rule>>, tlsmode::NativeBio>;
};
/// One side by a write rule: the elastic engine over a transport (WireTransport, tlsmode::NativeBio), or NativeEngine.
template <typename Rule, typename Over, typename Role = tlsmode::Client>
using Ruled = typename RuledAs<Rule, Over, Role>::Type;

template <typename... Lists>
using Join = decltype(std::tuple_cat(std::declval<Lists>()...));

/// Both engines where the rule has both: kernel TLS does not bear a buffer that moves.
template <typename Rule>
using InPlaceBy = std::tuple<Ruled<Rule, WireTransport>, Ruled<Rule, tlsmode::NativeBio>, Ruled<Rule, NativeEngine>>;
template <typename Rule>
using MovingBy = std::tuple<Ruled<Rule, WireTransport>, Ruled<Rule, tlsmode::NativeBio>>;

using InPlaceSubjects = Join<InPlaceBy<tlsmode::StrictWrites>, InPlaceBy<tlsmode::PartialWrites>>;
using MovingSubjects = Join<MovingBy<tlsmode::MovingWrites>, MovingBy<tlsmode::PartialMovingWrites>>;
using WholeSubjects = Join<InPlaceBy<tlsmode::StrictWrites>, MovingBy<tlsmode::MovingWrites>>;
using PartialSubjects = Join<InPlaceBy<tlsmode::PartialWrites>, MovingBy<tlsmode::PartialMovingWrites>>;
using BufferedSubjects = InPlaceBy<tlsmode::BufferedWrites>;
/// The four rules of the manual.
using ManualSubjects = Join<InPlaceSubjects, MovingSubjects>;
/// All five rules.
using AllSubjects = Join<ManualSubjects, BufferedSubjects>;

inline constexpr tlsmode::WriteResult wants_to_write{tlsmode::IoStatus::want_write, 0};
inline constexpr tlsmode::WriteResult is_pending{tlsmode::IoStatus::write_pending, 0};
[[nodiscard]] constexpr tlsmode::WriteResult wrote(std::size_t bytes) { return {tlsmode::IoStatus::done, bytes}; }
inline constexpr tlsmode::ReadResult nothing_to_read{tlsmode::IoStatus::want_read, 0};

/// Retries with `bytes`, which are those of the pending write: by rules that know where they are, without naming them.
template <typename Connection>
[[nodiscard]] tlsmode::WriteResult retry_with(Connection& connection, std::string_view bytes) {
  if constexpr (requires { connection.retry(bytes); }) {
    return connection.retry(bytes);
  } else if constexpr (requires { connection.retry(); }) {
    return connection.retry();
  } else {
    return connection.write(bytes);
  }
}

/// Where two streams differ, in words that fit a line; empty if they do not.
[[nodiscard]] inline std::string difference(std::string_view got, std::string_view expected) {
  if (got == expected) return {};
  const auto [at, other] = std::mismatch(got.begin(), got.end(), expected.begin(), expected.end());
  return "differ at byte " + std::to_string(at - got.begin()) + ": got " + std::to_string(got.size()) +
         " bytes, expected " + std::to_string(expected.size());
}

/// A version of TLS, as a generator: every test that asks runs once with each.
[[nodiscard]] inline int any_version() { return GENERATE(TLS1_2_VERSION, TLS1_3_VERSION); }

/// The peer renews its keys, and asks the connection to do the same. TLS 1.3.
inline void request_key_update(::SSL* peer) {
  REQUIRE(::SSL_key_update(peer, SSL_KEY_UPDATE_REQUESTED) == 1);
  REQUIRE(call(peer, [peer] { return ::SSL_do_handshake(peer); }).result == 1);
}

/// The peer, a server, asks for a renegotiation. TLS 1.2.
inline void request_renegotiation(::SSL* server) {
  REQUIRE(::SSL_renegotiate(server) == 1);
  REQUIRE(call(server, [server] { return ::SSL_do_handshake(server); }).result == 1);
}

}  // namespace tlsmode_tests

#endif
