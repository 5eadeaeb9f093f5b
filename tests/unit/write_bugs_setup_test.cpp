// SPDX-License-Identifier: MIT
// Bugs that public projects shipped, first shown with the C API, then with tlsmode: memory, errors, how connections end,
// and how they are set up.
#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <tlsmode/tlsmode.hpp>

#include "support/adopted.hpp"
#include "support/catch.hpp"
#include "support/openssl_memory.hpp"
#include "support/raw_pair.hpp"
#include "support/tls_pair.hpp"

using namespace tlsmode_tests;
using tlsmode::Client;
using tlsmode::IoStatus;
using tlsmode::Mode;
using tlsmode::NativeBio;
using tlsmode::Server;

namespace {

using Subjects = InPlaceBy<tlsmode::StrictWrites>;

struct Lavish : Client {
  static constexpr tlsmode::Buffers buffers = tlsmode::Buffers::kept;
};
struct ByOpenSsl : Lavish {
  static constexpr tlsmode::ModeSet modes = Client::modes | Mode::release_buffers;
};

/// Code that has nothing to do with TLS fails on this thread, and nobody clears the queue.
void leave_a_stale_entry() {
  const unsigned char garbage[] = {0xff, 0x00};
  const unsigned char* cursor = garbage;
  REQUIRE(::d2i_X509(nullptr, &cursor, sizeof garbage) == nullptr);
}

/// Bytes that SSL_free_buffers still finds in an idle raw client that has read and written a full record.
std::size_t raw_buffers(std::uint64_t modes) {
  RawPair raw{{.modes = modes}};
  REQUIRE(raw.handshake());
  const std::string record(16'384, 'A');
  std::string bytes;
  REQUIRE(write(raw.client(), record).result > 0);
  REQUIRE(write(raw.server(), record).result > 0);
  REQUIRE(read_all(raw.client(), bytes).error == SSL_ERROR_WANT_READ);
  const std::size_t before = openssl_bytes_in_use();
  ::SSL_free_buffers(raw.client());
  return before - openssl_bytes_in_use();
}

template <typename Policy, typename Transport>
std::size_t connection_buffers() {
  Adopted<Policy, Transport> subject{TLS1_3_VERSION};
  const std::string record(16'384, 'A');
  REQUIRE(subject.connection.write(record) == wrote(record.size()));
  REQUIRE(write(subject.peer(), record).result > 0);
  REQUIRE(subject.heard().end == IoStatus::want_read);
  const std::size_t before = openssl_bytes_in_use();
  ::SSL_free_buffers(subject.connection.native_handle());
  return before - openssl_bytes_in_use();
}

template <typename T>
concept TakesOptions = requires(T& context) { context.add_modes(SSL_OP_NO_TICKET); };
template <typename T>
concept TakesIntegers = requires(T& context) { context.add_modes(16); };
template <typename T>
concept TakesMasks = requires(T& context) { context.add_modes(SSL_MODE_RELEASE_BUFFERS); };

}  // namespace

TEMPLATE_TEST_CASE("B9: an idle connection holds no buffers, unless the policy keeps them", "", WireTransport,
                   NativeBio) {
  REQUIRE(openssl_memory_is_counted());
  CHECK(raw_buffers(0) > 32'000);
  CHECK(raw_buffers(SSL_MODE_RELEASE_BUFFERS) < 1'000);
  CHECK(connection_buffers<Client, TestType>() == 0);
  CHECK(connection_buffers<Lavish, TestType>() > 32'000);
  CHECK(connection_buffers<ByOpenSsl, TestType>() < 1'000);
}

TEMPLATE_LIST_TEST_CASE("B10: an error that somebody else left in the queue", "", Subjects) {
  {
    RawPair raw{{.version = any_version()}};
    REQUIRE(raw.handshake());
    leave_a_stale_entry();
    char byte = 0;
    const int result = ::SSL_read(raw.client(), &byte, 1);
    const bool is_mended = OPENSSL_VERSION_NUMBER >= 0x40000000L;
    CHECK(::SSL_get_error(raw.client(), result) == (is_mended ? SSL_ERROR_WANT_READ : SSL_ERROR_SSL));  // it is well
    ::ERR_clear_error();
  }
  TestType subject{any_version()};
  leave_a_stale_entry();
  CHECK(subject.heard().end == IoStatus::want_read);
  CHECK(::ERR_peek_error() == 0);
  leave_a_stale_entry();
  CHECK(subject.connection.write(std::string_view{"hello"}) == wrote(5));
  CHECK(::ERR_peek_error() == 0);
  CHECK(subject.received() == "hello");
  leave_a_stale_entry();
  CHECK(subject.connection.shutdown() == IoStatus::done);
  CHECK(::ERR_peek_error() == 0);
}

TEMPLATE_LIST_TEST_CASE("B11: a peer that vanishes is told apart from one that says goodbye", "", Subjects) {
  const int version = any_version();
  const bool ignores = GENERATE(false, true);
  const PairOptions options{.version = version, .options = ignores ? SSL_OP_IGNORE_UNEXPECTED_EOF : 0};
  {
    RawPair raw{options};
    REQUIRE(raw.handshake());
    raw.to_client.ended = true;
    std::string nothing;
    CHECK(read(raw.client(), nothing).error == (ignores ? SSL_ERROR_ZERO_RETURN : SSL_ERROR_SSL));
  }
  TestType vanishes{options};
  vanishes.connect();
  vanishes.incoming().ended = true;
  CHECK(vanishes.heard().end == IoStatus::truncated);
  TestType says_goodbye{options};
  says_goodbye.connect();
  ::SSL_shutdown(says_goodbye.peer());
  says_goodbye.incoming().ended = true;
  CHECK(says_goodbye.heard().end == IoStatus::closed);
}

TEST_CASE("B13: a mode is given where an option is expected, or the other way round") {
  const ContextHandle raw{::SSL_CTX_new(::TLS_client_method())};
  ::SSL_CTX_set_options(raw.get(), SSL_MODE_ENABLE_PARTIAL_WRITE);
  CHECK((SSL_CTX_get_mode(raw.get()) & SSL_MODE_ENABLE_PARTIAL_WRITE) == 0);
  CHECK((::SSL_CTX_get_options(raw.get()) & SSL_OP_NO_EXTENDED_MASTER_SECRET) != 0);

  STATIC_REQUIRE(!TakesOptions<tlsmode::Context<Client>>);
  STATIC_REQUIRE(!TakesIntegers<tlsmode::Context<Client>>);
  STATIC_REQUIRE(!TakesMasks<tlsmode::Context<Client>>);
  STATIC_REQUIRE(!TakesMasks<tlsmode::Connection<Client, WireTransport>>);
  const tlsmode::Context<ByOpenSsl> context{tlsmode::Trust{}};
  CHECK(context.modes() == tlsmode::modes_of<ByOpenSsl>);
  CHECK((::SSL_CTX_get_options(context.native_handle()) & SSL_OP_NO_EXTENDED_MASTER_SECRET) == 0);
}

TEST_CASE("B13: another context for the server's name brings no other modes") {
  static constexpr auto swap = [](::SSL* ssl, int*, void* other) {
    ::SSL_set_SSL_CTX(ssl, static_cast<::SSL_CTX*>(other));
    return SSL_TLSEXT_ERR_OK;
  };
  RawPair raw{{.version = any_version()}};
  SSL_CTX_set_mode(raw.server_context(), SSL_MODE_RELEASE_BUFFERS);  // too late for the connection that is made already
  SSL_CTX_set_tlsext_servername_callback(raw.server_context(), static_cast<int (*)(::SSL*, int*, void*)>(swap));
  SSL_CTX_set_tlsext_servername_arg(raw.server_context(), raw.server_context());
  REQUIRE(raw.handshake());
  CHECK((SSL_get_mode(raw.server()) & SSL_MODE_RELEASE_BUFFERS) == 0);

  struct MovingServer : Server {
    using Writes = tlsmode::MovingWrites;
  };
  const ContextHandle other{::SSL_CTX_new(::TLS_server_method())};
  SSL_CTX_set_mode(other.get(), SSL_MODE_ENABLE_PARTIAL_WRITE);
  REQUIRE(::SSL_CTX_use_certificate(other.get(), default_server().certificate()) == 1);
  REQUIRE(::SSL_CTX_use_PrivateKey(other.get(), default_server().key()) == 1);
  TlsPair<Client, MovingServer> pair{{.configure = [&](::SSL_CTX*, ::SSL_CTX* server) {
    SSL_CTX_set_tlsext_servername_callback(server, static_cast<int (*)(::SSL*, int*, void*)>(swap));
    SSL_CTX_set_tlsext_servername_arg(server, other.get());
  }}};
  REQUIRE(shake_hands(pair).done());
  CHECK(::SSL_get_SSL_CTX(pair.server.native_handle()) == other.get());
  CHECK(pair.server.modes() == tlsmode::modes_of<MovingServer>);
}

TEST_CASE("B13: a client that always says it falls back is refused by servers that are newer than it") {
  PairOptions options{.modes = SSL_MODE_SEND_FALLBACK_SCSV};
  options.configure = [](::SSL_CTX* client, ::SSL_CTX* server) {
    SSL_CTX_set_min_proto_version(client, TLS1_2_VERSION);
    SSL_CTX_set_max_proto_version(client, TLS1_2_VERSION);
    SSL_CTX_set_min_proto_version(server, TLS1_2_VERSION);
  };
  RawPair raw{options};
  CHECK_FALSE(raw.handshake());

  TlsPair<AtVersion<Client, tlsmode::Version::tls1_2>, Server> pair;
  CHECK_FALSE(pair.client.modes().contains(Mode::send_fallback_scsv));
  CHECK(shake_hands(pair).done());
}

TEST_CASE("B14: a certificate that nobody vouches for, and one for another name") {
  const Authority stranger{"nobody knows me"};
  const Issued self_made = stranger.issue();
  const Issued other_name = default_authority().issue({.dns_names = {"other.example"}, .ip_addresses = {}});
  const auto raw_client_accepts = [](const Issued& shown, int verify_mode) {
    PairOptions options;
    options.configure = [&](::SSL_CTX* client, ::SSL_CTX* server) {
      ::SSL_CTX_set_verify(client, verify_mode, nullptr);
      ::SSL_CTX_use_certificate(server, shown.certificate());
      ::SSL_CTX_use_PrivateKey(server, shown.key());
    };
    RawPair raw{options};
    ::X509_VERIFY_PARAM_set1_host(::SSL_get0_param(raw.client()), nullptr, 0);  // as every client that sets no host
    return raw.handshake();
  };
  CHECK(raw_client_accepts(self_made, SSL_VERIFY_NONE));  // OpenSSL's default
  CHECK(raw_client_accepts(other_name, SSL_VERIFY_PEER));

  STATIC_REQUIRE(!std::is_constructible_v<tlsmode::Connection<Client, WireEnd>, tlsmode::Context<Client>&, WireEnd>);
  for (const Issued* const shown : {&self_made, &other_name}) {
    TlsPair<> pair{{.server_shows = shown}};
    CHECK(shake_hands(pair).client == IoStatus::failed);
    CHECK(pair.client.error().kind() == tlsmode::ErrorKind::verification);
  }
}

TEST_CASE("B15: one BIO for both ways, and freed by two owners") {
  static int destroyed = 0;
  const std::unique_ptr<::BIO_METHOD, FreeWith<&::BIO_meth_free>> method{
      ::BIO_meth_new(::BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "counts its end")};
  ::BIO_meth_set_destroy(method.get(), [](::BIO*) { return ++destroyed; });
  const ContextHandle context{::SSL_CTX_new(::TLS_server_method())};

  destroyed = 0;
  ::BIO* bio = ::BIO_new(method.get());
  ::BIO_up_ref(bio);  // this test's own reference, which should keep it alive
  ::SSL* ssl = ::SSL_new(context.get());
  ::SSL_set_bio(ssl, bio, bio);
  ::BIO_free(bio);  // the bug: SSL_set_bio has taken the reference
  CHECK(destroyed == 0);
  ::SSL_free(ssl);
  CHECK(destroyed == 1);  // and nobody has given up ours

  destroyed = 0;
  bio = ::BIO_new(method.get());
  ::BIO_up_ref(bio);
  {
    tlsmode::Connection<Server, NativeBio> connection{::SSL_new(context.get()), NativeBio{bio, bio}};
    CHECK(connection.transport().reader() == bio);
    CHECK(connection.transport().writer() == bio);
  }
  CHECK(destroyed == 0);
  ::BIO_free(bio);
  CHECK(destroyed == 1);
}

TEST_CASE("B15: an SSL is freed by two owners") {
  static int freed = 0;
  static const int index = ::SSL_get_ex_new_index(0, nullptr, nullptr, nullptr,
                                                  [](void*, void*, ::CRYPTO_EX_DATA*, int, long, void*) { ++freed; });
  const ContextHandle context{::SSL_CTX_new(::TLS_server_method())};
  REQUIRE(index >= 0);

  freed = 0;
  ::SSL* const ssl = ::SSL_new(context.get());
  ::SSL_up_ref(ssl);  // this test's own reference
  ::SSL_free(ssl);
  ::SSL_free(ssl);    // the bug: freed twice by one owner
  CHECK(freed == 1);  // and nobody has given up ours

  using Connection = tlsmode::Connection<Server, tlsmode::MemoryTransport>;
  STATIC_REQUIRE(!std::is_copy_constructible_v<Connection>);
  STATIC_REQUIRE(!std::is_copy_assignable_v<Connection>);
  STATIC_REQUIRE(!std::is_copy_constructible_v<tlsmode::Context<Server>>);
  freed = 0;
  {
    Connection first{::SSL_new(context.get()), tlsmode::MemoryTransport{}};
    Connection second = std::move(first);
    CHECK(first.native_handle() == nullptr);
    CHECK(first.write(std::string_view{"hello"}).status == IoStatus::failed);
    CHECK(first.error().kind() == tlsmode::ErrorKind::misuse);
    CHECK(second.native_handle() != nullptr);
    CHECK(freed == 0);
  }
  CHECK(freed == 1);
}
