// SPDX-License-Identifier: MIT
// tlsmode over a blocking Socket, with the write rule as the only difference between the two peers.
#ifndef TLSMODE_BENCH_PEERS_TLSMODE_SESSION_HPP
#define TLSMODE_BENCH_PEERS_TLSMODE_SESSION_HPP

#include <tlsmode/tlsmode.hpp>

#include "../support/openssl_side.hpp"

namespace bench {

template <class WriteRule>
struct TlsmodeClient : tlsmode::Client {
  using Writes = WriteRule;
  static constexpr tlsmode::Version min_version = tlsmode::Version::tls1_3;
};

template <class WriteRule>
struct TlsmodeServer : tlsmode::Server {
  using Writes = WriteRule;
  static constexpr tlsmode::Version min_version = tlsmode::Version::tls1_3;
};

template <class Policy>
inline constexpr bool is_client = Policy::role == tlsmode::Role::client;

template <class Policy>
class TlsmodeSide {
 public:
  explicit TlsmodeSide(const Setup& setup) : context_(make_context(setup)), sessions_(setup) {
    context_.set_cipher_suites(cipher_suite);
    sessions_.keep_those_of(context_.native_handle());
  }

  [[nodiscard]] tlsmode::Connection<Policy> connection(int descriptor) const {
    if constexpr (is_client<Policy>) {
      tlsmode::Connection connection{context_, tlsmode::Socket{descriptor}, tlsmode::PeerName{server_name}};
      sessions_.offer_to(connection.native_handle());
      return connection;
    } else {
      return tlsmode::Connection{context_, tlsmode::Socket{descriptor}};
    }
  }

 private:
  static tlsmode::Context<Policy> make_context(const Setup& setup) {
    if constexpr (is_client<Policy>) {
      return tlsmode::Context<Policy>{trust_of(setup.identity)};
    } else {
      return tlsmode::Context<Policy>{
          tlsmode::Identity::from_pem(setup.identity.certificate_pem, setup.identity.key_pem)};
    }
  }

  static tlsmode::Trust trust_of(const Identity& identity) {
    if (!identity.in_a_chain) return tlsmode::Trust::pem(identity.root_pem);
    tlsmode::Trust trust = tlsmode::Trust::system();
    add_root(trust.store(), identity);
    return trust;
  }

  tlsmode::Context<Policy> context_;
  OpenSslSessions sessions_;
};

template <class Policy>
class TlsmodeSession {
 public:
  TlsmodeSession(TlsmodeSide<Policy>& side, int descriptor) : connection_(side.connection(descriptor)) {
    done(connection_.handshake(), "handshake");
  }

  void write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const auto result = connection_.write(bytes);
      done(result.status, "write");
      bytes = bytes.subspan(result.bytes);
    }
  }

  std::size_t read(std::span<std::byte> bytes) {
    for (;;) {
      const auto result = connection_.read(bytes);
      if (result.status == tlsmode::IoStatus::done) return result.bytes;
      if (result.status != tlsmode::IoStatus::want_read) done(result.status, "read");
    }
  }

  void flush() { done(connection_.flush(), "flush"); }
  void close() { static_cast<void>(connection_.shutdown()); }  // the peer may have hung up already
  Facts facts() { return openssl_facts(connection_.native_handle()); }

 private:
  void done(tlsmode::IoStatus status, const char* what) {
    if (status == tlsmode::IoStatus::done) return;
    std::fprintf(stderr, "%s\n", connection_.error().what());
    fail(what);
  }

  tlsmode::Connection<Policy> connection_;
};

/// The peer's two ends, chosen at run time.
template <class WriteRule, template <class, class> class Driver, template <class> class Session = TlsmodeSession>
std::unique_ptr<Peer> make_tlsmode_peer(const Setup& setup) {
  using ForClient = TlsmodeClient<WriteRule>;
  using ForServer = TlsmodeServer<WriteRule>;
  if (setup.side == Side::client) return std::make_unique<Driver<TlsmodeSide<ForClient>, Session<ForClient>>>(setup);
  return std::make_unique<Driver<TlsmodeSide<ForServer>, Session<ForServer>>>(setup);
}

}  // namespace bench

#endif
