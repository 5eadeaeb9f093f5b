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

TEST_CASE("what is no name and no address is refused, each with what it is and what to give instead") {
  struct Refusal {
    std::string_view text;
    std::string_view why;
    std::string_view remedy;
  };
  const Refusal refusals[] = {
      {"", "the name is empty", "bare host name"},
      {".", "the name is empty", "bare host name"},
      {"a..b", "this name has an empty part \"a..b\"", "one dot each"},
      {".example", "this name has an empty part", "one dot each"},
      {"localhost..", "this name has an empty part \"localhost..\"", "one dot each"},
      {"m\xc3\xbcnchen.example", "this name is not in its ASCII form (xn--", "Punycode"},
      {"https://example.org", "this is a URL", "between :// and the next /"},
      {"https://example.org:443/a?b", "this is a URL", "between :// and the next /"},
      {"https://[::1]/", "this is a URL", "between :// and the next /"},
      {"example.org:443", "there is a port in this name: \"example.org:443\"", "before the colon"},
      {"example.org:https", "there is a port in this name", "before the colon"},
      {"127.0.0.1:443", "there is a port in this name", "before the colon"},
      {"[::1]", "an IPv6 address has no brackets here", "between the brackets"},
      {"[::1]:443", "an IPv6 address has no brackets here", "between the brackets"},
      {"example.org/path", "there is a path in this name", "before the /"},
      {"*.example.org", "this is a wildcard", "the one host"},
      {"two words", "there is a space or line break in this name", "trim it"},
      {" example.org", "there is a space or line break in this name", "trim it"},
      {"example.org\n", "there is a space or line break in this name", "trim it"},
      {"user@example.org", "there is a user in this name", "behind the @"},
      {"fe80::1%eth0", "the zone \"eth0\" belongs to the address that the socket connects to", "without %"},
      {"::1%3", "the zone \"3\" belongs to", "without %"},
      {"example.org%eth0", "this is no host name or IP address", "bare host name"},
      {"a\0b"sv, "there is a zero byte in this name", "up to the zero byte"},
      {"127.0.0.1\0.evil.example"sv, "there is a zero byte in this name", "up to the zero byte"},
      {"example,org", "this is no host name or IP address", "bare host name"},
      {"::zz", "this is no IPv6 address", "bare host name"},
      {"1:2:3", "this is no IPv6 address", "bare host name"},
      {"127.0.0.01", "this is no IPv4 address", "without leading zeros"},
      {"010.0.0.1", "this is no IPv4 address", "without leading zeros"},
      {"127.1", "this is no IPv4 address", "four decimal numbers"},
      {"256.1.1.1", "this is no IPv4 address", "up to 255"},
      {"1.2.3.4.5", "this is no IPv4 address", "four decimal numbers"},
      {"2130706433", "this is no IPv4 address", "four decimal numbers"},
      {"0x7f.0.0.0x1", "this is no IPv4 address", "four decimal numbers"},
      {"example.0x7f", "this is no IPv4 address", "four decimal numbers"},
  };
  for (const Refusal& refusal : refusals) {
    const Error error = refused(refusal.text);
    CAPTURE(error.what());
    CHECK(says(error, refusal.why));
    CHECK(error.remedy().find(refusal.remedy) != std::string_view::npos);
  }
}

TEST_CASE("a part of a name has at most 63 bytes") {
  const std::string part(63, 'a');
  CHECK(PeerName{part + "." + part}.text().size() == 127);
  CHECK(says(refused(part + "a.example"), "this name has a part of more than 63 bytes"));
  CHECK(says(refused("www." + part + "a"), "this name has a part of more than 63 bytes"));
}

TEST_CASE("a name may have numbers in every part but the last") {
  CHECK_FALSE(PeerName{"1.2.3.example"}.is_address());
  CHECK_FALSE(PeerName{"10.0.0.1.in-addr.arpa"}.is_address());
  CHECK_FALSE(PeerName{"0xa.example"}.is_address());
  CHECK_FALSE(PeerName{"3com"}.is_address());
  CHECK(PeerName{"0.0.0.0"}.is_address());
  CHECK(PeerName{"10.20.30.255"}.is_address());
  CHECK(PeerName{"::ffff:127.0.0.1"}.is_address());
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
