// SPDX-License-Identifier: MIT
// A peer that vanishes without a word looks like this one: its socket is there, and nothing comes or goes.
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include <malloc.h>

#include <tlsmode/poll_waiter.hpp>
#include <tlsmode/wait.hpp>

#include "faults/ends.hpp"
#include "faults/system_calls.hpp"

using namespace faults;
using namespace tlsmode_tests;
using namespace tlsmode;

namespace {

constexpr std::size_t calls = 1'000;
const std::string plenty = pattern(4'000'000);

/// A client and its peer after the handshake. Unix sockets: TCP lets a little more through now and then.
template <typename Rule>
struct Pair {
  explicit Pair(int version) : ends{unix_ends()}, client{ends.ours, version}, peer{ends.theirs, version} {
    REQUIRE(shake_hands(client, peer));
  }
  Ends ends;
  Subject<Rule> client;
  Peer peer;
};

/// The caller's side of a long write, call by call.
template <typename Client>
struct Writing {
  Client& client;
  std::string_view rest = plenty;
  IoStatus step() {
    const bool pending = client.connection.pending_write().length != 0;
    const WriteResult result = pending ? client.go_on(rest) : clean(client.connection.write(rest));
    rest.remove_prefix(result.bytes);
    return rest.empty() && result.status == IoStatus::done ? clean(client.connection.flush()) : result.status;
  }
};

std::size_t heap() {
  const struct ::mallinfo2 info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

}  // namespace

TEST_CASE("a peer that never answers keeps a handshake waiting, at one receive per call, until a deadline passes") {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const Ends ends = tcp_ends();
  Subject<StrictWrites> client{ends.ours, version};
  const Watched watched{ends.ours};
  for (std::size_t call = 0; call != calls; ++call) {
    REQUIRE(clean(client.connection.handshake()) == IoStatus::want_read);
  }
  CHECK(watched.sends == 1);
  CHECK(watched.receives <= calls);
  PollWaiter waiter{client.connection.transport(), std::chrono::seconds{0}};
  CHECK(tlsmode::handshake(client.connection, waiter) == WaitStatus::timeout);
  CHECK(waiter.error().kind() == ErrorKind::timeout);
  Peer peer{ends.theirs, version};
  CHECK(shake_hands(client, peer));  // it was only slow
}

TEST_CASE("a peer that never answers keeps a read waiting, at one receive per call, until a deadline passes") {
  Pair<StrictWrites> pair{GENERATE(TLS1_2_VERSION, TLS1_3_VERSION)};
  auto& connection = pair.client.connection;
  REQUIRE(clean(hear(connection)).end == IoStatus::want_read);
  const Watched watched{pair.ends.ours};
  char buffer[100];
  for (std::size_t call = 0; call != calls; ++call) {
    REQUIRE(clean(connection.read(buffer)) == ReadResult{IoStatus::want_read, 0});
  }
  CHECK(watched.sends == 0);
  CHECK(watched.receives <= calls);
  PollWaiter waiter{connection.transport(), std::chrono::seconds{0}};
  CHECK(read_some(connection, buffer, waiter) == WaitResult{WaitStatus::timeout, 0});
  pair.peer.say("here I am");
  pair.peer.give();
  waiter.restart(std::chrono::milliseconds{patience});
  CHECK(read_some(connection, buffer, waiter) == WaitResult{WaitStatus::done, 9});
}

TEMPLATE_TEST_CASE("a peer that never reads keeps a write waiting, at one send per call, until a deadline passes", "",
                   StrictWrites, PartialWrites, MovingWrites, PartialMovingWrites, BufferedWrites) {
  Pair<TestType> pair{GENERATE(TLS1_2_VERSION, TLS1_3_VERSION)};
  auto& connection = pair.client.connection;
  pair.client.congest(plenty);
  const Watched watched{pair.ends.ours};
  for (std::size_t call = 0; call != calls; ++call) {
    REQUIRE(pair.client.go_on(plenty) == WriteResult{IoStatus::want_write, 0});
  }
  CHECK(watched.sends <= calls);
  CHECK(watched.receives == 0);
  connection.cancel_write();
  PollWaiter waiter{connection.transport(), std::chrono::seconds{0}};
  CHECK(write_all(connection, plenty, waiter).status == WaitStatus::timeout);
  CHECK(waiter.error().kind() == ErrorKind::timeout);
  CHECK(connection.error().kind() == ErrorKind::timeout);
  CHECK(tlsmode::shutdown(connection, waiter) == WaitStatus::timeout);
}

TEMPLATE_TEST_CASE("a peer that stops reading costs bounded memory, is heard meanwhile, and gets everything in order",
                   "", StrictWrites, PartialWrites, MovingWrites, PartialMovingWrites, BufferedWrites) {
  Pair<TestType> pair{GENERATE(TLS1_2_VERSION, TLS1_3_VERSION)};
  auto& connection = pair.client.connection;
  Writing<Subject<TestType>> writing{pair.client};
  const std::size_t before = heap();
  IoStatus status = IoStatus::done;
  for (int step = 0; step != 10'000 && status == IoStatus::done; ++step) status = writing.step();
  REQUIRE(status == IoStatus::want_write);
  for (std::size_t call = 0; call != calls; ++call) REQUIRE(writing.step() == IoStatus::want_write);
  CHECK(heap() < before + 2 * Client::batch_size + 64 * 1024);

  for (int times = 0; times != 100; ++times) {
    pair.peer.say("still there");
    pair.peer.give();
    REQUIRE(await(pair.ends.ours, POLLIN) != 0);
    std::string heard;
    while (heard.size() != 11) {
      const Heard more = clean(hear(connection));
      heard += more.text;
      REQUIRE((more.end == IoStatus::want_read || more.end == IoStatus::want_write));
    }
    REQUIRE(heard == "still there");
    REQUIRE(writing.step() == IoStatus::want_write);
  }
  CHECK(heap() < before + 2 * Client::batch_size + 64 * 1024);

  std::string arrived;
  for (std::size_t round = 0; round != 1'000'000 && arrived.size() != plenty.size(); ++round) {
    if (!writing.rest.empty() || connection.wants_write()) {
      status = writing.rest.empty() ? clean(connection.flush()) : writing.step();
      REQUIRE((status == IoStatus::done || status == IoStatus::want_write));
    } else {
      REQUIRE(await(pair.peer.descriptor(), POLLIN) != 0);
    }
    pair.peer.take();
    arrived += hear(pair.peer.connection).text;
  }
  CHECK((arrived == plenty));
  CHECK(connection.pending_write().length == 0);
}

TEMPLATE_TEST_CASE("to a peer that has said close_notify and ended its side one can still write", "", StrictWrites,
                   PartialWrites, MovingWrites, PartialMovingWrites, BufferedWrites) {
  Pair<TestType> pair{GENERATE(TLS1_2_VERSION, TLS1_3_VERSION)};
  REQUIRE(pair.peer.connection.shutdown() == IoStatus::done);
  pair.peer.give();
  REQUIRE(::shutdown(pair.peer.descriptor(), SHUT_WR) == 0);
  REQUIRE((await(pair.ends.ours, POLLRDHUP) & POLLRDHUP) != 0);
  CHECK(clean(hear(pair.client.connection)).end == IoStatus::closed);
  const std::string text = pattern(200'000);
  CHECK((carry_over(pair.client, pair.peer, text) == text));
  CHECK(clean(pair.client.connection.shutdown()) == IoStatus::done);
  CHECK(clean(hear(pair.client.connection)).end == IoStatus::closed);
}

TEMPLATE_TEST_CASE(
    "to a peer that has ended its side without close_notify one can write, before and after one reads the end", "",
    StrictWrites, PartialWrites, MovingWrites, PartialMovingWrites, BufferedWrites) {
  Pair<TestType> pair{GENERATE(TLS1_2_VERSION, TLS1_3_VERSION)};
  REQUIRE(::shutdown(pair.peer.descriptor(), SHUT_WR) == 0);
  REQUIRE((await(pair.ends.ours, POLLRDHUP) & POLLRDHUP) != 0);
  const std::string text = pattern(20'000);
  CHECK((carry_over(pair.client, pair.peer, text) == text));
  CHECK(clean(hear(pair.client.connection)).end == IoStatus::truncated);
  CHECK(says(pair.client.connection.error(), "the peer ended the stream without close_notify"));
  CHECK((carry_over(pair.client, pair.peer, text) == text));
  CHECK(clean(hear(pair.client.connection)).end == IoStatus::truncated);
}
