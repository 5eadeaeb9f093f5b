// SPDX-License-Identifier: MIT
#include <tlsmode/peer_name.hpp>

#include <string>
#include <string_view>

#include <openssl/ssl.h>

#include "support/catch.hpp"
#include "support/certificates.hpp"
#include "support/thrown.hpp"

using namespace tlsmode;
using namespace tlsmode_tests;
using namespace std::string_view_literals;

namespace {

Error refused(std::string_view text) {
  const Error error = thrown_by([&] { return PeerName{text}; });
  CAPTURE(std::string{text});
  CHECK(error.kind() == ErrorKind::input);
  CHECK(error.operation() == Operation::name_peer);
  return error;
}

}  // namespace

TEST_CASE("a host name is a peer name") {
  const PeerName name{"www.example.org"};
  CHECK(name.text() == "www.example.org");
  CHECK_FALSE(name.is_address());
  CHECK(PeerName{"localhost"}.text() == "localhost");
  CHECK(PeerName{"my_host-1.example"}.text() == "my_host-1.example");
  CHECK(PeerName{"xn--mnchen-3ya.example"}.text() == "xn--mnchen-3ya.example");
}

TEST_CASE("a final dot is dropped") { CHECK(PeerName{"example.org."}.text() == "example.org"); }

TEST_CASE("addresses of both families are peer names") {
  CHECK(PeerName{"127.0.0.1"}.is_address());
  CHECK(PeerName{"::1"}.is_address());
  CHECK(PeerName{"2001:db8::42"}.is_address());
  CHECK(PeerName{"2001:db8::42"}.text() == "2001:db8::42");
}

TEST_CASE("a name has at most 253 bytes") {
  std::string longest;
  while (longest.size() < 250) longest += "abcdefghi.";
  longest += "abc";
  REQUIRE(longest.size() == 253);
  CHECK(PeerName{longest}.text() == longest);
  CHECK(says(refused(longest + "d"), "a name of more than 253 bytes"));
  CHECK(says(refused(std::string(1'000'000, 'a')), "a name of more than 253 bytes"));
}

TEST_CASE("what is no name and no address is refused, with the reason") {
  CHECK(says(refused(""), "the name is empty"));
  CHECK(says(refused("."), "the name is empty"));
  CHECK(says(refused("a..b"), "this name has an empty part \"a..b\""));
  CHECK(says(refused(".example"), "this name has an empty part"));
  CHECK(says(refused("m\xc3\xbcnchen.example"), "this name is not in its ASCII form (xn--"));
  for (const std::string_view text :
       {"https://example.org"sv, "example.org:443"sv, "[::1]"sv, "example.org/path"sv, "*.example.org"sv, "two words"sv,
        "user@example.org"sv, "::1%eth0"sv, "a\0b"sv, "127.0.0.1\0.evil.example"sv, "::zz"sv}) {
    CHECK(says(refused(text), "this is no host name or IP address"));
  }
  CHECK(refused("https://example.org").remedy() ==
        "give the bare host name or address: no scheme, port, path or brackets");
}

TEST_CASE("a name is what the client asks for and what it accepts") {
  ::SSL_CTX* const context = ::SSL_CTX_new(::TLS_client_method());
  ::SSL* const ssl = ::SSL_new(context);
  CHECK(PeerName{"server.example"}.apply_to(ssl));
  CHECK(::SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) == "server.example"sv);
  ::SSL_free(ssl);
  ::SSL_CTX_free(context);
}

TEST_CASE("an address is accepted but not asked for: SNI has names only") {
  ::SSL_CTX* const context = ::SSL_CTX_new(::TLS_client_method());
  ::SSL* const ssl = ::SSL_new(context);
  CHECK(PeerName{"127.0.0.1"}.apply_to(ssl));
  CHECK(::SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) == nullptr);
  ::SSL_free(ssl);
  ::SSL_CTX_free(context);
}

TEST_CASE("a peer name knows whether a certificate carries it") {
  const Issued leaf = default_authority().issue({.common_name = "only.in.the.subject",
                                                 .dns_names = {"server.example", "*.wild.example"},
                                                 .ip_addresses = {"127.0.0.1"}});
  CHECK(PeerName{"server.example"}.is_on(leaf.certificate()));
  CHECK(PeerName{"SERVER.example"}.is_on(leaf.certificate()));
  CHECK(PeerName{"server.example."}.is_on(leaf.certificate()));
  CHECK(PeerName{"any.wild.example"}.is_on(leaf.certificate()));
  CHECK(PeerName{"127.0.0.1"}.is_on(leaf.certificate()));
  CHECK_FALSE(PeerName{"other.example"}.is_on(leaf.certificate()));
  CHECK_FALSE(PeerName{"two.levels.wild.example"}.is_on(leaf.certificate()));
  CHECK_FALSE(PeerName{"wild.example"}.is_on(leaf.certificate()));
  CHECK_FALSE(PeerName{"127.0.0.2"}.is_on(leaf.certificate()));
  CHECK_FALSE(PeerName{"only.in.the.subject"}.is_on(leaf.certificate()));
}
