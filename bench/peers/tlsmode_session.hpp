// SPDX-License-Identifier: MIT
// tlsmode over a blocking Socket, with the write rule, or release_buffers, as the only difference between its peers.
#ifndef TLSMODE_BENCH_PEERS_TLSMODE_SESSION_HPP
#define TLSMODE_BENCH_PEERS_TLSMODE_SESSION_HPP

#include <tlsmode/tlsmode.hpp>

#include "../support/openssl_side.hpp"

namespace bench {

template <bool releases>
consteval tlsmode::ModeSet with_released_buffers(tlsmode::ModeSet modes) {
  if constexpr (releases) modes = modes | tlsmode::Mode::release_buffers;
  return modes;
}

/// The shipped policies, but for the write rule, TLS 1.3 as all peers speak it, and `releases`: OpenSSL's release_buffers.
template <class WriteRule, bool releases = false>
struct TlsmodeClient : tlsmode::Client {
  using Writes = WriteRule;
  static constexpr tlsmode::ModeSet modes = with_released_buffers<releases>(tlsmode::Client::modes);
  static constexpr tlsmode::Version min_version = tlsmode::Version::tls1_3;
};

template <class WriteRule, bool releases = false>
struct TlsmodeServer : tlsmode::Server {
  using Writes = WriteRule;
  static constexpr tlsmode::ModeSet modes = with_released_buffers<releases>(tlsmode::Server::modes);
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
    for (;;)
      if (const std::size_t count = try_read(bytes); count != 0) return count;
  }
  /// Returns 0 if there is nothing to read.
  std::size_t try_read(std::span<std::byte> bytes) {
    const auto result = connection_.read(bytes);
    if (result.status == tlsmode::IoStatus::done) return result.bytes;
    if (result.status != tlsmode::IoStatus::want_read) done(result.status, "read");
    return 0;
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
template <class WriteRule, template <class, class> class Driver, template <class> class Session = TlsmodeSession,
          bool releases = false>
std::unique_ptr<Peer> make_tlsmode_peer(const Setup& setup) {
  using ForClient = TlsmodeClient<WriteRule, releases>;
  using ForServer = TlsmodeServer<WriteRule, releases>;
  if (setup.side == Side::client) return std::make_unique<Driver<TlsmodeSide<ForClient>, Session<ForClient>>>(setup);
  return std::make_unique<Driver<TlsmodeSide<ForServer>, Session<ForServer>>>(setup);
}

}  // namespace bench

#endif
