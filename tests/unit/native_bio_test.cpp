// SPDX-License-Identifier: MIT
#include <tlsmode/native_bio.hpp>

#include <array>
#include <cerrno>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include "support/catch.hpp"
#include "support/raw_pair.hpp"
#include "support/thrown.hpp"
#include "support/tls_pair.hpp"

using namespace tlsmode;
using namespace tlsmode_tests;

namespace {

/// Two non-blocking ends of a stream, closed with this object.
struct Descriptors {
  Descriptors() { REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0); }
  ~Descriptors() {
    for (const int descriptor : ends) ::close(descriptor);
  }
  Descriptors(const Descriptors&) = delete;
  Descriptors& operator=(const Descriptors&) = delete;
  std::array<int, 2> ends{};
};

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span{text}); }

}  // namespace

TEST_CASE("a connection runs over OpenSSL's own socket BIO, and leaves the descriptor open") {
  const Descriptors sockets;
  {
    const Context<Client> client_context{trust_in(default_authority())};
    const Context<Server> server_context{identity_of(default_server())};
    Connection client{client_context, NativeBio::socket(sockets.ends[0]), PeerName{"server.example"}};
    Connection server{server_context, NativeBio::socket(sockets.ends[1])};
    REQUIRE(shake_hands(client, server).done());
    const std::string text = pattern(1'000'000);  // more than the socket holds
    CHECK((carry(client, server, text) == text));
    CHECK((carry(server, client, text) == text));
    CHECK(client.shutdown() == IoStatus::done);
    CHECK(hear(server).end == IoStatus::closed);
  }
  CHECK(::fcntl(sockets.ends[0], F_GETFD) >= 0);
}

TEST_CASE("a BIO pair is a transport, one BIO or two") {
  ::BIO* one = nullptr;
  ::BIO* other = nullptr;
  REQUIRE(::BIO_new_bio_pair(&one, 0, &other, 0) == 1);
  NativeBio left{one, one};
  ::BIO_up_ref(other);
  NativeBio right{other, other};
  ::BIO_free(other);

  std::byte room[10];
  CHECK(right.receive(room) == ReadResult{IoStatus::want_read, 0});
  CHECK(left.send(bytes("text")) == WriteResult{IoStatus::done, 4});
  CHECK(right.receive(room) == ReadResult{IoStatus::done, 4});
  CHECK(room[3] == std::byte{'t'});

  NativeBio moved{std::move(left)};
  CHECK(moved.writer() == one);
  CHECK(left.writer() == nullptr);
}

TEST_CASE("a BIO that takes no more says want_write, and one that has ended says closed") {
  const Descriptors sockets;
  NativeBio bio = NativeBio::socket(sockets.ends[0]);
  const std::string block(65'536, 'x');
  WriteResult result{IoStatus::done, 0};
  while (result.status == IoStatus::done) result = bio.send(bytes(block));
  CHECK(result == WriteResult{IoStatus::want_write, 0});

  ::shutdown(sockets.ends[1], SHUT_WR);
  std::byte room[10];
  CHECK(bio.receive(room) == ReadResult{IoStatus::closed, 0});
}

TEST_CASE("a BIO that is null is refused, and the other one freed") {
  CHECK(says(thrown_by([] { return NativeBio{nullptr, nullptr}; }), "one is null"));
  CHECK(says(thrown_by([] { return NativeBio{::BIO_new(::BIO_s_mem()), nullptr}; }), "one is null"));
  const Error error = thrown_by([] { return NativeBio{nullptr, ::BIO_new(::BIO_s_mem())}; });
  CHECK(error.kind() == ErrorKind::input);
  CHECK(error.operation() == Operation::make_connection);
}

TEST_CASE("the BIOs of an SSL are shared with it") {
  RawPair raw;
  const NativeBio bios = NativeBio::of(raw.client());
  CHECK(bios.reader() == ::SSL_get_rbio(raw.client()));
  CHECK(bios.writer() == ::SSL_get_wbio(raw.client()));
  REQUIRE(raw.handshake());
}

TEST_CASE("a closed descriptor under OpenSSL's BIO fails with errno") {
  const Descriptors sockets;
  const Context<Server> context{identity_of(default_server())};
  Connection server{context, NativeBio::socket(-1)};
  CHECK(server.handshake() == IoStatus::failed);
  CHECK(server.error().kind() == ErrorKind::system);
  CHECK(server.error().system_error() == EBADF);
}

TEST_CASE("a socket BIO knows whether it waits; a BIO without a descriptor does not wait") {
  const Descriptors sockets;
  const NativeBio bio = NativeBio::socket(sockets.ends[0]);
  CHECK_FALSE(bio.blocking());
  REQUIRE(::fcntl(sockets.ends[0], F_SETFL, 0) == 0);
  CHECK(bio.blocking());
  CHECK(NativeBio::descriptor_of(bio.reader()) == sockets.ends[0]);

  const NativeBio memory{::BIO_new(::BIO_s_mem()), ::BIO_new(::BIO_s_mem())};
  CHECK_FALSE(memory.blocking());
  CHECK(NativeBio::descriptor_of(memory.reader()) == -1);
}

TEST_CASE("the two BIOs of an SSL are shared with it, and stay its own") {
  const detail::Handle<&::SSL_CTX_free> context{::SSL_CTX_new(::TLS_client_method())};
  const detail::Handle<&::SSL_free> ssl{::SSL_new(context.get())};
  ::SSL_set0_rbio(ssl.get(), ::BIO_new_mem_buf("text", 4));
  ::SSL_set0_wbio(ssl.get(), ::BIO_new(::BIO_s_mem()));
  {
    NativeBio bio = NativeBio::of(ssl.get());
    CHECK(bio.reader() == ::SSL_get_rbio(ssl.get()));
    CHECK(bio.writer() == ::SSL_get_wbio(ssl.get()));
    std::byte room[2];
    CHECK(bio.receive(room) == ReadResult{IoStatus::done, 2});
  }
  char room[10];
  CHECK(::BIO_read(::SSL_get_rbio(ssl.get()), room, sizeof room) == 2);  // the rest
}

TEST_CASE("an SSL without BIOs, or with one of them, has no transport") {
  const detail::Handle<&::SSL_CTX_free> context{::SSL_CTX_new(::TLS_client_method())};
  const detail::Handle<&::SSL_free> ssl{::SSL_new(context.get())};
  CHECK(says(thrown_by([&] { return NativeBio::of(ssl.get()); }), "one is null"));
  ::SSL_set0_wbio(ssl.get(), ::BIO_new(::BIO_s_mem()));
  CHECK(says(thrown_by([&] { return NativeBio::of(ssl.get()); }), "one is null"));
}
