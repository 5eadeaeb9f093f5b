// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_SUPPORT_TLS_PAIR_HPP
#define TLSMODE_TESTS_SUPPORT_TLS_PAIR_HPP

// A client and a server Connection of any policies, in one thread, over a scripted Wire; and what tests do with them.

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include <openssl/ssl.h>

#include <tlsmode/tlsmode.hpp>

#include "support/certificates.hpp"
#include "support/wire.hpp"

namespace tlsmode_tests {

/// A policy with another write rule: WithRule<tlsmode::Client, tlsmode::MovingWrites>.
template <typename Policy, tlsmode::WriteRule Rule>
struct WithRule : Policy {
  using Writes = Rule;
};

/// A policy that speaks one version only: AtVersion<tlsmode::Client, tlsmode::Version::tls1_2>.
template <typename Policy, tlsmode::Version version>
struct AtVersion : Policy {
  static constexpr tlsmode::Version min_version = version;
  static constexpr tlsmode::Version max_version = version;
};

[[nodiscard]] inline tlsmode::Identity identity_of(const Issued& issued) {
  return tlsmode::Identity::from_pem(issued.chain_pem(), issued.key_pem());
}
[[nodiscard]] inline tlsmode::Trust trust_in(const Authority& authority) {
  return tlsmode::Trust::pem(authority.pem());
}

/// Who shows what to whom. The defaults: a server that "server.example" verifies, and a client that shows nothing.
struct TlsPairOptions {
  std::string_view peer = "server.example";  // whom the client expects; unused if its policy verifies no name
  const Issued* server_shows = &default_server();
  const Authority* client_trusts = &default_authority();
  const Issued* client_shows = nullptr;      // null: no certificate
  const Authority* server_trusts = nullptr;  // not null: the server requires a certificate of the client
  std::function<void(::SSL_CTX* client, ::SSL_CTX* server)> configure = nullptr;  // before the connections are made
};

/// A client and a server that have not begun their handshake. Over the wire: wire.to_server, wire.to_client.
template <tlsmode::PolicyType ClientSide = tlsmode::Client, tlsmode::PolicyType ServerSide = tlsmode::Server>
class TlsPair {
 public:
  using ClientConnection = tlsmode::Connection<ClientSide, WireEnd>;
  using ServerConnection = tlsmode::Connection<ServerSide, WireEnd>;

  explicit TlsPair(const TlsPairOptions& options = {})
      : client_context{make_client_context(options)},
        server_context{make_server_context(options)},
        client{(configure(options), make_client(options))},
        server{server_context, WireEnd::server(wire)} {}
  TlsPair(const TlsPair&) = delete;  // the connections point at the wire
  TlsPair& operator=(const TlsPair&) = delete;

  Wire wire;
  tlsmode::Context<ClientSide> client_context;
  tlsmode::Context<ServerSide> server_context;
  ClientConnection client;
  ServerConnection server;

 private:
  static tlsmode::Context<ClientSide> make_client_context(const TlsPairOptions& options) {
    const tlsmode::Trust trust = trust_in(*options.client_trusts);
    return options.client_shows != nullptr ? tlsmode::Context<ClientSide>{trust, identity_of(*options.client_shows)}
                                           : tlsmode::Context<ClientSide>{trust};
  }
  static tlsmode::Context<ServerSide> make_server_context(const TlsPairOptions& options) {
    const tlsmode::Identity identity = identity_of(*options.server_shows);
    return options.server_trusts != nullptr ? tlsmode::Context<ServerSide>{identity, trust_in(*options.server_trusts)}
                                            : tlsmode::Context<ServerSide>{identity};
  }
  void configure(const TlsPairOptions& options) {
    if (options.configure) options.configure(client_context.native_handle(), server_context.native_handle());
  }
  ClientConnection make_client(const TlsPairOptions& options) {
    if constexpr (tlsmode::NamesItsPeer<ClientSide>) {
      return {client_context, WireEnd::client(wire), tlsmode::PeerName{options.peer}};
    } else {
      return {client_context, WireEnd::client(wire)};
    }
  }
};

/// What the handshake() of each side came to in the end.
struct Handshake {
  tlsmode::IoStatus client;
  tlsmode::IoStatus server;
  [[nodiscard]] bool done() const noexcept {
    return client == tlsmode::IoStatus::done && server == tlsmode::IoStatus::done;
  }
};

/// Drives both sides until each is done, has failed, or waits in vain.
template <typename ClientConnection, typename ServerConnection>
[[nodiscard]] Handshake shake_hands(ClientConnection& client, ServerConnection& server) {
  Handshake result{tlsmode::IoStatus::want_read, tlsmode::IoStatus::want_read};
  const auto waits = [](tlsmode::IoStatus status) {
    return status == tlsmode::IoStatus::want_read || status == tlsmode::IoStatus::want_write;
  };
  for (int round = 0; round != 20; ++round) {  // a handshake takes four flights at most
    if (waits(result.client)) result.client = client.handshake();
    if (waits(result.server)) result.server = server.handshake();
  }
  return result;
}
template <typename Pair>
[[nodiscard]] Handshake shake_hands(Pair& pair) {
  return shake_hands(pair.client, pair.server);
}

/// What came out of a connection, and what the last read said.
struct Heard {
  std::string text;
  tlsmode::IoStatus end;
};

/// Reads until there is nothing to read now.
template <typename Connection>
[[nodiscard]] Heard hear(Connection& connection) {
  Heard heard{{}, tlsmode::IoStatus::done};
  char buffer[16384];
  while (true) {
    const tlsmode::ReadResult result = connection.read(std::span{buffer});
    heard.end = result.status;
    if (result.status != tlsmode::IoStatus::done) return heard;
    heard.text.append(buffer, result.bytes);
  }
}

/// Writes `text` as a caller should by the rule of the connection's policy, `make_way` being called at each block: it
/// has to move the wire on, for instance by hearing the other side. Returns: done, or what went wrong.
template <tlsmode::PolicyType Policy, tlsmode::TransportType Transport, typename MakeWay>
[[nodiscard]] tlsmode::IoStatus say(tlsmode::Connection<Policy, Transport>& connection, std::string_view text,
                                    MakeWay make_way) {
  using tlsmode::IoStatus;
  const auto waits = [](IoStatus status) { return status == IoStatus::want_read || status == IoStatus::want_write; };
  for (int blocks = 0; blocks != 10'000;) {
    if (text.empty()) {
      const IoStatus flushed = connection.flush();
      if (!waits(flushed)) return flushed;
      make_way();
      ++blocks;
      continue;
    }
    tlsmode::WriteResult result = connection.write(text);
    while (waits(result.status) && blocks++ != 10'000) {
      make_way();
      if constexpr (tlsmode::BuffersWrites<Policy>) {
        result = connection.write(text);
      } else if constexpr (tlsmode::AllowsMovedBuffer<Policy>) {
        result = connection.retry(text);
      } else {
        result = connection.retry();
      }
    }
    if (result.status != IoStatus::done) return result.status;
    text.remove_prefix(result.bytes);
  }
  return IoStatus::want_write;  // the wire does not move
}

/// Says `text` at one side and hears it at the other. Returns: what arrived.
template <typename From, typename To>
[[nodiscard]] std::string carry(From& from, To& to, std::string_view text) {
  std::string arrived;
  const auto listen = [&] { arrived += hear(to).text; };
  const tlsmode::IoStatus said = say(from, text, listen);
  listen();
  return said == tlsmode::IoStatus::done ? arrived : arrived + " … " + std::string{name(said)};
}

/// `size` bytes of which no two neighbouring records are alike.
[[nodiscard]] inline std::string pattern(std::size_t size, unsigned seed = 1) {
  std::string text(size, '\0');
  unsigned state = seed;
  for (char& byte : text) {
    state = state * 1103515245U + 12345U;
    byte = static_cast<char>(state >> 16U);
  }
  return text;
}

}  // namespace tlsmode_tests

#endif
