// SPDX-License-Identifier: MIT
// Botan, over blocking sockets. Botan 2 has no TLS 1.3: there it speaks 1.2 with ECDHE and the same AES-128-GCM.
#include <botan/auto_rng.h>
#include <botan/certstor.h>
#include <botan/credentials_manager.h>
#include <botan/data_src.h>
#include <botan/pkcs8.h>
#include <botan/tls_callbacks.h>
#include <botan/tls_client.h>
#include <botan/tls_policy.h>
#include <botan/tls_server.h>
#include <botan/tls_session_manager.h>
#include <botan/version.h>
#include <botan/x509cert.h>
#include <sys/socket.h>
#include <unistd.h>

#if BOTAN_VERSION_MAJOR >= 3
#include <botan/tls_session_manager_memory.h>
#include <botan/tls_session_manager_noop.h>
#endif

#include "../support/blocking_peer.hpp"

namespace bench {
namespace {

namespace tls = Botan::TLS;

class Policy final : public tls::Policy {
 public:
  std::vector<std::string> allowed_ciphers() const override { return {"AES-128/GCM"}; }
  bool require_cert_revocation_info() const override { return false; }
#if BOTAN_VERSION_MAJOR >= 3
  bool allow_tls12() const override { return false; }
  bool allow_tls13() const override { return true; }
  std::vector<std::uint16_t> ciphersuite_list(tls::Protocol_Version) const override { return {0x1301}; }
#endif
};

class Credentials final : public Botan::Credentials_Manager {
 public:
  explicit Credentials(const Setup& setup) : certificate_(read_certificate(setup)), store_(certificate_) {
    Botan::DataSource_Memory source(setup.identity.key_pem);
#if BOTAN_VERSION_MAJOR >= 3
    key_ = Botan::PKCS8::load_key(source);
#else
    key_.reset(Botan::PKCS8::load_key(source, random_));
#endif
  }

  std::vector<Botan::Certificate_Store*> trusted_certificate_authorities(const std::string&,
                                                                         const std::string&) override {
    return {&store_};
  }

#if BOTAN_VERSION_MAJOR >= 3
  std::vector<Botan::X509_Certificate> cert_chain(const std::vector<std::string>&,
                                                  const std::vector<Botan::AlgorithmIdentifier>&, const std::string&,
                                                  const std::string&) override {
    return {certificate_};
  }
  std::shared_ptr<Botan::Private_Key> private_key_for(const Botan::X509_Certificate&, const std::string&,
                                                      const std::string&) override {
    return key_;
  }
#else
  std::vector<Botan::X509_Certificate> cert_chain(const std::vector<std::string>&, const std::string&,
                                                  const std::string&) override {
    return {certificate_};
  }
  Botan::Private_Key* private_key_for(const Botan::X509_Certificate&, const std::string&, const std::string&) override {
    return key_.get();
  }
#endif

 private:
  static Botan::X509_Certificate read_certificate(const Setup& setup) {
    Botan::DataSource_Memory source(setup.identity.certificate_pem);
    return Botan::X509_Certificate(source);
  }

  Botan::AutoSeeded_RNG random_;
  Botan::X509_Certificate certificate_;
  Botan::Certificate_Store_In_Memory store_;
  std::shared_ptr<Botan::Private_Key> key_;
};

struct Shared {
  explicit Shared(const Setup& setup)
      : side(setup.side),
        resume(setup.resume),
        random(std::make_shared<Botan::AutoSeeded_RNG>()),
        credentials(std::make_shared<Credentials>(setup)),
        sessions(std::make_shared<tls::Session_Manager_In_Memory>(
#if BOTAN_VERSION_MAJOR >= 3
            random
#else
            *random
#endif
            )),
        no_sessions(std::make_shared<tls::Session_Manager_Noop>()),
        policy(std::make_shared<Policy>()) {
  }

  std::shared_ptr<tls::Session_Manager> manager() const {
    if (resume) return sessions;
    return no_sessions;
  }

  Side side;
  bool resume;
  std::shared_ptr<Botan::AutoSeeded_RNG> random;
  std::shared_ptr<Credentials> credentials;
  std::shared_ptr<tls::Session_Manager> sessions;
  std::shared_ptr<tls::Session_Manager> no_sessions;
  std::shared_ptr<Policy> policy;
};

#if BOTAN_VERSION_MAJOR >= 3
using Responses = std::vector<std::optional<Botan::OCSP::Response>>;
#else
using Responses = std::vector<std::shared_ptr<const Botan::OCSP::Response>>;
#endif

class Callbacks final : public tls::Callbacks {
 public:
  explicit Callbacks(int descriptor) : descriptor_(descriptor) {}

  // Botan builds no path to a self-signed certificate of the server itself, so that one is compared with the trusted one.
  void tls_verify_cert_chain(const std::vector<Botan::X509_Certificate>& chain, const Responses&,
                             const std::vector<Botan::Certificate_Store*>& trusted,
#if BOTAN_VERSION_MAJOR >= 3
                             Botan::Usage_Type, std::string_view name,
#else
                             Botan::Usage_Type, const std::string& name,
#endif
                             const tls::Policy&) override {
    require(trusted.at(0)->certificate_known(chain.at(0)) && chain[0].matches_dns_name(std::string(name)),
            "Botan: not the trusted server");
    verified = true;
  }

#if BOTAN_VERSION_MAJOR >= 3
  void tls_emit_data(std::span<const std::uint8_t> bytes) override { send(bytes.data(), bytes.size()); }
  void tls_record_received(std::uint64_t, std::span<const std::uint8_t> bytes) override {
    inbox.insert(inbox.end(), bytes.begin(), bytes.end());
  }
  void tls_session_established(const tls::Session_Summary& session) override {
    protocol = session.version().to_string();
    cipher = session.ciphersuite().to_string();
  }
#else
  void tls_emit_data(const std::uint8_t bytes[], std::size_t size) override { send(bytes, size); }
  void tls_record_received(std::uint64_t, const std::uint8_t bytes[], std::size_t size) override {
    inbox.insert(inbox.end(), bytes, bytes + size);
  }
  bool tls_session_established(const tls::Session& session) override {
    protocol = session.version().to_string();
    cipher = session.ciphersuite().to_string();
    return true;
  }
#endif
  void tls_session_activated() override { active = true; }
  void tls_alert(tls::Alert) override {}

  std::vector<std::uint8_t> inbox;
  std::size_t taken = 0;
  std::string protocol;
  std::string cipher;
  bool active = false;    // it was, even if the peer's goodbye came in the same breath
  bool verified = false;  // a certificate came: the handshake was a full one

 private:
  void send(const std::uint8_t* bytes, std::size_t size) {
    while (size != 0) {
      const ssize_t count = ::send(descriptor_, bytes, size, MSG_NOSIGNAL);
      require(count > 0, "send");
      bytes += count, size -= static_cast<std::size_t>(count);
    }
  }

  int descriptor_;
};

class Session {
 public:
  Session(Shared& shared, int descriptor)
      : shared_(shared),
        descriptor_(descriptor),
        callbacks_(std::make_shared<Callbacks>(descriptor)),
        channel_(make_channel()) {
    while (!callbacks_->active) receive();
  }
  ~Session() { ::close(descriptor_); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void write(std::span<const std::byte> bytes) {
#if BOTAN_VERSION_MAJOR >= 3
    channel_->send(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
#else
    channel_->send(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
#endif
  }

  std::size_t read(std::span<std::byte> bytes) {
    Callbacks& callbacks = *callbacks_;
    while (callbacks.inbox.empty()) receive();
    const std::size_t count = std::min(bytes.size(), callbacks.inbox.size() - callbacks.taken);
    std::memcpy(bytes.data(), callbacks.inbox.data() + callbacks.taken, count);
    callbacks.taken += count;
    if (callbacks.taken == callbacks.inbox.size()) callbacks.inbox.clear(), callbacks.taken = 0;
    return count;
  }

  void flush() {}
  void close() { channel_->close(); }

  Facts facts() {
    return {Botan::version_string().substr(0, 12), callbacks_->protocol, callbacks_->cipher, !callbacks_->verified};
  }

 private:
  std::unique_ptr<tls::Channel> make_channel() {
    const tls::Server_Information server(server_name);
#if BOTAN_VERSION_MAJOR >= 3
    if (shared_.side == Side::server) {
      return std::make_unique<tls::Server>(callbacks_, shared_.manager(), shared_.credentials, shared_.policy,
                                           shared_.random);
    }
    return std::make_unique<tls::Client>(callbacks_, shared_.manager(), shared_.credentials, shared_.policy,
                                         shared_.random, server, tls::Protocol_Version::TLS_V13);
#else
    if (shared_.side == Side::server) {
      return std::make_unique<tls::Server>(*callbacks_, *shared_.manager(), *shared_.credentials, *shared_.policy,
                                           *shared_.random);
    }
    return std::make_unique<tls::Client>(*callbacks_, *shared_.manager(), *shared_.credentials, *shared_.policy,
                                         *shared_.random, server, tls::Protocol_Version::TLS_V12);
#endif
  }

  void receive() {
    std::uint8_t bytes[16384 + 512];
    const ssize_t count = ::recv(descriptor_, bytes, sizeof bytes, 0);
    require(count > 0, "recv");
    channel_->received_data(bytes, static_cast<std::size_t>(count));
  }

  Shared& shared_;
  int descriptor_;
  std::shared_ptr<Callbacks> callbacks_;
  std::unique_ptr<tls::Channel> channel_;
};

}  // namespace

const char* const peer_name = "botan";
std::unique_ptr<Peer> make_peer(const Setup& setup) { return std::make_unique<BlockingPeer<Shared, Session>>(setup); }

}  // namespace bench
