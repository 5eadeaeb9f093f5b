// SPDX-License-Identifier: MIT
// A peer that goes while we have more to say than the socket takes, under every write rule.
#include <cstddef>
#include <string>
#include <string_view>

#include "faults/peer_process.hpp"

using namespace faults;
using namespace tlsmode_tests;
using namespace tlsmode;

namespace {

constexpr int small = 4096;
const std::string plenty = pattern(4'000'000);

/// A client whose peer has said "heard so far", and does not read what it has to say.
template <typename Rule>
struct Congested {
  explicit Congested(const Scene& scene)
      : process{scene,
                [](Peer& peer) {
                  peer.shake_hands();
                  peer.say("heard so far");
                  peer.give();
                },
                small},
        client{process.descriptor, scene.version} {
    process.accompany([&] { return clean(client.connection.handshake()) == IoStatus::done; });
    client.congest(plenty);
  }
  PeerProcess process;
  Subject<Rule> client;
};

}  // namespace

TEMPLATE_TEST_CASE("a pending write whose peer goes fails, and what was said before can be read", "", StrictWrites,
                   PartialWrites, MovingWrites, PartialMovingWrites, BufferedWrites) {
  for (const Scene& scene : scenes()) {
    INFO(scene.text());
    Congested<TestType> congested{scene};
    auto& connection = congested.client.connection;
    congested.process.end();
    const PendingWrite pending = connection.pending_write();
    CHECK(pending.committed <= pending.length);
    CHECK(congested.client.go_on(plenty) == WriteResult{IoStatus::failed, 0});
    CHECK(says_gone(connection.error()));
    CHECK(connection.pending_write().length == 0);
    const Heard heard = clean(hear(connection));
    CHECK(heard.text == "heard so far");
    CHECK((heard.end == IoStatus::truncated || heard.end == IoStatus::failed));
    CHECK(congested.client.put("more") == IoStatus::failed);
    CHECK(connection.cancel_write() == 0);
  }
}

TEMPLATE_TEST_CASE("what came before a reset is read first, then the reset, and the pending write is lost", "",
                   StrictWrites, PartialWrites, MovingWrites, PartialMovingWrites, BufferedWrites) {
  for (const Scene& scene : scenes()) {
    INFO(scene.text());
    Congested<TestType> congested{scene};
    auto& connection = congested.client.connection;
    congested.process.end();
    char buffer[100];
    const ReadResult before = clean(connection.read(buffer));
    CHECK(before.status == IoStatus::done);
    CHECK(std::string_view{buffer, before.bytes} == "heard so far");
    CHECK(clean(connection.read(buffer)) == ReadResult{IoStatus::failed, 0});  // it had not read all we sent: a reset
    CHECK(says_gone(connection.error()));
    CHECK(connection.error().system_error() == ECONNRESET);
    CHECK(congested.client.go_on(plenty) == WriteResult{IoStatus::failed, 0});
    CHECK(says_gone(connection.error()));
    CHECK(clean(connection.shutdown()) == IoStatus::failed);
    connection.cancel_write();
    CHECK(connection.pending_write().length == 0);
  }
}

TEMPLATE_TEST_CASE("a shutdown that waits for room fails when the peer goes", "", StrictWrites, PartialWrites,
                   MovingWrites, PartialMovingWrites, BufferedWrites) {
  for (const Scene& scene : scenes()) {
    INFO(scene.text());
    Congested<TestType> congested{scene};
    auto& connection = congested.client.connection;
    const std::size_t length = connection.pending_write().length;
    const std::size_t committed = connection.pending_write().committed;
    CHECK(connection.cancel_write() == committed);
    CHECK(committed <= length);
    REQUIRE(clean(connection.shutdown()) == IoStatus::want_write);
    congested.process.end();
    for (int calls = 0; calls != 3; ++calls) {
      CHECK(clean(connection.shutdown()) == IoStatus::failed);
      CHECK(says_gone(connection.error()));
    }
    CHECK(congested.client.put("more") == IoStatus::failed);
  }
}
