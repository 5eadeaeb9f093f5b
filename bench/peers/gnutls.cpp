// SPDX-License-Identifier: MIT
#include <gnutls/gnutls.h>
#include <unistd.h>

#include "../support/blocking_peer.hpp"

namespace bench {
namespace {

int check(int result, const char* what) {
  if (result < 0) std::fprintf(stderr, "%s\n", ::gnutls_strerror(result));
  require(result >= 0, what);
  return result;
}

gnutls_datum_t datum(const std::string& text) {
  return {reinterpret_cast<unsigned char*>(const_cast<char*>(text.data())), static_cast<unsigned>(text.size())};
}

struct Shared {
  explicit Shared(const Setup& setup) : side(setup.side), resume(setup.resume) {
    check(::gnutls_certificate_allocate_credentials(&credentials), "credentials");
    const gnutls_datum_t certificate = datum(setup.identity.certificate_pem);
    const gnutls_datum_t key = datum(setup.identity.key_pem);
    if (side == Side::client) {
      check(::gnutls_certificate_set_x509_trust_mem(credentials, &certificate, GNUTLS_X509_FMT_PEM), "trust");
    } else {
      check(::gnutls_certificate_set_x509_key_mem(credentials, &certificate, &key, GNUTLS_X509_FMT_PEM), "identity");
      check(::gnutls_session_ticket_key_generate(&ticket_key), "ticket key");
    }
    check(::gnutls_priority_init(
              &priority, "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:-GROUP-ALL:+GROUP-X25519", nullptr),
          "priority");
  }
  ~Shared() {
    ::gnutls_free(session.data);
    ::gnutls_free(ticket_key.data);
    ::gnutls_priority_deinit(priority);
    ::gnutls_certificate_free_credentials(credentials);
  }

  Side side;
  bool resume;
  gnutls_certificate_credentials_t credentials = nullptr;
  gnutls_priority_t priority = nullptr;
  gnutls_datum_t ticket_key{};
  gnutls_datum_t session{};  // the client's newest
};

class Session {
 public:
  Session(Shared& shared, int descriptor) : shared_(shared), descriptor_(descriptor) {
    const bool client = shared.side == Side::client;
    check(::gnutls_init(&tls_, client ? GNUTLS_CLIENT : GNUTLS_SERVER), "gnutls_init");
    check(::gnutls_priority_set(tls_, shared.priority), "gnutls_priority_set");
    check(::gnutls_credentials_set(tls_, GNUTLS_CRD_CERTIFICATE, shared.credentials), "gnutls_credentials_set");
    if (client) {
      check(::gnutls_server_name_set(tls_, GNUTLS_NAME_DNS, server_name, std::strlen(server_name)),
            "gnutls_server_name_set");
      ::gnutls_session_set_verify_cert(tls_, server_name, 0);
      if (shared.session.data != nullptr)
        check(::gnutls_session_set_data(tls_, shared.session.data, shared.session.size), "session");
    } else {
      check(::gnutls_session_ticket_enable_server(tls_, &shared.ticket_key), "tickets");
    }
    ::gnutls_transport_set_int(tls_, descriptor);
    for (int result; (result = ::gnutls_handshake(tls_)) < 0;) {
      if (::gnutls_error_is_fatal(result) != 0) check(result, "gnutls_handshake");
    }
  }
  ~Session() {
    ::gnutls_deinit(tls_);
    ::close(descriptor_);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::gnutls_record_send(tls_, bytes.data(), bytes.size());
      check(static_cast<int>(count), "gnutls_record_send");
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
  }

  std::size_t read(std::span<std::byte> bytes) {
    for (;;) {
      const ssize_t count = ::gnutls_record_recv(tls_, bytes.data(), bytes.size());
      if (count > 0) return static_cast<std::size_t>(count);
      require(count != 0, "end of stream");
      if (count != GNUTLS_E_AGAIN && count != GNUTLS_E_INTERRUPTED)
        check(static_cast<int>(count), "gnutls_record_recv");
    }
  }

  void flush() {}

  void close() {
    if (shared_.resume && shared_.side == Side::client) {
      ::gnutls_free(shared_.session.data);
      check(::gnutls_session_get_data2(tls_, &shared_.session), "gnutls_session_get_data2");
    }
    ::gnutls_bye(tls_, GNUTLS_SHUT_WR);
  }

  Facts facts() {
    return {std::string("GnuTLS ") + ::gnutls_check_version(nullptr),
            ::gnutls_protocol_get_name(::gnutls_protocol_get_version(tls_)),
            ::gnutls_cipher_get_name(::gnutls_cipher_get(tls_)), ::gnutls_session_is_resumed(tls_) != 0,
            ::gnutls_group_get_name(::gnutls_group_get(tls_))};
  }

 private:
  Shared& shared_;
  gnutls_session_t tls_ = nullptr;
  int descriptor_;
};

}  // namespace

const char* const peer_name = "gnutls";
std::unique_ptr<Peer> make_peer(const Setup& setup) { return std::make_unique<BlockingPeer<Shared, Session>>(setup); }

}  // namespace bench
