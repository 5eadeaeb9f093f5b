// SPDX-License-Identifier: MIT
// Session tickets, what is resumed with them, and that preparing a handshake does not change what it negotiates.
#include <tlsmode/connection.hpp>

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include <openssl/ssl.h>

#include "support/catch.hpp"
#include "support/raw_pair.hpp"
#include "support/tls_pair.hpp"

using namespace tlsmode;
using namespace tlsmode_tests;

namespace {

using Ticket = std::unique_ptr<::SSL_SESSION, FreeWith<&::SSL_SESSION_free>>;
using Tickets = std::vector<Ticket>;

struct NoTickets : Server {
  static constexpr std::size_t session_tickets = 0;
};
struct ThreeTickets : Server {
  static constexpr std::size_t session_tickets = 3;
};

int keep(::SSL* ssl, ::SSL_SESSION* session) {
  static_cast<Tickets*>(SSL_get_app_data(ssl))->emplace_back(session);
  return 1;
}

/// What both ends came to.
struct Outcomes {
  Tickets tickets;
  bool resumed = false;
  long verified = -1;
};

/// A client and a server that meet again and again.
template <typename Policy = Server>
class Acquaintances {
 public:
  Acquaintances() : Acquaintances{Context<Client>{trust()}, Context<Policy>{identity_of(default_server())}} {}
  Acquaintances(Context<Client> client, Context<Policy> server)
      : client_{std::move(client)}, server_{std::move(server)} {
    SSL_CTX_set_session_cache_mode(client_.native_handle(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    ::SSL_CTX_sess_set_new_cb(client_.native_handle(), &keep);
  }

  /// One connection, which offers `ticket` if there is one.
  [[nodiscard]] Outcomes meet(const Ticket& ticket = nullptr) const {
    Outcomes outcomes;
    Wire wire;
    Connection client{client_, WireEnd::client(wire), PeerName{"server.example"}};
    Connection server{server_, WireEnd::server(wire)};
    SSL_set_app_data(client.native_handle(), &outcomes.tickets);
    if (ticket) REQUIRE(::SSL_set_session(client.native_handle(), ticket.get()) == 1);
    REQUIRE(shake_hands(client, server).done());
    REQUIRE(carry(server, client, "tickets come before this") == "tickets come before this");
    outcomes.resumed = ::SSL_session_reused(client.native_handle()) == 1;
    outcomes.verified = ::SSL_get_verify_result(client.native_handle());
    REQUIRE(client.shutdown() == IoStatus::done);  // without a goodbye OpenSSL resumes nothing
    return outcomes;
  }

 private:
  static Trust trust() { return trust_in(default_authority()); }

  Context<Client> client_;
  Context<Policy> server_;
};

/// All that a handshake agrees on.
struct Agreement {
  int version = 0;
  unsigned long cipher = 0;
  int group = 0;
  int signature = 0;
  int digest = 0;
  long verified = -1;
  bool operator==(const Agreement&) const = default;
};

Agreement agreement_of(::SSL* client) {
  Agreement agreement;
  agreement.version = ::SSL_version(client);
  agreement.cipher = ::SSL_CIPHER_get_id(::SSL_get_current_cipher(client));
  agreement.group = static_cast<int>(SSL_get_negotiated_group(client));
  REQUIRE(::SSL_get_peer_signature_type_nid(client, &agreement.signature) == 1);
  REQUIRE(SSL_get_peer_signature_nid(client, &agreement.digest) == 1);
  agreement.verified = ::SSL_get_verify_result(client);
  return agreement;
}

}  // namespace

TEST_CASE("a server gives one session ticket, unless its policy says otherwise") {
  CHECK(Acquaintances<>{}.meet().tickets.size() == 1);
  CHECK(Acquaintances<ThreeTickets>{}.meet().tickets.size() == 3);
  CHECK(Acquaintances<NoTickets>{}.meet().tickets.empty());
}

TEST_CASE("a client that resumes with its one ticket gets the next, and is verified all the same") {
  const Acquaintances<> friends;
  Outcomes last = friends.meet();
  CHECK_FALSE(last.resumed);
  for (int generation = 0; generation != 3; ++generation) {
    REQUIRE(last.tickets.size() == 1);
    last = friends.meet(last.tickets.front());
    CHECK(last.resumed);
    CHECK(last.verified == X509_V_OK);
  }
  CHECK(last.tickets.size() == 1);
}

TEST_CASE("a server with more tickets gives one after a resumption, too") {
  const Acquaintances<ThreeTickets> friends;
  const Outcomes first = friends.meet();
  REQUIRE(first.tickets.size() == 3);
  for (const Ticket& ticket : first.tickets) {
    const Outcomes next = friends.meet(ticket);
    CHECK(next.resumed);
    CHECK(next.tickets.size() == 1);
  }
}

TEST_CASE("a client that shows a certificate resumes, too") {
  const Trust trust = trust_in(default_authority());
  const Acquaintances<> friends{Context<Client>{trust, identity_of(default_client())},
                                Context<Server>{identity_of(default_server()), trust}};
  const Outcomes first = friends.meet();
  REQUIRE(first.tickets.size() == 1);
  CHECK(friends.meet(first.tickets.front()).resumed);
}

TEST_CASE("a handshake agrees on what plain OpenSSL agrees on") {
  RawPair raw{{.configure = [](::SSL_CTX* client, ::SSL_CTX* server) {
    for (::SSL_CTX* const context : {client, server}) {
      REQUIRE(SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1);
      REQUIRE(SSL_CTX_set_max_proto_version(context, 0) == 1);
    }
  }}};
  REQUIRE(raw.handshake());
  TlsPair<> ours;
  REQUIRE(shake_hands(ours).done());
  CHECK((agreement_of(ours.client.native_handle()) == agreement_of(raw.client())));
}
