// SPDX-License-Identifier: MIT
// A socket that is closed while input waits in it: over TCP, where that can destroy what was sent.
#include <tlsmode/socket.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <tlsmode/poll_waiter.hpp>
#include <tlsmode/wait.hpp>

#include "support/catch.hpp"
#include "support/tls_pair.hpp"

using namespace tlsmode;
using namespace tlsmode_tests;

namespace {

/// Two non-blocking TCP sockets on 127.0.0.1. The one that hears has a small window: what is sent waits at the sender.
struct TcpPair {
  TcpPair() {
    const Socket listener{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    set(listener, SO_RCVBUF, 16 * 1024);
    ::sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::socklen_t size = sizeof address;
    REQUIRE(::bind(listener.native_handle(), reinterpret_cast<::sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(listener.native_handle(), 1) == 0);
    REQUIRE(::getsockname(listener.native_handle(), reinterpret_cast<::sockaddr*>(&address), &size) == 0);
    set(sender, SO_SNDBUF, 200 * 1024);
    REQUIRE(::connect(sender.native_handle(), reinterpret_cast<::sockaddr*>(&address), size) == 0);
    hearer = Socket{::accept4(listener.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    REQUIRE(::fcntl(sender.native_handle(), F_SETFL, O_NONBLOCK) == 0);
  }
  static void set(const Socket& socket, int option, int value) {
    REQUIRE(::setsockopt(socket.native_handle(), SOL_SOCKET, option, &value, sizeof value) == 0);
  }

  Socket sender{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  Socket hearer{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
};

constexpr std::size_t plenty = 3'000'000;

/// `sender` says 3 MB and close_notify, and goes without having read anything.
template <typename Sender, typename Hearer>
void check_that_all_arrives(std::optional<Sender>& sender, Hearer& hearer) {
  REQUIRE(shake_hands(*sender, hearer).done());
  const std::string text = pattern(plenty);
  REQUIRE(hearer.write(std::string_view{"nobody reads this"}).status == IoStatus::done);
  std::string heard;
  std::string buffer(16'384, '\0');
  const auto hear_once = [&] {  // no more than has to be, so that much is on its way in the end
    PollWaiter waiter{hearer.transport(), std::chrono::seconds{20}};
    const WaitResult result = read_some(hearer, buffer, waiter);
    heard.append(buffer.data(), result.bytes);
    return result.status;
  };
  WriteAllOperation write{*sender, text};
  while (would_block(write.advance())) REQUIRE(hear_once() == WaitStatus::done);
  REQUIRE(write.status() == IoStatus::done);
  ShutdownOperation shutdown{*sender};
  while (would_block(shutdown.advance())) REQUIRE(hear_once() == WaitStatus::done);
  REQUIRE(shutdown.status() == IoStatus::done);
  write.forget();
  REQUIRE(heard.size() + 100'000 < text.size());
  sender.reset();
  WaitStatus end = WaitStatus::done;
  while (end == WaitStatus::done) end = hear_once();
  CHECK(end == WaitStatus::closed);
  CHECK(heard.size() == text.size());
  CHECK((heard == text));
}

}  // namespace

TEMPLATE_TEST_CASE("what a client has sent arrives although it goes with input unread, the server's tickets too", "",
                   StrictWrites, PartialWrites, MovingWrites, PartialMovingWrites, BufferedWrites) {
  const Context<WithRule<Client, TestType>> client_context{trust_in(default_authority())};
  const Context<Server> server_context{identity_of(default_server())};
  TcpPair tcp;
  std::optional<Connection<WithRule<Client, TestType>>> client;
  client.emplace(client_context, std::move(tcp.sender), PeerName{"server.example"});
  Connection server{server_context, std::move(tcp.hearer)};
  check_that_all_arrives(client, server);
}

TEMPLATE_TEST_CASE("what a server has sent arrives although it goes with input unread", "", StrictWrites, PartialWrites,
                   MovingWrites, PartialMovingWrites, BufferedWrites) {
  const Context<Client> client_context{trust_in(default_authority())};
  const Context<WithRule<Server, TestType>> server_context{identity_of(default_server())};
  TcpPair tcp;
  std::optional<Connection<WithRule<Server, TestType>>> server;
  server.emplace(server_context, std::move(tcp.sender));
  Connection client{client_context, std::move(tcp.hearer), PeerName{"server.example"}};
  check_that_all_arrives(server, client);
}

TEST_CASE("a socket that has sent nothing is closed without a word: another process may go on with it") {
  TcpPair tcp;
  const int kept = ::dup(tcp.sender.native_handle());
  REQUIRE(kept >= 0);
  REQUIRE(tcp.hearer.send(std::as_bytes(std::span{"x", 1})).bytes == 1);
  {
    const Socket gone{std::move(tcp.sender)};
  }
  Socket other{kept};
  REQUIRE(::fcntl(kept, F_SETFL, O_NONBLOCK) == 0);
  std::byte byte{};
  REQUIRE(other.send(std::span{&byte, 1}).bytes == 1);
  CHECK(other.receive(std::span{&byte, 1}).bytes == 1);
}

TEST_CASE("a socket that has sent something reads what has come when it is closed, also where it was moved to") {
  TcpPair tcp;
  const int kept = ::dup(tcp.sender.native_handle());
  Socket other{kept};
  REQUIRE(tcp.sender.send(std::as_bytes(std::span{"x", 1})).bytes == 1);
  REQUIRE(tcp.hearer.send(std::as_bytes(std::span{"yz", 2})).bytes == 2);
  {
    Socket moved{std::move(tcp.sender)};
    Socket assigned{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    assigned = std::move(moved);
  }
  REQUIRE(::fcntl(kept, F_SETFL, O_NONBLOCK) == 0);
  std::byte room[4];
  CHECK(other.receive(room) == ReadResult{IoStatus::want_read, 0});
}
