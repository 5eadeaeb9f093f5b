// SPDX-License-Identifier: MIT
// SIGPIPE has its default action here, and ends a process that is sent it.
#include <csignal>
#include <string>
#include <string_view>

#include <sys/wait.h>

#include "faults/ends.hpp"

using namespace faults;
using namespace tlsmode_tests;
using namespace tlsmode;

namespace {

const std::string plenty = pattern(100'000);

/// Every call that sends, three times. Returns: how many of them did not fail.
template <typename Client>
int calls_that_succeed(Client& client) {
  int succeeded = 0;
  for (int times = 0; times != 3; ++times) {
    succeeded += client.connection.write(plenty).status == IoStatus::failed ? 0 : 1;
    succeeded += client.connection.flush() == IoStatus::failed ? 0 : 1;
    succeeded += client.connection.shutdown() == IoStatus::failed ? 0 : 1;
  }
  return succeeded;
}

/// What became of a process that does `act` with SIGPIPE at its default, as waitpid says.
template <typename Act>
int fate_of(Act act) {
  const ::pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::signal(SIGPIPE, SIG_DFL);
    ::sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::_exit(act());
  }
  int fate = -1;
  while (::waitpid(child, &fate, 0) < 0 && errno == EINTR) {
  }
  return fate;
}

}  // namespace

TEST_CASE("a process that writes to a closed socket by itself is killed by SIGPIPE") {
  const int fate = fate_of([] {
    int both[2];
    if (::pipe(both) != 0) return 1;
    ::close(both[0]);
    return ::write(both[1], "x", 1) == 1 ? 2 : 3;
  });
  CHECK(WIFSIGNALED(fate));
}

TEMPLATE_TEST_CASE("no call of a connection whose peer is gone raises SIGPIPE", "", StrictWrites, PartialWrites,
                   MovingWrites, PartialMovingWrites, BufferedWrites) {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const bool over_tcp = GENERATE(false, true);
  const Ends ends = over_tcp ? tcp_ends() : unix_ends();
  Subject<TestType> client{ends.ours, version};
  Peer peer{ends.theirs, version};
  REQUIRE(shake_hands(client, peer));
  over_tcp ? peer.reset() : peer.close();
  REQUIRE(await(ends.ours, POLLRDHUP) != 0);
  const int fate = fate_of([&] { return calls_that_succeed(client); });
  CHECK(WIFEXITED(fate));
  CHECK(WEXITSTATUS(fate) == 0);
}

TEST_CASE("a handshake with a peer that is gone raises no SIGPIPE") {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const bool over_tcp = GENERATE(false, true);
  const Ends ends = over_tcp ? tcp_ends() : unix_ends();
  Subject<StrictWrites> client{ends.ours, version};
  ::close(ends.theirs);
  REQUIRE(await(ends.ours, POLLRDHUP) != 0);
  const int fate = fate_of([&] {
    const IoStatus first = client.connection.handshake();
    const IoStatus second = client.connection.handshake();
    return first == IoStatus::truncated && second == IoStatus::truncated ? 0 : 1;
  });
  CHECK(fate == 0);
}
