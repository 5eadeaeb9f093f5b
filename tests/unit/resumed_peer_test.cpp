// SPDX-License-Identifier: MIT
// A resumed handshake verifies nobody: whose session it is must be whom the policy, the trust and the name accept.
#include <tlsmode/engine/resumed_peer.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <tlsmode/kernel_tls.hpp>
#include <tlsmode/tlsmode.hpp>

#include "support/catch.hpp"
#include "support/raw_pair.hpp"
#include "support/thrown.hpp"
#include "support/tls_pair.hpp"

using namespace tlsmode;
using namespace tlsmode_tests;

namespace {

using Ticket = std::unique_ptr<::SSL_SESSION, FreeWith<&::SSL_SESSION_free>>;

struct ChainClient : Client {
  static constexpr Verification verification = Verification::insecure_chain_without_name;
};
struct TrustingClient : Client {
  static constexpr Verification verification = Verification::insecure_anyone_can_be_my_peer;
};

int keep(::SSL* ssl, ::SSL_SESSION* session) {
  static_cast<std::vector<Ticket>*>(SSL_get_app_data(ssl))->emplace_back(session);
  return 1;
}

/// What a raw client makes of a server: a session, under whatever verification it has.
struct RawVisit {
  int version;
  const Issued* server_shows;
  const Authority* client_trusts;
  bool client_verifies;
  const char* client_expects = "server.example";
};

/// A server that resumes, and a raw client that has its session.
class Visited {
 public:
  explicit Visited(const RawVisit& visit) : pair_{options_of(visit)} {
    std::vector<Ticket> tickets;
    SSL_set_app_data(pair_.client(), &tickets);
    REQUIRE(pair_.handshake());
    std::string nothing;
    read_all(pair_.client(), nothing);  // tickets
    if (tickets.empty()) tickets.emplace_back(::SSL_get1_session(pair_.client()));
    session = std::move(tickets.front());
    ::SSL_set_shutdown(pair_.client(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    ::SSL_set_shutdown(pair_.server(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  }

  /// A raw client of the same context, or of `other`, that is about to resume.
  [[nodiscard]] ::SSL* returning(::SSL_CTX* other = nullptr) const {
    ::SSL* const ssl = ::SSL_new(other != nullptr ? other : pair_.client_context());
    REQUIRE(::SSL_set_session(ssl, session.get()) == 1);
    return ssl;
  }
  [[nodiscard]] ::SSL* server() const { return ::SSL_new(pair_.server_context()); }

  Ticket session;

 private:
  static PairOptions options_of(const RawVisit& visit) {
    return {.version = visit.version, .tickets = 1, .configure = [visit](::SSL_CTX* client, ::SSL_CTX* server) {
              ::SSL_CTX_use_cert_and_key(server, visit.server_shows->certificate(), visit.server_shows->key(), nullptr,
                                         1);
              ::SSL_CTX_set_verify(client, visit.client_verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
              ::X509_STORE* const store = ::X509_STORE_new();
              ::X509_STORE_add_cert(store, visit.client_trusts->certificate());
              ::SSL_CTX_set_cert_store(client, store);
              ::X509_VERIFY_PARAM_set1_host(::SSL_CTX_get0_param(client), visit.client_expects, 0);
              SSL_CTX_set_session_cache_mode(client, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
              ::SSL_CTX_sess_set_new_cb(client, &keep);
            }};
  }

  RawPair pair_;
};

/// A client that has adopted `raw`, against a server that resumes.
template <typename Policy>
struct Return {
  template <typename... Name>
  explicit Return(const Visited& visited, ::SSL* raw, const Name&... name)
      : client{raw, WireEnd::client(wire), name...}, server{visited.server(), WireEnd::server(wire)} {}
  Wire wire;
  Connection<Policy, WireEnd> client;
  Connection<Server, WireEnd> server;
};

}  // namespace

TEST_CASE("an adopted SSL that resumes a session made without verification is not connected to anybody it names") {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const Issued stranger = Authority{"strange root"}.issue();
  const Visited visited{{version, &stranger, &default_authority(), false}};
  Return<Client> again{visited, visited.returning(), PeerName{"server.example"}};
  CHECK(shake_hands(again.client, again.server).client == IoStatus::failed);
  CHECK(::SSL_session_reused(again.client.native_handle()) == 1);
  CHECK(again.client.error().kind() == ErrorKind::verification);
  CHECK(again.client.error().verify_result() == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
  CHECK(says(again.client.error(),
             "handshake: the resumed session is not of a peer that is accepted as \"server.example\""));
  char room[8];
  CHECK(again.client.read(room).status == IoStatus::failed);
  CHECK(again.client.write(std::string_view{"secret"}).status == IoStatus::failed);
}

TEST_CASE("an adopted SSL that resumes a session with another host is not connected to the one it names") {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const bool verified = GENERATE(true, false);
  const Visited visited{{version, &default_server(), &default_authority(), verified}};
  Return<Client> again{visited, visited.returning(), PeerName{"bank.example"}};
  CHECK(shake_hands(again.client, again.server).client == IoStatus::failed);
  CHECK(again.client.error().verify_result() == X509_V_ERR_HOSTNAME_MISMATCH);
  CHECK(again.client.handshake() == IoStatus::failed);
}

TEST_CASE("a session that was verified by another trust is verified again, by this one") {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const Visited visited{{version, &default_server(), &default_authority(), true}};
  const Authority other{"another root"};
  const Context<Client> context{trust_in(other)};
  ::SSL* const raw = visited.returning(context.native_handle());
  REQUIRE(::SSL_set_session_id_context(raw, nullptr, 0) == 1);  // OpenSSL itself refuses where it differs
  Return<Client> again{visited, raw, PeerName{"server.example"}};
  CHECK(shake_hands(again.client, again.server).client == IoStatus::failed);
  CHECK(again.client.error().kind() == ErrorKind::verification);
}

TEST_CASE("a session of the right peer is resumed, and its verify result is the truth") {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const bool verified = GENERATE(true, false);
  const char* const expected = verified ? "server.example" : "other.example";
  const Visited visited{{version, &default_server(), &default_authority(), verified, expected}};
  Return<Client> again{visited, visited.returning(), PeerName{"server.example"}};
  CHECK(shake_hands(again.client, again.server).done());
  CHECK(::SSL_session_reused(again.client.native_handle()) == 1);
  CHECK(::SSL_get_verify_result(again.client.native_handle()) == X509_V_OK);
  CHECK(carry(again.client, again.server, "request") == "request");

  if (verified) {
    Return<ChainClient> anybody{visited, visited.returning()};
    CHECK(shake_hands(anybody.client, anybody.server).done());
  }
}

TEST_CASE("a policy that verifies nobody resumes what it likes") {
  const Issued stranger = Authority{"strange root"}.issue();
  const Visited visited{{TLS1_3_VERSION, &stranger, &default_authority(), false}};
  Return<TrustingClient> again{visited, visited.returning()};
  CHECK(shake_hands(again.client, again.server).done());
  CHECK(::SSL_session_reused(again.client.native_handle()) == 1);
}

TEST_CASE("a server that requires a certificate refuses a session that has none") {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const Visited visited{{version, &default_server(), &default_authority(), true}};
  ::SSL* const raw_server = visited.server();
  Wire wire;
  Connection<Client, WireEnd> client{visited.returning(), WireEnd::client(wire), PeerName{"server.example"}};
  ::SSL_set_verify(raw_server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  const unsigned char name[] = "one";
  ::SSL_set_session_id_context(raw_server, name, 0);
  Connection<Server, WireEnd> server{raw_server, WireEnd::server(wire)};
  CHECK(shake_hands(client, server).server == IoStatus::failed);
}
