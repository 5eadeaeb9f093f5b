// SPDX-License-Identifier: MIT
// A byte at a time, both ways at once, and every other call finds the socket full or empty.
#include <cstddef>
#include <string>
#include <string_view>

#include "faults/ends.hpp"
#include "faults/system_calls.hpp"

using namespace faults;
using namespace tlsmode_tests;
using namespace tlsmode;

namespace {

constexpr int rounds = 400'000;

bool goes_on(IoStatus status) {
  return status == IoStatus::done || status == IoStatus::want_read || status == IoStatus::want_write;
}

}  // namespace

TEMPLATE_TEST_CASE("a connection works a byte at a time, by every rule", "", StrictWrites, PartialWrites, MovingWrites,
                   PartialMovingWrites, BufferedWrites) {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const Ends ends = unix_ends();
  Subject<TestType> client{ends.ours, version};
  Peer peer{ends.theirs, version};
  Watched watched{ends.ours};
  watched.most = 1;
  watched.every_other_blocks = true;
  auto& connection = client.connection;

  IoStatus ours = IoStatus::want_read;
  IoStatus theirs = IoStatus::want_read;
  for (int round = 0; round != rounds && (ours != IoStatus::done || theirs != IoStatus::done); ++round) {
    if (ours != IoStatus::done) ours = connection.handshake();
    peer.take(1);
    if (theirs != IoStatus::done) theirs = peer.connection.handshake();
    peer.give(1);
  }
  REQUIRE(ours == IoStatus::done);
  REQUIRE(theirs == IoStatus::done);
  CHECK(::ERR_peek_error() == 0);

  const std::string there = pattern(20'000, 2);
  const std::string back = pattern(20'000, 3);
  peer.say(back);
  std::string_view rest = there;
  std::string at_peer;
  std::string at_client;
  for (int round = 0; round != rounds && (at_peer.size() != there.size() || at_client.size() != back.size()); ++round) {
    if (!rest.empty()) {
      const bool pending = connection.pending_write().length != 0;
      const WriteResult result = pending ? client.go_on(rest) : connection.write(rest);
      rest.remove_prefix(result.bytes);
      if (!goes_on(result.status)) FAIL(connection.error().what());
    } else if (!goes_on(connection.flush())) {
      FAIL(connection.error().what());
    }
    peer.take(1);
    at_peer += hear(peer.connection).text;
    peer.give(1);
    const Heard heard = hear(connection);
    at_client += heard.text;
    if (!goes_on(heard.end)) FAIL(connection.error().what());
  }
  CHECK((at_peer == there));
  CHECK((at_client == back));
  CHECK(rest.empty());
  CHECK(::ERR_peek_error() == 0);

  REQUIRE(peer.connection.shutdown() == IoStatus::done);
  IoStatus said = IoStatus::want_write;
  IoStatus heard_there = IoStatus::want_read;
  IoStatus heard_here = IoStatus::want_read;
  for (int round = 0; round != rounds && (heard_there != IoStatus::closed || heard_here != IoStatus::closed); ++round) {
    if (said != IoStatus::done) said = connection.shutdown();
    peer.take(1);
    heard_there = hear(peer.connection).end;
    peer.give(1);
    heard_here = hear(connection).end;
  }
  CHECK(said == IoStatus::done);
  CHECK(heard_there == IoStatus::closed);
  CHECK(heard_here == IoStatus::closed);
  CHECK(watched.sends > 2 * there.size());
  CHECK(watched.receives > 2 * back.size());
  CHECK(::ERR_peek_error() == 0);
}
