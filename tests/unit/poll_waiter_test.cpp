// SPDX-License-Identifier: MIT
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <stop_token>
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

/// Another thread calls `act`, once the caller of this waits for something; at once where there is no /proc to see that in.
template <typename Act>
std::jthread once_this_thread_sleeps(Act act) {
  const std::string stat = "/proc/self/task/" + std::to_string(::gettid()) + "/stat";
  return std::jthread{[stat, act] {
    std::string text;
    while (text.find(") S") == std::string::npos && std::getline(std::ifstream{stat}, text)) {
    }
    act();
  }};
}
std::jthread write_once_this_thread_sleeps(int descriptor) {
  return once_this_thread_sleeps([descriptor] { static_cast<void>(::write(descriptor, "x", 1) == 1); });
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
  ManualClock::current = {};
  tlsmode::BasicPollWaiter<ManualClock> waiter{pair.ours, std::chrono::seconds{1}};
  CHECK(waiter.wait(Readiness::write) == WaitStatus::done);
  CHECK(waiter.wait(Readiness::either) == WaitStatus::done);
  waiter.restart(std::chrono::seconds{0});
  CHECK(waiter.wait(Readiness::read) == WaitStatus::timeout);
  CHECK(waiter.error().kind() == tlsmode::ErrorKind::timeout);
  REQUIRE(::write(pair.theirs, "x", 1) == 1);
  waiter.restart(std::chrono::seconds{1});
  CHECK(waiter.wait(Readiness::read) == WaitStatus::done);
}

TEST_CASE("a passed deadline is a timeout although the socket is ready; the first wait looks at it in any case") {
  const SocketPair pair;
  ManualClock::current = {};
  REQUIRE(::write(pair.theirs, "x", 1) == 1);
  tlsmode::BasicPollWaiter<ManualClock> waiter{pair.ours, std::chrono::milliseconds{50}};
  CHECK(waiter.wait(Readiness::either) == WaitStatus::done);
  CHECK(waiter.wait(Readiness::either) == WaitStatus::done);
  ManualClock::current += std::chrono::milliseconds{50};
  CHECK(waiter.wait(Readiness::either) == WaitStatus::timeout);
  waiter.restart(std::chrono::seconds{0});
  CHECK(waiter.wait(Readiness::either) == WaitStatus::done);
  CHECK(waiter.wait(Readiness::either) == WaitStatus::timeout);
}

TEST_CASE("a poll waiter says without a wait whether the deadline has passed, or a stop was requested") {
  const SocketPair pair;
  ManualClock::current = {};
  std::stop_source source;
  tlsmode::BasicPollWaiter<ManualClock> waiter{pair.ours, std::chrono::milliseconds{50}, source.get_token()};
  CHECK(waiter.check() == WaitStatus::done);
  ManualClock::current += std::chrono::milliseconds{50};
  CHECK(waiter.check() == WaitStatus::timeout);
  CHECK(waiter.error().kind() == tlsmode::ErrorKind::timeout);
  source.request_stop();
  CHECK(waiter.check() == WaitStatus::interrupted);
  CHECK(waiter.error().kind() == tlsmode::ErrorKind::interrupted);
  CHECK(tlsmode::BasicPollWaiter<ManualClock>{pair.ours}.check() == WaitStatus::done);
}

TEST_CASE("a stop ends a wait: one that was requested before, and one that is requested meanwhile") {
  const SocketPair pair;
  std::stop_source source;
  const bool with_deadline = GENERATE(false, true);
  const auto make = [&] {
    return with_deadline ? tlsmode::PollWaiter{pair.ours, std::chrono::hours{1}, source.get_token()}
                         : tlsmode::PollWaiter{pair.ours, source.get_token()};
  };
  tlsmode::PollWaiter before = make();
  CHECK(before.wait(Readiness::write) == WaitStatus::done);
  {
    const std::jthread stopper = once_this_thread_sleeps([&] { source.request_stop(); });
    CHECK(before.wait(Readiness::read) == WaitStatus::interrupted);
  }
  CHECK(before.error().kind() == tlsmode::ErrorKind::interrupted);
  CHECK(before.wait(Readiness::write) == WaitStatus::interrupted);  // and stays so, ready or not
  tlsmode::PollWaiter after = make();
  CHECK(after.wait(Readiness::write) == WaitStatus::interrupted);
  tlsmode::PollWaiter moved{std::move(after)};
  CHECK(moved.wait(Readiness::write) == WaitStatus::interrupted);
}

TEST_CASE("a stop that nobody waits for any more does no harm") {
  const SocketPair pair;
  std::stop_source source;
  {
    const tlsmode::PollWaiter waiter{pair.ours, source.get_token()};
  }
  CHECK(source.request_stop());
}

TEST_CASE("any descriptor interrupts a wait as soon as it is readable") {
  const SocketPair pair;
  const SocketPair other;
  tlsmode::PollWaiter waiter{pair.ours, std::chrono::hours{1}};
  waiter.interrupt_on(other.ours.native_handle());
  CHECK(waiter.wait(Readiness::write) == WaitStatus::done);
  REQUIRE(::write(other.theirs, "x", 1) == 1);
  CHECK(waiter.wait(Readiness::write) == WaitStatus::interrupted);
  waiter.interrupt_on(-1);
  CHECK(waiter.wait(Readiness::write) == WaitStatus::done);
  waiter.interrupt_on(1 << 20);  // not open
  CHECK(waiter.wait(Readiness::write) == WaitStatus::wait_failed);
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
