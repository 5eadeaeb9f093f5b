// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_PROOF_WORLD_HPP
#define TLSMODE_TESTS_PROOF_WORLD_HPP

// A connection under test, a raw peer, the wire between them, and a model of what the peer has to get.

#include <array>
#include <cstddef>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <tlsmode/tlsmode.hpp>

#include "proof/explorer.hpp"
#include "proof/scripted_wire.hpp"
#include "support/raw_pair.hpp"
#include "support/tls_pair.hpp"

namespace tlsmode_tests {

inline void require(bool holds, const char* promise) {
  if (!holds) throw std::runtime_error{promise};
}

/// What all schedules together did.
struct Totals {
  unsigned long long schedules = 0;
  unsigned long long calls = 0;  // of the connection
  unsigned long long sends = 0;  // of the transport
  unsigned long long bytes = 0;  // that the peer has read
};

template <tlsmode::PolicyType Policy, tlsmode::TransportType Transport>
class World {
 public:
  using Connection = tlsmode::Connection<Policy, Transport>;
  static constexpr bool is_client = Policy::role == tlsmode::Role::client;
  static constexpr bool is_native = tlsmode::NativeTransport<Transport>;
  static constexpr bool buffered = tlsmode::BuffersWrites<Policy>;
  static constexpr bool moving = tlsmode::AllowsMovedBuffer<Policy>;
  static constexpr bool partial = tlsmode::AllowsPartialWrite<Policy>;

  explicit World(int version, Totals& all) : totals{all} {
    peer_context_.reset(::SSL_CTX_new(is_client ? ::TLS_server_method() : ::TLS_client_method()));
    SSL_CTX_set_min_proto_version(peer_context_.get(), version);
    SSL_CTX_set_max_proto_version(peer_context_.get(), version);
    ::SSL_CTX_set_num_tickets(peer_context_.get(), 1);
    if constexpr (is_client) {
      ::SSL_CTX_use_certificate(peer_context_.get(), default_server().certificate());
      ::SSL_CTX_use_PrivateKey(peer_context_.get(), default_server().key());
    }
    peer_.reset(::SSL_new(peer_context_.get()));
    ::BIO* const peer_bio = new_scripted_bio(peer_end_);
    ::SSL_set_bio(peer(), peer_bio, peer_bio);
    is_client ? ::SSL_set_accept_state(peer()) : ::SSL_set_connect_state(peer());
    if constexpr (is_native) {
      ::BIO* const bio = new_scripted_bio(own_end_);
      connection.emplace(context(), tlsmode::NativeBio{bio, bio});
    } else {
      connection.emplace(context(), own_end_);
    }
    for (int round = 0; round != 10; ++round) {
      const bool done = connection->handshake() == tlsmode::IoStatus::done;
      if (::SSL_do_handshake(peer()) == 1 && done) break;
    }
    ::ERR_clear_error();
    require(::SSL_is_init_finished(peer()) == 1, "the handshake succeeds");
    listen();
    static_cast<void>(hear());
  }

  [[nodiscard]] ::SSL* peer() const noexcept { return peer_.get(); }

  /// Calls the connection, and checks what has to hold after every call.
  template <typename Call>
  auto call(Call what) {
    const std::size_t sends = outgoing.calls;
    const std::size_t sent = outgoing.sent;
    const auto result = what(*connection);
    ++totals.calls;
    require(::ERR_peek_error() == 0, "the error queue is empty after every call");
    for (const tlsmode::QueueEntry& entry : connection->error().queue()) {
      require(ERR_GET_REASON(entry.code) != SSL_R_BAD_WRITE_RETRY, "BAD_WRITE_RETRY never appears");
      require(ERR_GET_REASON(entry.code) != SSL_R_BAD_LENGTH, "BAD_LENGTH never appears");
    }
    const std::size_t records = (outgoing.sent - sent) / 64 + 1;
    require(outgoing.calls - sends <= records + 24, "a call makes a bounded number of transport calls");
    return result;
  }

  /// `bytes` are promised to the peer.
  void accept(std::string_view bytes) { expected += bytes; }

  /// Lets the peer read what has come, and compares it with what was promised, or is committed of a pending write.
  void listen() {
    char buffer[16384];
    std::size_t got = 0;
    while (::SSL_read_ex(peer(), buffer, sizeof buffer, &got) == 1) received.append(buffer, got);
    const int error = ::SSL_get_error(peer(), 0);
    peer_closed = error == SSL_ERROR_ZERO_RETURN;
    if (error != SSL_ERROR_WANT_READ && !peer_closed) peer_failed = true;
    ::ERR_clear_error();
    const tlsmode::PendingWrite pending = connection->pending_write();
    const std::size_t known = expected.size() < received.size() ? expected.size() : received.size();
    const bool is_prefix = std::string_view{received}.substr(0, known) == std::string_view{expected}.substr(0, known);
    require(is_prefix, "the peer reads what was accepted, in order, once");
    if (received.size() > expected.size()) {
      const std::size_t more = received.size() - expected.size();
      require(more <= pending.committed, "beyond that the peer reads only what is committed");
      require(std::string_view{received}.substr(known) == pending_bytes.substr(0, more),
              "what is committed is what was written");
    }
  }

  /// Lets the connection read what has come. Returns: how that ended.
  tlsmode::IoStatus hear() {
    char buffer[16384];
    while (true) {
      const tlsmode::ReadResult result = call([&](Connection& c) { return c.read(buffer); });
      heard.append(buffer, result.bytes);
      require(std::string_view{said}.starts_with(heard), "the connection reads what the peer has said");
      if (result.status == tlsmode::IoStatus::want_read) {
        require(incoming.empty() && !connection->has_input(), "no readable byte is left when reading wants more");
      }
      if (result.status != tlsmode::IoStatus::done) return result.status;
    }
  }

  /// The peer says something.
  void say(std::string_view text) {
    std::size_t put = 0;
    if (::SSL_write_ex(peer(), text.data(), text.size(), &put) == 1) said += text;
    ::ERR_clear_error();
  }

  void ask_for_new_keys() {
    ::SSL_key_update(peer(), SSL_KEY_UPDATE_REQUESTED);
    ::SSL_do_handshake(peer());
    ::ERR_clear_error();
  }

  void ask_for_renegotiation() {
    ::SSL_renegotiate(peer());
    ::SSL_do_handshake(peer());
    ::ERR_clear_error();
  }

  /// `size` bytes that no other message of this run has, in a place that stays. They may be edited.
  [[nodiscard]] std::span<char> message(std::size_t size) {
    static std::string pool = pattern(std::size_t{1} << 20U);
    offset_ = (offset_ + 70'001) % (pool.size() - 200'000);
    return std::span{pool}.subspan(offset_, size);
  }

  /// Forgets what has been said, so that a long-lived pair begins again.
  void forget() {
    totals.bytes += received.size();
    totals.sends += outgoing.calls;
    outgoing.calls = 0;
    expected.clear();
    received.clear();
    said.clear();
    heard.clear();
  }

  Totals& totals;
  ScriptedLane outgoing;  // from the connection to the peer
  ScriptedLane incoming;
  std::optional<Connection> connection;
  std::string expected;            // what the peer has to read
  std::string received;            // what it has read
  std::string_view pending_bytes;  // those of the pending write
  std::string said;                // by the peer
  std::string heard;               // by the connection
  bool peer_closed = false;
  bool peer_failed = false;

 private:
  [[nodiscard]] static const tlsmode::Context<Policy>& context() {
    static const tlsmode::Context<Policy> made = [] {
      if constexpr (is_client) {
        return tlsmode::Context<Policy>{};
      } else {
        return tlsmode::Context<Policy>{identity_of(default_server())};
      }
    }();
    return made;
  }

  ScriptedEnd own_end_{incoming, outgoing};
  ScriptedEnd peer_end_{outgoing, incoming};
  ContextHandle peer_context_;
  SslHandle peer_;
  std::size_t offset_ = 0;
};

}  // namespace tlsmode_tests

#endif
