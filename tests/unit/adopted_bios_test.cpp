// SPDX-License-Identifier: MIT
// Who closes the descriptor under an SSL that is adopted.
#include <tlsmode/engine/adopted_bios.hpp>

#include <array>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include <tlsmode/kernel_tls.hpp>
#include <tlsmode/tlsmode.hpp>

#include "support/catch.hpp"
#include "support/raw_pair.hpp"
#include "support/tls_pair.hpp"

using namespace tlsmode;
using namespace tlsmode_tests;

namespace {

struct KernelClient : Client {
  static constexpr bool kernel_tls = true;
};

bool is_open(int descriptor) { return ::fcntl(descriptor, F_GETFD) >= 0; }

/// A raw client over a socket that its BIO closes, and a server at the other end.
struct Adoptable {
  Adoptable() {
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
    raw = pair.release_client().release();
    ::BIO* const closing = ::BIO_new_socket(ends[0], BIO_CLOSE);
    ::SSL_set_bio(raw, closing, closing);
  }
  RawPair pair;
  std::array<int, 2> ends{};
  ::SSL* raw = nullptr;
};

template <typename ClientConnection>
void talk(ClientConnection& client, int other_end) {
  const Context<Server> context{identity_of(default_server())};
  Connection server{context, Socket{other_end}};
  REQUIRE(shake_hands(client, server).done());
  CHECK(carry(client, server, "request") == "request");
}

}  // namespace

TEST_CASE("an adopted SSL whose BIO closes the descriptor goes on over a Socket that owns it") {
  Adoptable adoptable;
  {
    Connection<Client> client{adoptable.raw, Socket{adoptable.ends[0]}, PeerName{"server.example"}};
    REQUIRE(is_open(adoptable.ends[0]));
    talk(client, adoptable.ends[1]);
  }
  CHECK_FALSE(is_open(adoptable.ends[0]));  // once; a second close would hit whoever has the number by then
}

TEST_CASE("over a borrowed Socket the descriptor is the caller's, whatever the BIO was told") {
  Adoptable adoptable;
  {
    Connection<Client> client{adoptable.raw, Socket::borrow(adoptable.ends[0]), PeerName{"server.example"}};
    talk(client, adoptable.ends[1]);
  }
  CHECK(is_open(adoptable.ends[0]));
  ::close(adoptable.ends[0]);
}

TEST_CASE("a number that was closed and given to somebody else is not closed again") {
  Adoptable adoptable;
  int reused = -1;
  {
    Connection<Client> client{adoptable.raw, Socket{adoptable.ends[0]}, PeerName{"server.example"}};
    talk(client, adoptable.ends[1]);
    const int number = client.transport().release();
    ::close(number);
    reused = ::dup(0);
    REQUIRE(reused == number);
  }
  CHECK(is_open(reused));
  ::close(reused);
}

TEST_CASE("a descriptor of a BIO that is not the transport's stays open as long as the connection") {
  Adoptable adoptable;
  {
    Wire wire;
    const Context<Server> context{identity_of(default_server())};
    Connection<Client, WireEnd> client{adoptable.raw, WireEnd::client(wire), PeerName{"server.example"}};
    Connection server{context, WireEnd::server(wire)};
    CHECK(is_open(adoptable.ends[0]));
    REQUIRE(shake_hands(client, server).done());
    CHECK(is_open(adoptable.ends[0]));
  }
  CHECK_FALSE(is_open(adoptable.ends[0]));
  ::close(adoptable.ends[1]);
}

TEST_CASE("different BIOs for reading and writing are kept, too") {
  Adoptable adoptable;
  std::array<int, 2> more{};
  REQUIRE(::pipe(more.data()) == 0);
  ::SSL_set0_wbio(adoptable.raw, ::BIO_new_fd(more[1], BIO_CLOSE));
  {
    Wire wire;
    const Connection<Client, WireEnd> client{adoptable.raw, WireEnd::client(wire), PeerName{"server.example"}};
    CHECK(is_open(adoptable.ends[0]));
    CHECK(is_open(more[1]));
  }
  CHECK_FALSE(is_open(adoptable.ends[0]));
  CHECK_FALSE(is_open(more[1]));
  ::close(more[0]);
  ::close(adoptable.ends[1]);
}

TEST_CASE("an adopted SSL over its own BIOs closes what they close, at its end") {
  Adoptable adoptable;
  {
    Connection<Client, NativeBio> client{adoptable.raw, PeerName{"server.example"}};
    talk(client, adoptable.ends[1]);
  }
  CHECK_FALSE(is_open(adoptable.ends[0]));
}

TEST_CASE("kernel TLS over a descriptor that an adopted SSL would close leaves it to the caller") {
  Adoptable adoptable;
  {
    Connection<KernelClient, NativeBio> client{adoptable.raw, NativeBio::socket(adoptable.ends[0]),
                                               PeerName{"server.example"}};
    REQUIRE(is_open(adoptable.ends[0]));
    talk(client, adoptable.ends[1]);
  }
  CHECK(is_open(adoptable.ends[0]));
  ::close(adoptable.ends[0]);
}
