// SPDX-License-Identifier: MIT
#include <tlsmode/socket.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "support/catch.hpp"
#include "support/thrown.hpp"

using namespace tlsmode;
using namespace tlsmode_tests;

namespace {

std::array<int, 2> socket_pair(int type = SOCK_STREAM) {
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, type, 0, ends.data()) == 0);
  return ends;
}

bool is_open(int descriptor) { return ::fcntl(descriptor, F_GETFD) >= 0; }

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span{text}); }

std::string received(Socket& socket) {
  char buffer[100];
  const ReadResult result = socket.receive(std::as_writable_bytes(std::span{buffer}));
  REQUIRE(result.status == IoStatus::done);
  return {buffer, result.bytes};
}

WriteResult fill(Socket& socket) {
  const std::string block(65536, 'x');
  WriteResult result{IoStatus::done, 0};
  while (result.status == IoStatus::done) result = socket.send(bytes(block));
  return result;
}

}  // namespace

TEST_CASE("a socket owns its descriptor and closes it") {
  const auto [mine, peer] = socket_pair();
  const Socket other{peer};
  {
    const Socket socket{mine};
    CHECK(socket.native_handle() == mine);
  }
  CHECK_FALSE(is_open(mine));
}

TEST_CASE("a borrowed descriptor stays open") {
  const auto [mine, peer] = socket_pair();
  const Socket owner{mine};
  const Socket other{peer};
  {
    const Socket socket = Socket::borrow(mine);
  }
  CHECK(is_open(mine));
}

TEST_CASE("a released descriptor is the caller's") {
  const auto [mine, peer] = socket_pair();
  const Socket other{peer};
  {
    Socket socket{mine};
    CHECK(socket.release() == mine);
    CHECK(socket.native_handle() == -1);
  }
  CHECK(is_open(mine));
  ::close(mine);
}

TEST_CASE("moving a socket moves its descriptor, and closes the one it replaces") {
  const auto [a, b] = socket_pair();
  const auto [c, d] = socket_pair();
  const Socket peer_b{b};
  const Socket peer_d{d};
  Socket first{a};
  Socket second{c};
  second = std::move(first);
  CHECK(second.native_handle() == a);
  CHECK(first.native_handle() == -1);
  CHECK_FALSE(is_open(c));
  const Socket third{std::move(second)};
  CHECK(third.native_handle() == a);
  CHECK(is_open(a));
}

TEST_CASE("a socket sends and receives bytes, two spans as one") {
  const auto [mine, other] = socket_pair();
  Socket socket{mine};
  Socket peer{other};
  CHECK(socket.send(bytes("one")) == WriteResult{IoStatus::done, 3});
  CHECK(received(peer) == "one");
  CHECK(peer.send(bytes("two "), bytes("three")) == WriteResult{IoStatus::done, 9});
  CHECK(received(socket) == "two three");
}

TEST_CASE("a non-blocking socket says what to wait for") {
  const auto [mine, other] = socket_pair(SOCK_STREAM | SOCK_NONBLOCK);
  Socket socket{mine};
  const Socket peer{other};
  CHECK_FALSE(socket.blocking());
  std::byte room[10];
  CHECK(socket.receive(room) == ReadResult{IoStatus::want_read, 0});
  CHECK(fill(socket) == WriteResult{IoStatus::want_write, 0});
  CHECK(socket.send(bytes("a"), bytes("b")) == WriteResult{IoStatus::want_write, 0});
}

TEST_CASE("a blocking socket knows that it is one") {
  const auto [mine, other] = socket_pair();
  const Socket peer{other};
  CHECK(Socket{mine}.blocking());
}

TEST_CASE("a peer that closed is the end of the stream, after its last bytes") {
  const auto [mine, other] = socket_pair();
  Socket socket{mine};
  {
    REQUIRE(Socket{other}.send(bytes("last")).status == IoStatus::done);
  }
  CHECK(received(socket) == "last");
  std::byte room[10];
  CHECK(socket.receive(room) == ReadResult{IoStatus::closed, 0});
}

TEST_CASE("writing to a peer that is gone fails with EPIPE and raises no SIGPIPE") {
  struct ::sigaction action{};
  REQUIRE(::sigaction(SIGPIPE, nullptr, &action) == 0);
  REQUIRE(action.sa_handler == SIG_DFL);  // the signal would end this program

  const auto [mine, other] = socket_pair();
  Socket socket{mine};
  ::close(other);
  CHECK(socket.send(bytes("into the void")) == WriteResult{IoStatus::failed, 0});
  CHECK(errno == EPIPE);
  CHECK(socket.send(bytes("into"), bytes("the void")) == WriteResult{IoStatus::failed, 0});
  CHECK(errno == EPIPE);
}

TEST_CASE("what is no open descriptor is refused") {
  CHECK(says(thrown_by([] { return Socket{-1}; }), "this is not an open descriptor"));

  const auto [mine, other] = socket_pair();
  ::close(mine);
  ::close(other);
  const Error error = thrown_by([closed = mine] { return Socket{closed}; });
  CHECK(error.kind() == ErrorKind::system);
  CHECK(error.operation() == Operation::open_socket);
  CHECK(error.system_error() == EBADF);
  CHECK(says(error, "Remedy: give the descriptor of a connected TCP or Unix stream socket"));
}

TEST_CASE("a file is refused, and closed only if it was to be owned") {
  const int borrowed = ::open("/dev/null", O_RDWR);
  const Error error = thrown_by([&] { return Socket::borrow(borrowed); });
  CHECK(error.system_error() == ENOTSOCK);
  CHECK(says(error, "this is not a stream socket"));
  CHECK(is_open(borrowed));
  CHECK(thrown_by([&] { return Socket{borrowed}; }).kind() == ErrorKind::system);
  CHECK_FALSE(is_open(borrowed));
}

TEST_CASE("a datagram socket is refused") {
  const auto [mine, other] = socket_pair(SOCK_DGRAM);
  const Error error = thrown_by([descriptor = mine] { return Socket{descriptor}; });
  CHECK(error.operation() == Operation::open_socket);
  CHECK(says(error, "this is not a stream socket"));
  ::close(other);
}

TEST_CASE("a descriptor that is closed behind the socket's back fails with EBADF") {
  const auto [mine, other] = socket_pair();
  const Socket peer{other};
  Socket socket = Socket::borrow(mine);
  ::close(mine);
  std::byte room[10];
  CHECK(socket.receive(room) == ReadResult{IoStatus::failed, 0});
  CHECK(errno == EBADF);
  CHECK(socket.send(bytes("x")) == WriteResult{IoStatus::failed, 0});
  CHECK(errno == EBADF);
}

TEST_CASE("a socket that was moved from fails and touches nothing") {
  const auto [mine, other] = socket_pair();
  const Socket peer{other};
  Socket socket{mine};
  const Socket owner{std::move(socket)};
  std::byte room[10];
  CHECK(socket.receive(room).status == IoStatus::failed);
  CHECK(socket.send(bytes("x")).status == IoStatus::failed);
}

namespace {

// What the signal handler does at its third call: makes the interrupted call able to go on.
volatile std::sig_atomic_t interruptions = 0;
volatile std::sig_atomic_t handler_descriptor = -1;
volatile std::sig_atomic_t handler_drains = 0;

void on_alarm(int) {
  const int saved = errno;
  interruptions = interruptions + 1;
  if (interruptions >= 3) {
    static char space[1 << 16];
    while (handler_drains != 0 && ::recv(handler_descriptor, space, sizeof space, MSG_DONTWAIT) > 0) {
    }
    if (handler_drains == 0 && interruptions == 3) static_cast<void>(!::write(handler_descriptor, "x", 1));
  }
  errno = saved;
}

/// Interrupts the thread every millisecond, as long as it exists.
class Alarms {
 public:
  explicit Alarms(int descriptor, bool drains) {
    interruptions = 0;
    handler_descriptor = descriptor;
    handler_drains = drains ? 1 : 0;
    struct ::sigaction action{};
    action.sa_handler = &on_alarm;  // and no SA_RESTART
    ::sigaction(SIGALRM, &action, &before_);
    const ::itimerval every{{0, 1000}, {0, 1000}};
    ::setitimer(ITIMER_REAL, &every, nullptr);
  }
  ~Alarms() {
    const ::itimerval never{};
    ::setitimer(ITIMER_REAL, &never, nullptr);
    ::sigaction(SIGALRM, &before_, nullptr);
  }
  Alarms(const Alarms&) = delete;
  Alarms& operator=(const Alarms&) = delete;

 private:
  struct ::sigaction before_{};
};

}  // namespace

TEST_CASE("a receive that signals interrupt goes on") {
  const auto [mine, other] = socket_pair();
  Socket socket{mine};
  const Socket peer{other};
  const Alarms alarms{other, false};
  CHECK(received(socket) == "x");
  CHECK(interruptions >= 3);
}

TEST_CASE("a send that signals interrupt goes on") {
  const auto [mine, other] = socket_pair();
  Socket socket{mine};
  const Socket peer{other};
  REQUIRE(::fcntl(mine, F_SETFL, O_NONBLOCK) == 0);
  REQUIRE(fill(socket).status == IoStatus::want_write);
  REQUIRE(::fcntl(mine, F_SETFL, 0) == 0);
  const Alarms alarms{other, true};
  CHECK(socket.send(bytes("x")) == WriteResult{IoStatus::done, 1});
  CHECK(interruptions >= 3);
}

TEST_CASE("a socket that is moved to itself is still the same") {
  Socket socket{::socket(AF_UNIX, SOCK_STREAM, 0)};
  const int descriptor = socket.native_handle();
  Socket& itself = socket;
  socket = std::move(itself);
  CHECK(socket.native_handle() == descriptor);
  CHECK(::fcntl(descriptor, F_GETFD) >= 0);
}
