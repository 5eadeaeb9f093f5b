// SPDX-License-Identifier: MIT
// Handshakes that fail, and how the error says why.
#include <tlsmode/connection.hpp>

#include <cerrno>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "support/catch.hpp"
#include "support/thrown.hpp"
#include "support/tls_pair.hpp"

using namespace tlsmode;
using namespace tlsmode_tests;

namespace {

using Client12 = AtVersion<Client, Version::tls1_2>;
using Client13 = AtVersion<Client, Version::tls1_3>;
using Server12 = AtVersion<Server, Version::tls1_2>;
using Server13 = AtVersion<Server, Version::tls1_3>;

/// A handshake in which the client refuses the server's certificate. Returns: the client's error.
Error client_refuses(const TlsPairOptions& options, long verify_result) {
  TlsPair<> pair{options};
  const Handshake result = shake_hands(pair);
  CHECK(result.client == IoStatus::failed);
  const Error error = pair.client.error();
  CHECK(error.kind() == ErrorKind::verification);
  CHECK(error.operation() == Operation::handshake);
  CHECK(error.verify_result() == verify_result);
  CHECK_FALSE(error.remedy().empty());
  CHECK(::ERR_peek_error() == 0);
  return error;
}

void put(Lane& lane, std::string_view bytes) {
  const auto raw = std::as_bytes(std::span{bytes});
  lane.bytes.insert(lane.bytes.end(), raw.begin(), raw.end());
}

constexpr std::string_view http_request = "GET / HTTP/1.1\r\nHost: server.example\r\n\r\n";
constexpr std::string_view http_response = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";

}  // namespace

TEST_CASE("a certificate for another name is refused, and the expected name is said") {
  const Error error = client_refuses({.peer = "other.example"}, X509_V_ERR_HOSTNAME_MISMATCH);
  CHECK(says(error, "handshake: the peer's certificate was refused, for \"other.example\"; hostname mismatch"));
  CHECK(says(error, "Remedy: connect with a PeerName that the certificate carries"));
}

TEST_CASE("a certificate for another address is refused, and the expected address is said") {
  const Error error = client_refuses({.peer = "127.0.0.2"}, X509_V_ERR_IP_ADDRESS_MISMATCH);
  CHECK(says(error, "the peer's certificate was refused, for \"127.0.0.2\"; IP address mismatch"));
  CHECK(says(error, "OpenSSL says: certificate verify failed"));
}

TEST_CASE("a certificate of an unknown CA is refused") {
  const Issued stranger = Authority{"strange root"}.issue();
  const Error error = client_refuses({.server_shows = &stranger}, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
  CHECK(says(error, "Remedy: unknown CA: give Trust the issuer's root"));
}

TEST_CASE("an expired certificate is refused") {
  const Issued expired = default_authority().issue({.not_before = -7200, .not_after = -3600});
  const Error error = client_refuses({.server_shows = &expired}, X509_V_ERR_CERT_HAS_EXPIRED);
  CHECK(says(error, "certificate has expired"));
  CHECK(says(error, "Remedy: the certificate has expired: renew it"));
}

TEST_CASE("a certificate that is not valid yet is refused") {
  const Issued future = default_authority().issue({.not_before = 3600, .not_after = 7200});
  CHECK(says(client_refuses({.server_shows = &future}, X509_V_ERR_CERT_NOT_YET_VALID), "check this machine's clock"));
}

TEST_CASE("a certificate for another use is refused") {
  const Issued wrong = default_authority().issue({.client_auth = true});
  CHECK(says(client_refuses({.server_shows = &wrong}, X509_V_ERR_INVALID_PURPOSE), "issued for another use"));
}

TEST_CASE("the server that was refused is told the alert") {
  TlsPair<> pair{{.peer = "other.example"}};
  CHECK(shake_hands(pair).client == IoStatus::failed);
  CHECK(hear(pair.server).end == IoStatus::failed);
  CHECK(pair.server.error().alert() == SSL_AD_BAD_CERTIFICATE);
  CHECK(says(pair.server.error(), "the peer sent the alert bad certificate"));
  CHECK(says(pair.server.error(), "Remedy: the peer refused our certificate"));
}

TEST_CASE("sides without a common version say so, on both ends") {
  TlsPair<Client13, Server12> pair;
  const Handshake result = shake_hands(pair);
  CHECK(result.client == IoStatus::failed);
  CHECK(result.server == IoStatus::failed);
  const std::string_view remedy =
      "the two sides share no protocol version: compare min_version and max_version of the policies";
  CHECK(pair.server.error().remedy() == remedy);
  CHECK(pair.client.error().remedy() == remedy);
  CHECK(pair.client.error().alert() == SSL_AD_PROTOCOL_VERSION);

  TlsPair<Client12, Server13> reverse;
  CHECK(shake_hands(reverse).server == IoStatus::failed);
  CHECK(reverse.server.error().remedy() == remedy);
}

TEST_CASE("sides without a common cipher say so") {
  TlsPair<Client12> pair{{.configure = [](::SSL_CTX* client, ::SSL_CTX* server) {
    ::SSL_CTX_set_cipher_list(client, "ECDHE-ECDSA-AES128-GCM-SHA256");
    ::SSL_CTX_set_cipher_list(server, "ECDHE-ECDSA-AES256-GCM-SHA384");
  }}};
  const Handshake result = shake_hands(pair);
  CHECK(result.server == IoStatus::failed);
  CHECK(says(pair.server.error(), "share no cipher"));
  CHECK(result.client == IoStatus::failed);
  CHECK(pair.client.error().alert() == SSL_AD_HANDSHAKE_FAILURE);
}

TEST_CASE("sides without a common application protocol say so") {
  TlsPair<> pair;
  pair.client_context.set_alpn({"h2"});
  pair.server_context.set_alpn({"h3"});
  Connection client{pair.client_context, WireEnd::client(pair.wire), PeerName{"server.example"}};
  Connection server{pair.server_context, WireEnd::server(pair.wire)};
  CHECK(shake_hands(client, server).client == IoStatus::failed);
  CHECK(client.error().alert() == SSL_AD_NO_APPLICATION_PROTOCOL);
  CHECK(client.error().remedy() == "the two sides share no ALPN protocol");
}

TEMPLATE_TEST_CASE("a server that requires a client certificate says that none came", "", Client12, Client13) {
  TlsPair<TestType> pair{{.server_trusts = &default_authority()}};
  CHECK(shake_hands(pair).server == IoStatus::failed);
  CHECK(says(pair.server.error(), "peer did not return a certificate"));
  CHECK(says(pair.server.error(),
             "Remedy: the server asks for a client certificate: give the client's Context an Identity"));

  const Heard heard = hear(pair.client);  // in TLS 1.3 the client learns of it after its handshake
  CHECK(heard.end == IoStatus::failed);
  CHECK(pair.client.error().alert() ==
        (std::is_same_v<TestType, Client13> ? SSL_AD_CERTIFICATE_REQUIRED : SSL_AD_HANDSHAKE_FAILURE));
}

TEST_CASE("a client certificate of an unknown CA is refused, in words at both ends") {
  const Issued stranger = Authority{"strange root"}.issue({.client_auth = true});
  TlsPair<> pair{{.client_shows = &stranger, .server_trusts = &default_authority()}};
  CHECK(shake_hands(pair).server == IoStatus::failed);
  CHECK(pair.server.error().kind() == ErrorKind::verification);
  CHECK(says(pair.server.error(), "the peer's certificate was refused; "));  // a server expects nobody in particular
  CHECK(hear(pair.client).end == IoStatus::failed);
  CHECK(pair.client.error().alert() == SSL_AD_UNKNOWN_CA);
  CHECK(pair.client.error().remedy() == "the peer does not trust the issuer of our certificate");
}

TEST_CASE("a client that speaks plain HTTP is recognized") {
  TlsPair<> pair;
  put(pair.wire.to_server, http_request);
  CHECK(pair.server.handshake() == IoStatus::failed);
  CHECK(pair.server.error().kind() == ErrorKind::protocol);
  CHECK(says(pair.server.error(), "OpenSSL says: http request"));
  CHECK(says(pair.server.error(), "Remedy: the peer spoke plain HTTP to this TLS port"));
}

TEST_CASE("a server that speaks plain HTTP is recognized") {
  TlsPair<> pair;
  CHECK(pair.client.handshake() == IoStatus::want_read);
  put(pair.wire.to_client, http_response);
  CHECK(pair.client.handshake() == IoStatus::failed);
  CHECK(says(pair.client.error(), "the peer does not speak TLS on this port (plain HTTP"));
}

TEST_CASE("garbage ends the handshake, at whatever length it comes") {
  for (const std::size_t size : {std::size_t{5}, std::size_t{11}, std::size_t{200}, std::size_t{70'000}}) {
    TlsPair<> pair;
    const std::string garbage = pattern(size, 99);
    put(pair.wire.to_server, garbage);
    put(pair.wire.to_client, garbage);
    CHECK(pair.server.handshake() == IoStatus::failed);
    CHECK(pair.server.error().kind() == ErrorKind::protocol);
    CHECK_FALSE(pair.server.error().queue().empty());
    CHECK(pair.client.handshake() == IoStatus::failed);
    CHECK(::ERR_peek_error() == 0);
  }
}

TEST_CASE("a peer that closes during the handshake is told from one that refuses") {
  TlsPair<> pair;
  pair.wire.to_client.ended = true;
  CHECK(pair.client.handshake() == IoStatus::truncated);
  CHECK(says(pair.client.error(), "the peer ended the stream during the handshake"));
  CHECK(pair.client.handshake() == IoStatus::truncated);
  CHECK(::ERR_peek_error() == 0);

  TlsPair<> other;
  other.wire.to_server.ended = true;
  CHECK(other.server.handshake() == IoStatus::truncated);
}

TEST_CASE("half a record and then the end is a truncation") {
  TlsPair<> pair;
  REQUIRE(pair.client.handshake() == IoStatus::want_read);
  pair.wire.to_server.bytes.resize(pair.wire.to_server.bytes.size() / 2);
  CHECK(pair.server.handshake() == IoStatus::want_read);
  pair.wire.to_server.ended = true;
  CHECK(pair.server.handshake() == IoStatus::truncated);
}

TEST_CASE("a reset that sending notices first is told from an end of the handshake") {
  const int reason = GENERATE(ECONNRESET, EPIPE);  // EPIPE says that nobody reads: an end
  TlsPair<> pair;
  REQUIRE(pair.client.handshake() == IoStatus::want_read);
  pair.wire.to_client.send_error = reason;
  pair.wire.to_server.ended = true;
  CHECK(pair.server.handshake() == (reason == ECONNRESET ? IoStatus::failed : IoStatus::truncated));
  CHECK(pair.server.error().system_error() == (reason == ECONNRESET ? reason : 0));
  CHECK(pair.server.handshake() == (reason == ECONNRESET ? IoStatus::failed : IoStatus::truncated));
  CHECK(::ERR_peek_error() == 0);
}

TEST_CASE("a peer that resets during the handshake is a failure of the system") {
  TlsPair<> pair;
  pair.wire.to_client.receive_error = ECONNRESET;
  CHECK(pair.client.handshake() == IoStatus::failed);
  CHECK(pair.client.error().kind() == ErrorKind::system);
  CHECK(pair.client.error().system_error() == ECONNRESET);
  CHECK(says(pair.client.error(), "handshake: the transport failed; Connection reset by peer"));
  CHECK(says(pair.client.error(), "Remedy: the peer is gone: it closed or reset the connection"));
}

TEST_CASE("a transport that cannot send during the handshake is a failure of the system") {
  TlsPair<> pair;
  pair.wire.to_server.send_error = EPIPE;
  CHECK(pair.client.handshake() == IoStatus::failed);
  CHECK(pair.client.error().kind() == ErrorKind::system);
  CHECK(pair.client.error().system_error() == EPIPE);
}

TEST_CASE("a connection that has failed keeps failing with the error that broke it") {
  TlsPair<> pair;
  put(pair.wire.to_server, http_request);
  REQUIRE(pair.server.handshake() == IoStatus::failed);
  const std::string what = pair.server.error().what();
  const std::string text = "text";
  char room[10];
  CHECK(pair.server.handshake() == IoStatus::failed);
  CHECK(pair.server.read(std::span{room}) == ReadResult{IoStatus::failed, 0});
  CHECK(pair.server.write(text) == WriteResult{IoStatus::failed, 0});
  CHECK(pair.server.flush() == IoStatus::failed);
  CHECK(pair.server.shutdown() == IoStatus::failed);
  CHECK(pair.server.error().what() == what);
}
