// SPDX-License-Identifier: MIT
// Who may resume a session: a context that trusts, verifies and is the same. The matrix of CVE-2025-23419, and its kin.
#include <tlsmode/detail/trust_digest.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <tlsmode/tlsmode.hpp>

#include "support/catch.hpp"
#include "support/tls_pair.hpp"

using namespace tlsmode;
using namespace tlsmode_tests;

namespace {

using Ticket = std::unique_ptr<::SSL_SESSION, FreeWith<&::SSL_SESSION_free>>;
using Tickets = std::vector<Ticket>;

struct Old : Server {
  static constexpr Version min_version = Version::tls1_1;
};

const Authority& first_ca() {
  static const Authority ca{"first"};
  return ca;
}
const Authority& second_ca() {
  static const Authority ca{"second"};
  return ca;
}
/// A server that both hosts may show, and another one.
const Issued& both_hosts() {
  static const Issued issued = default_authority().issue({.dns_names = {"a.example", "b.example"}});
  return issued;
}
const Issued& both_hosts_again() {
  static const Issued issued = default_authority().issue({.dns_names = {"a.example", "b.example"}});
  return issued;
}
const Issued& first_client() {
  static const Issued issued = first_ca().issue({.common_name = "client", .client_auth = true});
  return issued;
}

Trust trust_both(bool swapped) {
  return Trust::pem(swapped ? second_ca().pem() + first_ca().pem() : first_ca().pem() + second_ca().pem());
}

/// An empty CRL of `ca`, by name; whose key signed it nobody looks at here.
void add_crl(::X509_STORE* store, const Authority& ca) {
  const std::unique_ptr<::X509_CRL, FreeWith<&::X509_CRL_free>> crl{::X509_CRL_new()};
  const std::unique_ptr<::ASN1_TIME, FreeWith<&::ASN1_TIME_free>> now{::X509_gmtime_adj(nullptr, 0)};
  const KeyHandle key{::EVP_EC_gen("P-256")};
  REQUIRE(::X509_CRL_set_issuer_name(crl.get(), ::X509_get_subject_name(ca.certificate())) == 1);
  REQUIRE(::X509_CRL_set1_lastUpdate(crl.get(), now.get()) == 1);
  REQUIRE(::X509_CRL_sign(crl.get(), key.get(), ::EVP_sha256()) > 0);
  REQUIRE(::X509_STORE_add_crl(store, crl.get()) == 1);
}

int keep(::SSL* ssl, ::SSL_SESSION* session) {
  static_cast<Tickets*>(SSL_get_app_data(ssl))->emplace_back(session);
  return 1;
}
void keep_sessions(::SSL_CTX* client) {
  SSL_CTX_set_session_cache_mode(client, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  ::SSL_CTX_sess_set_new_cb(client, &keep);
}

template <typename Policy>
Context<Policy> speaking(int version, Context<Policy> context) {
  REQUIRE(SSL_CTX_set_max_proto_version(context.native_handle(), version) == 1);
  return context;
}
Context<Client> client_of(int version) {
  Context<Client> client =
      speaking(version, Context<Client>{trust_in(default_authority()), identity_of(first_client())});
  keep_sessions(client.native_handle());
  return client;
}
Context<Server> asking(const Issued& shows, const Trust& trust) { return {identity_of(shows), trust}; }

void share_ticket_keys(::SSL_CTX* context) {
  unsigned char keys[80] = {1, 2, 3};
  REQUIRE(SSL_CTX_set_tlsext_ticket_keys(context, keys, sizeof keys) == 1);
}

void spoil_signature(const ::X509* certificate) {
  const ::ASN1_BIT_STRING* signature = nullptr;
  ::X509_get0_signature(&signature, nullptr, certificate);
  signature->data[signature->length - 1] ^= 1;
}

/// What a visit came to.
struct Visit {
  bool client_done = false;
  bool server_done = false;
  bool resumed = false;
  long verified = -1;  // as the client sees it
  Tickets tickets{};
};

template <typename ClientPolicy_, typename ServerPolicy_>
Visit visit(const Context<ClientPolicy_>& from, const Context<ServerPolicy_>& to, const char* host,
            ::SSL_SESSION* ticket = nullptr, const std::function<void(::SSL*)>& prepare = nullptr) {
  Visit result;
  Wire wire;
  Connection<ClientPolicy_, WireEnd> client{from, WireEnd::client(wire), PeerName{host}};
  Connection<ServerPolicy_, WireEnd> server{to, WireEnd::server(wire)};
  SSL_set_app_data(client.native_handle(), &result.tickets);
  if (ticket != nullptr) REQUIRE(::SSL_set_session(client.native_handle(), ticket) == 1);
  if (prepare) prepare(client.native_handle());
  const Handshake shaken = shake_hands(client, server);
  result.client_done = shaken.client == IoStatus::done;
  result.server_done = shaken.server == IoStatus::done;
  result.verified = ::SSL_get_verify_result(client.native_handle());
  result.resumed = shaken.done() && ::SSL_session_reused(server.native_handle()) == 1;
  if (shaken.done()) {
    REQUIRE(carry(server, client, "tickets come before this") == "tickets come before this");
    REQUIRE(client.shutdown() == IoStatus::done);
    REQUIRE(server.shutdown() == IoStatus::done);
  }
  return result;
}

/// "b.example" is served by the context `arg`, chosen as a real server does.
int choose(::SSL* ssl, int*, void* arg) {
  const unsigned char* name = nullptr;
  std::size_t size = 0;
  if (::SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &name, &size) == 1 && size > 5 && name[5] == 'b') {
    ::SSL_set_SSL_CTX(ssl, static_cast<::SSL_CTX*>(arg));
  }
  return SSL_CLIENT_HELLO_SUCCESS;
}

/// Whether `to` resumes what `from` has given.
template <typename From, typename To>
bool resumes(const Context<From>& from, const Context<To>& to, int version = TLS1_3_VERSION) {
  share_ticket_keys(from.native_handle());
  share_ticket_keys(to.native_handle());
  const Context<Client> client = client_of(version);
  const Visit first = visit(client, from, "a.example");
  REQUIRE(first.tickets.size() == 1);
  return visit(client, to, "a.example", first.tickets.front().get()).resumed;
}

}  // namespace

TEST_CASE("two servers of mutual TLS behind one port: a session of the first is not resumed by the second") {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  Context<Server> a = asking(both_hosts(), trust_in(first_ca()));
  share_ticket_keys(a.native_handle());
  const Context<Client> client = client_of(version);
  const auto switch_to = [&](const Context<Server>& b) {
    share_ticket_keys(b.native_handle());
    ::SSL_CTX_set_client_hello_cb(a.native_handle(), &choose, b.native_handle());
    const Visit first = visit(client, a, "a.example");
    REQUIRE(first.server_done);
    REQUIRE(first.tickets.size() == 1);
    return visit(client, a, "b.example", first.tickets.front().get());
  };

  const Context<Server> stranger = asking(both_hosts(), trust_in(second_ca()));  // does not trust this client
  const Visit refused = switch_to(stranger);
  CHECK_FALSE(refused.server_done);
  CHECK_FALSE(refused.resumed);

  const Context<Server> wider = asking(both_hosts(), trust_both(false));  // trusts it, but others, too
  const Visit again = switch_to(wider);
  CHECK(again.server_done);
  CHECK_FALSE(again.resumed);

  const Context<Server> renamed = asking(both_hosts_again(), trust_in(first_ca()));  // is somebody else
  CHECK(switch_to(renamed).server_done);
  CHECK_FALSE(switch_to(renamed).resumed);

  const Context<Server> twin = asking(both_hosts(), trust_in(first_ca()));
  CHECK(switch_to(twin).resumed);
}

TEST_CASE("a context made anew, with its roots in another order, resumes what the first has given") {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  CHECK(resumes(asking(both_hosts(), trust_both(false)), asking(both_hosts(), trust_both(true)), version));
}

TEST_CASE("a server resumes nothing that was given under other CRLs, flags, depth, directory or policy") {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const Context<Server> from = asking(both_hosts(), trust_in(first_ca()));
  SECTION("CRLs") {
    const Trust trust = trust_in(first_ca());
    add_crl(trust.store(), second_ca());
    CHECK_FALSE(resumes(from, asking(both_hosts(), trust), version));
  }
  SECTION("flags") {
    const Trust trust = trust_in(first_ca());
    ::X509_STORE_set_flags(trust.store(), X509_V_FLAG_X509_STRICT);
    CHECK_FALSE(resumes(from, asking(both_hosts(), trust), version));
  }
  SECTION("depth") {
    const Trust trust = trust_in(first_ca());
    ::X509_STORE_set_depth(trust.store(), 3);
    CHECK_FALSE(resumes(from, asking(both_hosts(), trust), version));
  }
  SECTION("directory") {
    const TemporaryDirectory one;
    const TemporaryDirectory other;
    const auto add_first = [](const Trust& trust) {
      REQUIRE(::X509_STORE_add_cert(trust.store(), first_ca().certificate()) == 1);
    };
    const Trust in_one = Trust::directory(one.path());
    const Trust in_one_again = Trust::directory(one.path());
    const Trust in_other = Trust::directory(other.path());
    for (const Trust* const trust : {&in_one, &in_one_again, &in_other}) add_first(*trust);
    CHECK(resumes(asking(both_hosts(), in_one), asking(both_hosts(), in_one_again), version));
    CHECK_FALSE(resumes(asking(both_hosts(), in_one), asking(both_hosts(), in_other), version));
  }
  SECTION("whether clients are asked") {
    CHECK_FALSE(resumes(from, Context<Server>{identity_of(both_hosts())}, version));
  }
  SECTION("policy") {
    CHECK_FALSE(resumes(from, Context<Old>{identity_of(both_hosts()), trust_in(first_ca())}, version));
  }
  SECTION("who made the SSL_CTX") {
    ::SSL_CTX* const raw = from.native_handle();
    ::SSL_CTX_up_ref(raw);
    const Context<Server> twin = asking(both_hosts(), trust_in(first_ca()));
    const Context<Server> adopted{raw};
    CHECK_FALSE(resumes(twin, adopted, version));
  }
}

TEST_CASE("a client offers a session to servers as the context that made it, or fails") {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const Context<Server> server = asking(both_hosts(), trust_in(first_ca()));
  const Context<Client> client = client_of(version);
  const Visit first = visit(client, server, "a.example");
  REQUIRE(first.tickets.size() == 1);
  const auto offers = [&](const Context<Client>& other) {
    const Ticket copy{::SSL_SESSION_dup(first.tickets.front().get())};
    return visit(other, server, "a.example", copy.get());
  };
  CHECK(offers(client_of(version)).resumed);
  const Trust wider = Trust::pem(default_authority().pem() + first_ca().pem());
  const Context<Client> trusts_more = speaking(version, Context<Client>{wider, identity_of(first_client())});
  CHECK_FALSE(offers(trusts_more).client_done);
}

TEST_CASE("a client whose certificate has intermediates resumes: its ticket has no chain to verify again") {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const Issued shows = first_ca().intermediate().issue({.common_name = "client", .client_auth = true});
  const Context<Server> server = asking(both_hosts(), trust_in(first_ca()));
  Context<Client> client = speaking(version, Context<Client>{trust_in(default_authority()), identity_of(shows)});
  keep_sessions(client.native_handle());
  const Visit first = visit(client, server, "a.example");
  REQUIRE(first.tickets.size() == 1);
  CHECK(visit(client, server, "a.example", first.tickets.front().get()).resumed);
}

TEST_CASE("what may have changed since a session was made is looked at when it is resumed") {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const Context<Client> client = client_of(version);
  const Issued own = default_authority().issue({.dns_names = {"a.example", "b.example"}});
  const Context<Server> mortal = asking(own, trust_in(first_ca()));
  const Visit first = visit(client, mortal, "a.example");
  REQUIRE(first.tickets.size() == 1);
  ::SSL_SESSION* const ticket = first.tickets.front().get();
  ::X509* const kept = ::SSL_SESSION_get0_peer(ticket);

  SECTION("nothing has") { CHECK(visit(client, mortal, "a.example", ticket).resumed); }
  SECTION("the certificate is not verified in full, when nothing else asks for it") {
    spoil_signature(kept);
    CHECK(visit(client, mortal, "a.example", ticket).client_done);
  }
  SECTION("the certificate has expired") {
    REQUIRE(::X509_gmtime_adj(::X509_getm_notAfter(kept), -60) != nullptr);
    CHECK_FALSE(visit(client, mortal, "a.example", ticket).client_done);
  }
  SECTION("the certificate is not valid yet") {
    REQUIRE(::X509_gmtime_adj(::X509_getm_notBefore(kept), 3600) != nullptr);
    CHECK_FALSE(visit(client, mortal, "a.example", ticket).client_done);
  }
  SECTION("the name is another one") {
    CHECK(visit(client, mortal, "b.example", ticket).client_done);
    CHECK_FALSE(visit(client, mortal, "c.example", ticket).client_done);
  }
  SECTION("the address is another one") { CHECK_FALSE(visit(client, mortal, "127.0.0.1", ticket).client_done); }
  SECTION("CRLs are asked for, and there is none") {
    ::X509_STORE_set_flags(::SSL_CTX_get_cert_store(client.native_handle()), X509_V_FLAG_CRL_CHECK);
    CHECK_FALSE(visit(client, mortal, "a.example", ticket).client_done);
  }
  SECTION("this connection verifies by a callback") {
    const auto refuse_all = [](::SSL* ssl) {
      ::SSL_set_verify(ssl, SSL_VERIFY_PEER, [](int, ::X509_STORE_CTX*) { return 0; });
    };
    CHECK_FALSE(visit(client, mortal, "a.example", ticket, refuse_all).client_done);
  }
}

TEST_CASE("a session whose peer was not accepted proves nothing under the same context") {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const Issued stranger = second_ca().issue({.dns_names = {"a.example"}});
  const Context<Server> server = asking(stranger, trust_in(first_ca()));
  const Context<Client> client = client_of(version);
  const Visit first =
      visit(client, server, "a.example", nullptr, [](::SSL* ssl) { ::SSL_set_verify(ssl, SSL_VERIFY_NONE, nullptr); });
  REQUIRE(first.tickets.size() == 1);
  CHECK_FALSE(visit(client, server, "a.example", first.tickets.front().get()).client_done);
}

TEST_CASE("a session that was made for another name is verified anew, and then its verify result is the truth") {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const Context<Server> server = asking(both_hosts(), trust_in(first_ca()));
  const Context<Client> client = client_of(version);
  const Visit first = visit(client, server, "a.example", nullptr, [](::SSL* ssl) {
    ::SSL_set_verify(ssl, SSL_VERIFY_NONE, nullptr);
    REQUIRE(::SSL_set1_host(ssl, "elsewhere.example") == 1);
  });
  REQUIRE(first.verified == X509_V_ERR_HOSTNAME_MISMATCH);
  REQUIRE(first.tickets.size() == 1);
  const Visit again = visit(client, server, "a.example", first.tickets.front().get());
  CHECK(again.resumed);
  CHECK(again.verified == X509_V_OK);
}

TEST_CASE("a session of an adopted context is verified in full") {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const Issued own = default_authority().issue({.dns_names = {"a.example"}});
  const Context<Server> server = asking(own, trust_in(first_ca()));
  const Context<Client> made = client_of(version);
  REQUIRE(::SSL_CTX_up_ref(made.native_handle()) == 1);
  const Context<Client> adopted = speaking(version, Context<Client>{made.native_handle()});
  const Visit first = visit(adopted, server, "a.example");
  REQUIRE(first.tickets.size() == 1);
  ::SSL_SESSION* const ticket = first.tickets.front().get();
  spoil_signature(::SSL_SESSION_get0_peer(ticket));
  const Visit again = visit(adopted, server, "a.example", ticket);
  INFO("version " << version << ", resumed " << again.resumed);
  CHECK_FALSE(again.client_done);
}
