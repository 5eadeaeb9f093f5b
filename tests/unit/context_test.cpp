// SPDX-License-Identifier: MIT
#include <tlsmode/context.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "support/catch.hpp"
#include "support/thrown.hpp"
#include "support/tls_pair.hpp"

using namespace tlsmode;
using namespace tlsmode_tests;

namespace {

struct Proxy : Server {
  using Writes = MovingWrites;
  static constexpr ModeSet modes = Mode::release_buffers;
};

struct TrustingClient : Client {
  static constexpr Verification verification = Verification::insecure_anyone_can_be_my_peer;
};

struct DatagramClient : Client {
  static constexpr Protocol protocol = Protocol::dtls;
};

Context<Client> client() { return Context<Client>{trust_in(default_authority())}; }
Context<Server> server() { return Context<Server>{identity_of(default_server())}; }

ModeSet raw_modes(::SSL_CTX* context) {
  return ModeSet::from_bits(static_cast<std::uint32_t>(SSL_CTX_get_mode(context)));
}

}  // namespace

TEST_CASE("a context has the modes of its policy") {
  CHECK(client().modes() == modes_of<Client>);
  CHECK(Context<Proxy>{identity_of(default_server())}.modes() ==
        (Mode::release_buffers | Mode::accept_moving_write_buffer));
  CHECK(Context<DatagramClient>{}.modes() == Mode::auto_retry);
}

TEST_CASE("adding modes returns the new set, and takes none away") {
  Context<Client> context = client();
  CHECK(context.add_modes(Mode::release_buffers) == (Mode::auto_retry | Mode::release_buffers));
  CHECK(context.add_modes(Mode::no_auto_chain | Mode::release_buffers) ==
        (Mode::auto_retry | Mode::release_buffers | Mode::no_auto_chain));
  CHECK(context.modes() == raw_modes(context.native_handle()));
}

TEST_CASE("a default client trusts the system, verifies, and speaks TLS 1.2 and 1.3") {
  const Context<Client> context;
  CHECK(::SSL_CTX_get_verify_mode(context.native_handle()) == SSL_VERIFY_PEER);
  CHECK(SSL_CTX_get_min_proto_version(context.native_handle()) == TLS1_2_VERSION);
  CHECK(SSL_CTX_get_max_proto_version(context.native_handle()) == TLS1_3_VERSION);
  CHECK(::ERR_peek_error() == 0);
}

TEST_CASE("not verifying is what the policy says") {
  CHECK(::SSL_CTX_get_verify_mode(Context<TrustingClient>{}.native_handle()) == SSL_VERIFY_NONE);
}

TEST_CASE("a server asks for certificates only when it is told whom to trust") {
  CHECK(::SSL_CTX_get_verify_mode(server().native_handle()) == SSL_VERIFY_NONE);
  const Context<Server> asking{identity_of(default_server()), trust_in(default_authority())};
  CHECK(::SSL_CTX_get_verify_mode(asking.native_handle()) == (SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT));
  CHECK(sk_X509_NAME_num(::SSL_CTX_get_client_CA_list(asking.native_handle())) == 1);
}

TEST_CASE("a server that is given a trust that was moved from is refused") {
  Trust trust = trust_in(default_authority());
  const Trust moved = std::move(trust);
  const Error error = thrown_by([&] { return Context<Server>{identity_of(default_server()), trust}; });
  CHECK(error.kind() == ErrorKind::input);
  CHECK(error.operation() == Operation::make_context);
}

TEST_CASE("the policy's versions are the context's") {
  const Context<AtVersion<Client, Version::tls1_2>> context{trust_in(default_authority())};
  CHECK(SSL_CTX_get_min_proto_version(context.native_handle()) == TLS1_2_VERSION);
  CHECK(SSL_CTX_get_max_proto_version(context.native_handle()) == TLS1_2_VERSION);
}

TEST_CASE("an adopted SSL_CTX gets the policy's modes, whatever it carried") {
  ::SSL_CTX* const raw = ::SSL_CTX_new(::TLS_server_method());
  SSL_CTX_clear_mode(raw, SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_mode(raw, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
  const Context<Server> context{raw};
  CHECK(context.native_handle() == raw);
  CHECK(context.modes() == (modes_of<Server> | Mode::no_auto_chain));  // the contract's are replaced, others stay
}

TEST_CASE("an adopted SSL_CTX that may not retry loses auto_retry when its policy has none") {
  CHECK(Context<Proxy>{::SSL_CTX_new(::TLS_server_method())}.modes() == modes_of<Proxy>);
}

TEST_CASE("an adopted client verifies, and speaks the policy's versions, whatever it did before") {
  ::SSL_CTX* const raw = ::SSL_CTX_new(::TLS_client_method());
  ::SSL_CTX_set_verify(raw, SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_min_proto_version(raw, TLS1_VERSION);
  const Context<Client> context{raw};
  CHECK(::SSL_CTX_get_verify_mode(raw) == SSL_VERIFY_PEER);
  CHECK(SSL_CTX_get_min_proto_version(raw) == TLS1_2_VERSION);
}

TEST_CASE("an adopted server keeps its own verify mode") {
  ::SSL_CTX* const raw = ::SSL_CTX_new(::TLS_server_method());
  ::SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, nullptr);
  const Context<Server> context{raw};
  CHECK(::SSL_CTX_get_verify_mode(raw) == SSL_VERIFY_PEER);
}

TEST_CASE("an adopted server keeps its own number of session tickets") {
  ::SSL_CTX* const raw = ::SSL_CTX_new(::TLS_server_method());
  REQUIRE(::SSL_CTX_set_num_tickets(raw, 4) == 1);
  const Context<Server> context{raw};
  CHECK(::SSL_CTX_get_num_tickets(raw) == 4);
}

TEST_CASE("an adopted SSL_CTX that is null is refused") {
  const Error error = thrown_by([] { return Context<Client>{static_cast<::SSL_CTX*>(nullptr)}; });
  CHECK(error.kind() == ErrorKind::input);
  CHECK(error.operation() == Operation::make_context);
  CHECK(says(error, "the adopted SSL_CTX is null"));
}

TEST_CASE("ciphers, suites and groups that OpenSSL knows are set") {
  Context<Client> context = client();
  context.set_cipher_list("ECDHE-ECDSA-AES128-GCM-SHA256");
  context.set_cipher_suites(std::string{"TLS_AES_256_GCM_SHA384"});
  context.set_groups(std::string_view{"P-256:P-384"});
  CHECK(::ERR_peek_error() == 0);
  const STACK_OF(SSL_CIPHER)* const ciphers = ::SSL_CTX_get_ciphers(context.native_handle());
  REQUIRE(sk_SSL_CIPHER_num(ciphers) == 2);
  CHECK(std::string_view{::SSL_CIPHER_get_name(sk_SSL_CIPHER_value(ciphers, 0))} == "TLS_AES_256_GCM_SHA384");
}

TEST_CASE("ciphers, suites and groups that OpenSSL does not know are refused, and named") {
  Context<Client> context = client();
  const Error error = thrown_by([&] {
    context.set_cipher_list("ROT13");
    return 0;
  });
  CHECK(error.kind() == ErrorKind::input);
  CHECK(error.operation() == Operation::configure_context);
  CHECK(says(error, "no cipher for TLS 1.2 in \"ROT13\""));
  CHECK(says(thrown_by([&] {
               context.set_cipher_suites("TLS_ROT13");
               return 0;
             }),
             "no cipher suites of TLS 1.3: \"TLS_ROT13\""));
  CHECK(says(thrown_by([&] {
               context.set_groups("P-1:P-2");
               return 0;
             }),
             "no groups: \"P-1:P-2\""));
  CHECK(says(thrown_by([&] {
               context.set_groups("");
               return 0;
             }),
             "no groups"));
  CHECK(says(thrown_by([&] {
               context.set_cipher_list(std::string(5000, 'A'));
               return 0;
             }),
             "more than 4095 bytes"));
}

TEST_CASE("a setting that is refused leaves the old one") {
  Context<Client> context = client();
  context.set_cipher_list("ECDHE-ECDSA-AES128-GCM-SHA256");
  context.set_cipher_suites("TLS_AES_256_GCM_SHA384");
  CHECK(thrown_by([&] {
          context.set_cipher_list("ROT13");
          return 0;
        }).kind() == ErrorKind::input);
  CHECK(thrown_by([&] {
          context.set_cipher_suites("TLS_ROT13");
          return 0;
        }).kind() == ErrorKind::input);
  CHECK(sk_SSL_CIPHER_num(::SSL_CTX_get_ciphers(context.native_handle())) == 2);
}

TEST_CASE("ALPN names that cannot go over the wire are refused") {
  Context<Client> context = client();
  CHECK(says(thrown_by([&] {
               context.set_alpn({});
               return 0;
             }),
             "the list of ALPN names is empty"));
  CHECK(says(thrown_by([&] {
               context.set_alpn({"h2", ""});
               return 0;
             }),
             "an ALPN name has 1 to 255 bytes"));
  CHECK(says(thrown_by([&] {
               context.set_alpn({std::string(256, 'x')});
               return 0;
             }),
             "an ALPN name has 1 to 255 bytes"));
  const std::string longest(255, 'x');
  context.set_alpn({longest, longest, longest, longest});
  CHECK(says(thrown_by([&] {
               context.set_alpn({longest, longest, longest, longest, "y"});
               return 0;
             }),
             "more than 1024 bytes"));
}

TEST_CASE("a stale entry in the error queue does not get into a context's errors") {
  Context<Client> context = client();
  pollute_error_queue();
  const Error error = thrown_by([&] {
    context.set_cipher_list("ROT13");
    return 0;
  });
  CHECK_FALSE(says(error, "left by someone else"));
  CHECK(::ERR_peek_error() == 0);
}

TEST_CASE("a context that was moved from answers with empty sets and null, and refuses settings") {
  Context<Client> from = client();
  Context<Client> to{std::move(from)};
  CHECK(from.native_handle() == nullptr);
  CHECK(from.modes().empty());
  CHECK(from.add_modes(Mode::release_buffers).empty());
  const Error error = thrown_by([&] {
    from.set_groups("P-256");
    return 0;
  });
  CHECK(error.kind() == ErrorKind::misuse);
  CHECK(says(error, "this context was moved from"));
  CHECK(says(thrown_by([&] {
               from.set_alpn({"h2"});
               return 0;
             }),
             "moved from"));

  from = std::move(to);
  CHECK(from.modes() == modes_of<Client>);
  from.set_groups("P-256");
}

TEST_CASE("a connection cannot be made from a context that was moved from") {
  Context<Server> from = server();
  const Context<Server> to{std::move(from)};
  const Error error = thrown_by([&] { return Connection{from, MemoryTransport{}}; });
  CHECK(error.kind() == ErrorKind::misuse);
  CHECK(error.operation() == Operation::make_connection);
  CHECK(says(error, "this context was moved from"));
}

TEST_CASE("an SSL_CTX for datagrams is refused by a policy for streams") {
  const Error error = thrown_by([] { return Context<Client>{::SSL_CTX_new(::DTLS_client_method())}; });
  CHECK(error.kind() == ErrorKind::input);
  CHECK(says(error, "refuses the policy's versions"));
}

TEST_CASE("a context made of a certificate with a broken extension leaves nothing in OpenSSL's queue") {
  const std::string chain = default_server().chain_pem();
  const std::string key = default_server().key_pem();
  std::size_t made = 0;
  for (std::size_t place = 0; place != chain.size(); ++place) {
    std::string damaged = chain;
    damaged[place] = 'N';
    try {
      const Context<Server> context{Identity::from_pem(damaged, key)};
      ++made;
    } catch (const Error&) {  // most damage is noticed when the chain is read
    }
    CHECK(::ERR_peek_error() == 0);
  }
  CHECK(made != 0);
}
