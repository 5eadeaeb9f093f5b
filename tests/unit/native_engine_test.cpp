// SPDX-License-Identifier: MIT
// What is particular to OpenSSL's own BIOs under a connection. The rest of the tests run over both engines.
#include <tlsmode/engine/native_engine.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include <sys/socket.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <tlsmode/kernel_tls.hpp>
#include <tlsmode/tlsmode.hpp>

#include "support/adopted.hpp"
#include "support/catch.hpp"
#include "support/raw_pair.hpp"
#include "support/tls_pair.hpp"

using namespace tlsmode;
using namespace tlsmode_tests;

namespace {

using NativeClient = OpensslKeepsPending<Client>;
using Native = Adopted<NativeClient, NativeBio>;

}  // namespace

TEST_CASE("one socket BIO for both directions becomes two, so that a refused write can be seen after a read") {
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
  {
    ::BIO* const bio = ::BIO_new_socket(ends[0], BIO_NOCLOSE);
    const Context<NativeClient> client_context{trust_in(default_authority())};
    const Context<Server> server_context{identity_of(default_server())};
    Connection client{client_context, NativeBio{bio, bio}, PeerName{"server.example"}};
    Connection server{server_context, Socket::borrow(ends[1])};
    ::SSL* const ssl = client.native_handle();
    CHECK(::SSL_get_rbio(ssl) == bio);
    CHECK(::SSL_get_wbio(ssl) != bio);
    CHECK(::SSL_get_wfd(ssl) == ends[0]);
    CHECK(client.transport().reader() == bio);
    REQUIRE(shake_hands(client, server).done());
    CHECK(carry(client, server, "request") == "request");
    CHECK(carry(server, client, "response") == "response");
  }
  for (const int end : ends) CHECK(::close(end) == 0);
}

TEST_CASE("where the peer limits records, a read first finishes the pending one") {
  Native subject{PairOptions{.configure = [](::SSL_CTX* client, ::SSL_CTX*) {
    ::SSL_CTX_set_tlsext_max_fragment_length(client, TLSEXT_max_fragment_length_512);
  }}};
  subject.connect();
  const std::string text = pattern(500);
  subject.outgoing().budget = 0;
  REQUIRE(subject.connection.write(text) == wants_to_write);
  REQUIRE(write(subject.peer(), "news").result == 4);
  CHECK(subject.heard().end == IoStatus::want_write);
  subject.outgoing().budget = unlimited;
  CHECK(subject.heard().text == "news");
  CHECK(subject.received() == text);
  CHECK(subject.connection.retry() == wrote(text.size()));
}

TEST_CASE("a goodbye that blocked leaves beside a key update that asks for an answer, and reading goes on") {
  Native subject{TLS1_3_VERSION};
  subject.outgoing().budget = 0;
  REQUIRE(subject.connection.shutdown() == IoStatus::want_write);
  REQUIRE(::SSL_key_update(subject.peer(), SSL_KEY_UPDATE_REQUESTED) == 1);
  REQUIRE(write(subject.peer(), "news").result == 4);
  REQUIRE(write(subject.peer(), "more").result == 4);
  subject.outgoing().budget = unlimited;
  char room[10];
  REQUIRE(subject.connection.read(room) == ReadResult{IoStatus::done, 4});
  CHECK(subject.connection.shutdown() == IoStatus::done);
  CHECK_FALSE(subject.connection.wants_write());
  std::string received;
  CHECK(read_all(subject.peer(), received).error == SSL_ERROR_ZERO_RETURN);
  CHECK(subject.heard().text == "more");
}
