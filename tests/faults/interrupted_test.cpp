// SPDX-License-Identifier: MIT
// Signals in the middle of system calls: counted ones, and real ones while the call blocks.
#include <csignal>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <sys/time.h>

#include <tlsmode/poll_waiter.hpp>
#include <tlsmode/wait.hpp>

#include "faults/peer_process.hpp"
#include "faults/system_calls.hpp"

using namespace faults;
using namespace tlsmode_tests;
using namespace tlsmode;

TEMPLATE_TEST_CASE("calls that are interrupted any number of times are made again", "", StrictWrites, PartialWrites,
                   MovingWrites, PartialMovingWrites, BufferedWrites) {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const unsigned times = GENERATE(1U, 7U, 1000U);
  const Ends ends = tcp_ends(4096);
  Subject<TestType> client{ends.ours, version};
  Peer peer{ends.theirs, version};
  Watched watched{ends.ours};
  watched.interruptions = times;
  REQUIRE(shake_hands(client, peer));

  const std::string text = pattern(200'000);
  CHECK((carry_over(client, peer, text) == text));

  peer.say("answer");
  REQUIRE(peer.connection.shutdown() == IoStatus::done);
  while (peer.waiting() != 0) peer.give();
  Heard heard = clean(hear(client.connection));
  while (heard.end == IoStatus::want_read) {
    REQUIRE(await(ends.ours, POLLIN) != 0);
    const Heard more = clean(hear(client.connection));
    heard = {heard.text + more.text, more.end};
  }
  CHECK(heard.text == "answer");
  CHECK(heard.end == IoStatus::closed);
  CHECK(clean(client.connection.shutdown()) == IoStatus::done);
  CHECK(watched.interrupted == times * (watched.sends + watched.receives));
}

namespace {

volatile std::sig_atomic_t countdown = 0;  // at 0 the peer is told to go on
volatile std::sig_atomic_t telephone = -1;

void on_alarm(int) {
  const int saved = errno;
  if (countdown > 0) {
    countdown = countdown - 1;
    if (countdown == 0) static_cast<void>(!::write(telephone, "g", 1));
  }
  errno = saved;
}

/// Interrupts this thread every millisecond, as long as it exists. SA_RESTART is off.
class Storm {
 public:
  explicit Storm(int command) {
    telephone = command;
    struct ::sigaction action{};
    action.sa_handler = &on_alarm;
    ::sigaction(SIGALRM, &action, &before_);
    const ::itimerval every{{0, 1000}, {0, 1000}};
    ::setitimer(ITIMER_REAL, &every, nullptr);
  }
  ~Storm() {
    const ::itimerval never{};
    ::setitimer(ITIMER_REAL, &never, nullptr);
    ::sigaction(SIGALRM, &before_, nullptr);
  }
  Storm(const Storm&) = delete;
  Storm& operator=(const Storm&) = delete;

 private:
  struct ::sigaction before_{};
};

/// Answers when told to, and then reads everything when told to.
void answer_when_told(Peer& peer, int command) {
  peer.shake_hands();
  PeerProcess::hear(command);
  peer.say("answer");
  peer.give();
  PeerProcess::hear(command);
  if (peer.hear_end() != IoStatus::closed) ::_exit(1);
  static_cast<void>(peer.connection.shutdown());
  peer.give();
}

const std::string plenty = pattern(1'000'000);

}  // namespace

TEMPLATE_TEST_CASE("a storm of signals does not disturb calls that block", "", StrictWrites, PartialWrites,
                   MovingWrites, PartialMovingWrites, BufferedWrites) {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const bool waits_in_poll = GENERATE(false, true);
  PeerProcess process{{Carrier::tcp, Ending::closed, version}, &answer_when_told, 4096};
  Subject<TestType> client{process.descriptor, version};
  auto& connection = client.connection;
  REQUIRE(::fcntl(process.descriptor, F_SETFL, 0) == 0);
  std::optional<PollWaiter> waiter;
  if (waits_in_poll) waiter.emplace(connection.transport());
  const auto wait = [&](IoStatus status) {
    if (status == IoStatus::want_read || status == IoStatus::want_write) {
      REQUIRE(waits_in_poll);
      REQUIRE(waiter->wait(status == IoStatus::want_read ? Readiness::read : Readiness::write) == WaitStatus::done);
      return true;
    }
    return false;
  };
  const Storm storm{process.command()};
  IoStatus status = IoStatus::done;
  do status = clean(connection.handshake());
  while (wait(status));
  REQUIRE(status == IoStatus::done);

  countdown = 3;
  char buffer[100];
  ReadResult read{};
  do read = clean(connection.read(buffer));
  while (wait(read.status));
  CHECK(countdown == 0);
  CHECK(std::string_view{buffer, read.bytes} == "answer");

  countdown = 3;
  const IoStatus said = say(connection, plenty, [&] {
    REQUIRE(waits_in_poll);
    REQUIRE(waiter->wait(Readiness::write) == WaitStatus::done);
  });
  CHECK(clean(said) == IoStatus::done);
  CHECK(countdown == 0);
  do status = clean(connection.shutdown());
  while (wait(status));
  CHECK(status == IoStatus::done);
  do read = clean(connection.read(buffer));
  while (wait(read.status));
  CHECK(read == ReadResult{IoStatus::closed, 0});
}
