// SPDX-License-Identifier: MIT
// Situations as users meet them, and the cure that each side is told.
#include <tlsmode/error/remedy.hpp>

#include <cerrno>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <tlsmode/tlsmode.hpp>

#include "support/catch.hpp"
#include "support/thrown.hpp"
#include "support/tls_pair.hpp"

using namespace tlsmode;
using namespace tlsmode_tests;

namespace {

using Client12 = AtVersion<Client, Version::tls1_2>;
using Server12 = AtVersion<Server, Version::tls1_2>;
using Client13 = AtVersion<Client, Version::tls1_3>;
using Server13 = AtVersion<Server, Version::tls1_3>;

/// What each side is told to do after a handshake, and a read where the handshake was done.
struct Told {
  std::string client;
  std::string server;
};

template <typename ClientSide, typename ServerSide>
Told told_by_pair(const TlsPairOptions& options) {
  TlsPair<ClientSide, ServerSide> pair{options};
  static_cast<void>(shake_hands(pair));
  static_cast<void>(hear(pair.client));
  static_cast<void>(hear(pair.server));
  INFO("client: " << pair.client.error().what());
  INFO("server: " << pair.server.error().what());
  CHECK(::ERR_peek_error() == 0);
  return {std::string{pair.client.error().remedy()}, std::string{pair.server.error().remedy()}};
}

struct Situation {
  const char* name;
  TlsPairOptions options;
  std::string_view client12;
  std::string_view server12;
  std::string_view client13;
  std::string_view server13;
};

void check_told(const std::string& told, std::string_view expected) {
  CAPTURE(told, std::string{expected});
  CHECK(told.empty() == expected.empty());
  CHECK(told.find(expected) != std::string::npos);
}

/// A TCP socket that nobody has connected.
int loose_socket() {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
  REQUIRE(descriptor >= 0);
  return descriptor;
}

/// A port of loopback on which nobody listens, as long as it exists.
class ClosedPort {
 public:
  ClosedPort() : descriptor_{loose_socket()} {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::socklen_t size = sizeof address_;
    REQUIRE(::bind(descriptor_, address(), size) == 0);
    REQUIRE(::getsockname(descriptor_, reinterpret_cast<::sockaddr*>(&address_), &size) == 0);
  }
  ~ClosedPort() { ::close(descriptor_); }
  ClosedPort(const ClosedPort&) = delete;
  ClosedPort& operator=(const ClosedPort&) = delete;

  [[nodiscard]] const ::sockaddr* address() const { return reinterpret_cast<const ::sockaddr*>(&address_); }

 private:
  int descriptor_;
  ::sockaddr_in address_{};
};

Error error_over(int descriptor) {
  const Context<Client> context{trust_in(default_authority())};
  Connection connection{context, Socket{descriptor}, PeerName{"server.example"}};
  CHECK(connection.handshake() == IoStatus::failed);
  return connection.error();
}

}  // namespace

TEST_CASE("whatever makes a handshake fail, each side is told the cure that fits its own part") {
  const Issued stranger = Authority{"strange root"}.issue({.client_auth = true});
  const Issued strange_server = Authority{"strange root"}.issue();
  const Issued expired = default_authority().issue({.not_before = -7200, .not_after = -3600});
  const Issued future = default_authority().issue({.not_before = 3600, .not_after = 7200});
  LeafOptions many;
  for (int i = 0; i != 6000; ++i) many.dns_names.push_back("host-" + std::to_string(i) + ".example.org");
  const Issued huge = default_authority().issue(many);
  const auto needs_identity = "give the client's Context an Identity";
  const Situation situations[] = {
      {"another name",
       {.peer = "other.example"},
       "PeerName",
       "refused our certificate",
       "PeerName",
       "refused our certificate"},
      {"an unknown CA",
       {.server_shows = &strange_server},
       "unknown CA",
       "does not trust the issuer",
       "unknown CA",
       "does not trust the issuer"},
      {"expired",
       {.server_shows = &expired},
       "has expired: renew it",
       "our certificate has expired",
       "has expired: renew it",
       "our certificate has expired"},
      {"not valid yet",
       {.server_shows = &future},
       "check this machine's clock",
       "refused our certificate",
       "check this machine's clock",
       "refused our certificate"},
      {"another use",
       {.peer = "client.example", .server_shows = &default_client()},
       "extended key usage",
       "extended key usage",
       "extended key usage",
       "extended key usage"},
      {"no client certificate",
       {.server_trusts = &default_authority()},
       needs_identity,
       needs_identity,
       needs_identity,
       needs_identity},
      {"a client certificate of a strange CA",
       {.client_shows = &stranger, .server_trusts = &default_authority()},
       "does not trust the issuer of our certificate",
       "unknown CA",
       "does not trust the issuer of our certificate",
       "unknown CA"},
      {"a chain of more than 100 KB",
       {.server_shows = &huge},
       "over the limit of 100 KB",
       "",
       "over the limit of 100 KB",
       ""},
      {"no common cipher",
       {.configure =
            [](::SSL_CTX* client, ::SSL_CTX* server) {
              ::SSL_CTX_set_cipher_list(client, "ECDHE-ECDSA-AES128-GCM-SHA256");
              ::SSL_CTX_set_cipher_list(server, "ECDHE-ECDSA-AES256-GCM-SHA384");
              ::SSL_CTX_set_ciphersuites(client, "TLS_AES_128_GCM_SHA256");
              ::SSL_CTX_set_ciphersuites(server, "TLS_AES_256_GCM_SHA384");
            }},
       "share no cipher",
       "share no cipher",
       "share no cipher",
       "share no cipher"},
      {"no common group",
       {.configure =
            [](::SSL_CTX* client, ::SSL_CTX* server) {
              SSL_CTX_set1_groups_list(client, "P-384");
              SSL_CTX_set1_groups_list(server, "P-256");
            }},
       "share no cipher",
       "share no cipher",
       "share no cipher, group",
       "share no cipher, group"},
  };
  for (const Situation& situation : situations) {
    CAPTURE(situation.name);
    const Told old = told_by_pair<Client12, Server12>(situation.options);
    check_told(old.client, situation.client12);
    check_told(old.server, situation.server12);
    const Told current = told_by_pair<Client13, Server13>(situation.options);
    check_told(current.client, situation.client13);
    check_told(current.server, situation.server13);
  }
}

TEST_CASE("a client of TLS 1.2 that was asked for a certificate is not told of ciphers, and one that was not is") {
  CHECK(told_by_pair<Client12, Server12>({.server_trusts = &default_authority()}).client ==
        "the server asks for a client certificate: give the client's Context an Identity");
  const auto no_common_cipher = [](::SSL_CTX* client, ::SSL_CTX* server) {
    ::SSL_CTX_set_cipher_list(client, "ECDHE-ECDSA-AES128-GCM-SHA256");
    ::SSL_CTX_set_cipher_list(server, "ECDHE-ECDSA-AES256-GCM-SHA384");
  };
  const Told told = told_by_pair<Client12, Server12>({.configure = no_common_cipher});
  CHECK(told.client.starts_with("the two sides share no cipher"));
}

TEST_CASE("a byte that was changed on its way is told as such") {
  TlsPair<> pair;
  REQUIRE(shake_hands(pair).done());
  static_cast<void>(hear(pair.client));
  REQUIRE(pair.client.write(std::string_view{"hello"}).status == IoStatus::done);
  pair.wire.to_server.bytes.back() ^= std::byte{1};
  CHECK(hear(pair.server).end == IoStatus::failed);
  CHECK(pair.server.error().remedy().find("the same socket") != std::string_view::npos);
  CHECK(hear(pair.client).end == IoStatus::failed);
  CHECK(pair.client.error().remedy().find("the same socket") != std::string_view::npos);
}

TEST_CASE("a socket that was never connected is called unconnected, not left by its peer") {
  const int descriptors[] = {loose_socket(), ::socket(AF_UNIX, SOCK_STREAM, 0), loose_socket()};
  REQUIRE(::listen(descriptors[2], 1) == 0);
  for (const int descriptor : descriptors) {
    const Error error = error_over(descriptor);
    CAPTURE(error.what());
    CHECK(error.kind() == ErrorKind::system);
    CHECK(error.system_error() == ENOTCONN);
    CHECK(says(error, "Remedy: the socket is not connected"));
  }
}

TEST_CASE("a connect that was refused, and was not looked at, is told by its own reason only") {
  const ClosedPort port;
  SECTION("a blocking one") {
    const int descriptor = loose_socket();
    REQUIRE(::connect(descriptor, port.address(), sizeof(::sockaddr_in)) == -1);
    REQUIRE(errno == ECONNREFUSED);
    const Error error = error_over(descriptor);  // the kernel has told its reason, and forgets it
    CHECK(error.system_error() == ENOTCONN);
  }
  SECTION("a non-blocking one") {
    const int descriptor = loose_socket();
    REQUIRE(::fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0);
    REQUIRE(::connect(descriptor, port.address(), sizeof(::sockaddr_in)) == -1);
    ::pollfd ready{descriptor, POLLOUT, 0};
    REQUIRE(::poll(&ready, 1, 10'000) == 1);
    const Error error = error_over(descriptor);
    CAPTURE(error.what());
    CHECK(error.system_error() == ECONNREFUSED);
    CHECK(says(error, "Remedy: nothing accepts connections at this address and port"));
    CHECK_FALSE(says(error, "eof"));
  }
}

TEST_CASE("a peer that has gone is still called gone") {
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  ::close(ends[1]);
  Socket socket{ends[0]};
  const char byte = 0;
  CHECK(socket.send(std::as_bytes(std::span{&byte, 1})).status == IoStatus::failed);
  CHECK(errno == EPIPE);
}
