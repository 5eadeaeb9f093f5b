// SPDX-License-Identifier: MIT
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <string>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <tlsmode/poll_waiter.hpp>

#include "support/catch.hpp"
#include "support/thrown.hpp"

using tlsmode::Readiness;
using tlsmode::WaitStatus;
using tlsmode_tests::thrown_by;

namespace {

/// A clock that moves when it is told to.
struct ManualClock {
  using duration = std::chrono::milliseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<ManualClock>;
  static inline time_point current{};
  static time_point now() noexcept { return current; }
};

/// A clock of which a millisecond passes with the fourth look at it, and not with time.
struct ImpatientClock {
  using duration = std::chrono::milliseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<ImpatientClock>;
  static inline int reads = 0;
  static time_point now() noexcept { return time_point{duration{++reads > 3 ? 1 : 0}}; }
};

struct SocketPair {
  SocketPair() {
    int both[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, both) == 0);
    ours = tlsmode::Socket{both[0]};
    theirs = both[1];
  }
  SocketPair(const SocketPair&) = delete;
  SocketPair& operator=(const SocketPair&) = delete;
  ~SocketPair() { ::close(theirs); }

  tlsmode::Socket ours = tlsmode::Socket{::socket(AF_UNIX, SOCK_STREAM, 0)};
  int theirs = -1;
};

/// Another thread writes a byte to `descriptor`, once the caller of this waits for something; at once where there is no
/// /proc to see that in.
std::jthread write_once_this_thread_sleeps(int descriptor) {
  const std::string stat = "/proc/self/task/" + std::to_string(::gettid()) + "/stat";
  return std::jthread{[stat, descriptor] {
    std::string text;
    while (text.find(") S") == std::string::npos && std::getline(std::ifstream{stat}, text)) {
    }
    static_cast<void>(::write(descriptor, "x", 1) == 1);
  }};
}

}  // namespace

TEST_CASE("a poll waiter makes its socket non-blocking, so that all waiting is done in it") {
  const SocketPair pair;
  CHECK(pair.ours.blocking());
  const tlsmode::PollWaiter waiter{pair.ours};
  CHECK_FALSE(pair.ours.blocking());
}

TEST_CASE("a poll waiter sees input and room, and reports a passed deadline as a timeout") {
  const SocketPair pair;
  tlsmode::BasicPollWaiter<ManualClock> waiter{pair.ours, std::chrono::seconds{0}};
  CHECK(waiter.wait(Readiness::write) == WaitStatus::done);
  CHECK(waiter.wait(Readiness::either) == WaitStatus::done);
  CHECK(waiter.wait(Readiness::read) == WaitStatus::timeout);
  CHECK(waiter.error().kind() == tlsmode::ErrorKind::timeout);
  REQUIRE(::write(pair.theirs, "x", 1) == 1);
  CHECK(waiter.wait(Readiness::read) == WaitStatus::done);
}

TEST_CASE("a deadline stays where it is from wait to wait, until it is moved") {
  const SocketPair pair;
  ManualClock::current = {};
  tlsmode::BasicPollWaiter<ManualClock> waiter{pair.ours, std::chrono::milliseconds{50}};
  ManualClock::current += std::chrono::milliseconds{50};
  CHECK(waiter.wait(Readiness::read) == WaitStatus::timeout);
  waiter.restart(std::chrono::hours{1});
  REQUIRE(::write(pair.theirs, "x", 1) == 1);
  CHECK(waiter.wait(Readiness::read) == WaitStatus::done);
}

TEST_CASE("the end of the stream is something to read, not an error of the waiter") {
  SocketPair pair;
  ::shutdown(pair.theirs, SHUT_RDWR);
  tlsmode::PollWaiter waiter{pair.ours, std::chrono::seconds{0}};
  CHECK(waiter.wait(Readiness::read) == WaitStatus::done);
}

TEST_CASE("a waiter on a closed descriptor says so") {
  const SocketPair pair;
  tlsmode::PollWaiter waiter{pair.ours, std::chrono::seconds{0}};
  const int kept = ::dup(pair.ours.native_handle());
  REQUIRE(::close(pair.ours.native_handle()) == 0);
  CHECK(waiter.wait(Readiness::read) == WaitStatus::wait_failed);
  CHECK(waiter.error().kind() == tlsmode::ErrorKind::system);
  CHECK(waiter.error().system_error() == EBADF);
  REQUIRE(::dup2(kept, pair.ours.native_handle()) >= 0);  // for the socket to close
  ::close(kept);
}

TEST_CASE("a waiter without a deadline waits until the socket is ready") {
  const SocketPair pair;
  tlsmode::PollWaiter waiter{pair.ours};
  const std::jthread writer = write_once_this_thread_sleeps(pair.theirs);
  CHECK(waiter.wait(Readiness::read) == WaitStatus::done);
  CHECK(waiter.error().kind() == tlsmode::ErrorKind::none);
}

TEST_CASE("a deadline that is further away than poll can wait is not in the past") {
  const SocketPair pair;
  ManualClock::current = {};
  tlsmode::BasicPollWaiter<ManualClock> waiter{pair.ours, std::chrono::milliseconds{std::int64_t{1} << 32}};
  const std::jthread writer = write_once_this_thread_sleeps(pair.theirs);
  CHECK(waiter.wait(Readiness::read) == WaitStatus::done);
}

TEST_CASE("a poll that ends before the deadline has passed is done again") {
  const SocketPair pair;
  ImpatientClock::reads = 0;
  tlsmode::BasicPollWaiter<ImpatientClock> waiter{pair.ours, std::chrono::milliseconds{1}};
  CHECK(waiter.wait(Readiness::read) == WaitStatus::timeout);
  CHECK(ImpatientClock::reads == 5);  // for the deadline; before and after each of two polls
}

TEST_CASE("a waiter for a socket that was moved from is refused") {
  SocketPair pair;
  const tlsmode::Socket moved{std::move(pair.ours)};
  const tlsmode::Error error = thrown_by([&] { return tlsmode::PollWaiter{pair.ours}; });
  CHECK(error.kind() == tlsmode::ErrorKind::system);
  CHECK(error.operation() == tlsmode::Operation::wait);
  CHECK(error.system_error() == EBADF);
}
