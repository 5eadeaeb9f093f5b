// SPDX-License-Identifier: MIT
#include <tlsmode/client_ca_names.hpp>

#include <optional>
#include <string>

#include <openssl/ssl.h>

#include <tlsmode/tlsmode.hpp>

#include "support/catch.hpp"
#include "support/thrown.hpp"
#include "support/tls_pair.hpp"

using namespace tlsmode;
using namespace tlsmode_tests;

namespace {

/// The root of default_client(), and `others` besides, with names of about 100 bytes.
Trust crowd(int others) {
  Trust trust = trust_in(default_authority());
  for (int i = 0; i != others; ++i) {
    const CertificateHandle copy{::X509_dup(default_authority().certificate())};
    const std::string name = std::to_string(i) + " " + std::string(60, 'x');
    ::X509_NAME* const subject = ::X509_NAME_new();
    REQUIRE(::X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                         reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0) == 1);
    REQUIRE(::X509_set_subject_name(copy.get(), subject) == 1);
    ::X509_NAME_free(subject);
    REQUIRE(::X509_STORE_add_cert(trust.store(), copy.get()) == 1);
  }
  return trust;
}

/// How many names reach a client.
int names_announced(const Context<Server>& server_context) {
  const Context<Client> client_context{trust_in(default_authority()), identity_of(default_client())};
  Wire wire;
  Connection client{client_context, WireEnd::client(wire), PeerName{"server.example"}};
  Connection server{server_context, WireEnd::server(wire)};
  REQUIRE(shake_hands(client, server).done());
  const STACK_OF(X509_NAME)* const names = ::SSL_get0_peer_CA_list(client.native_handle());
  return names != nullptr ? sk_X509_NAME_num(names) : 0;
}

Context<Server> server(const Trust& trust, ClientCaNames names) {
  return Context<Server>{identity_of(default_server()), trust, names};
}

}  // namespace

TEST_CASE("a server names the few authorities that it trusts to its clients, and of many none") {
  CHECK(names_announced(Context<Server>{identity_of(default_server()), crowd(0)}) == 1);
  CHECK(names_announced(Context<Server>{identity_of(default_server()), crowd(30)}) == 31);
  CHECK(names_announced(Context<Server>{identity_of(default_server()), crowd(80)}) == 0);
}

TEST_CASE("a server that trusts 900 authorities shakes hands, and one that wants to name them all is refused") {
  const Trust trust = crowd(900);
  CHECK(names_announced(server(trust, ClientCaNames::if_few)) == 0);
  CHECK(names_announced(server(trust, ClientCaNames::none)) == 0);
  const Error error = thrown_by([&] { return server(trust, ClientCaNames::all); });
  CHECK(error.operation() == Operation::make_context);
  CHECK(says(error, "the names of the trusted authorities are more than TLS can tell a client"));
  CHECK(says(error, "ClientCaNames::none"));
}

TEST_CASE("as many names as may be announced reach the client") {
  const Trust trust = crowd(600);
  CHECK(names_announced(server(trust, ClientCaNames::all)) == 601);
}

TEST_CASE("a server can be told to name no authority") {
  CHECK(names_announced(server(crowd(0), ClientCaNames::none)) == 0);
}
