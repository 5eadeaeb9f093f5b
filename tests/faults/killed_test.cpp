// SPDX-License-Identifier: MIT
// A peer that goes without a word, in every state of its connection: killed, closed, reset.
#include <cstddef>
#include <string>
#include <string_view>

#include "faults/peer_process.hpp"

using namespace faults;
using namespace tlsmode_tests;
using tlsmode::StrictWrites;

namespace {

using Client = Subject<StrictWrites>;

/// A client whose handshake with the process is done, or as far as the peer lets it come.
struct Beside {
  template <typename Act>
  Beside(const Scene& scene, Act act) : process{scene, act}, client{process.descriptor, scene.version} {
    process.accompany([&] { return clean(client.connection.handshake()) == IoStatus::done; });
  }
  PeerProcess process;
  Client client;
};

/// Reading ends as the peer did: a reset is a failure of the system, anything else the end of the stream.
void check_end(Client::Connection& connection, bool by_reset) {
  const Heard heard = clean(hear(connection));
  CHECK(heard.text.empty());
  CHECK(heard.end == (by_reset ? IoStatus::failed : IoStatus::truncated));
  if (by_reset) {
    CHECK(says_gone(connection.error()));
    CHECK(connection.error().system_error() == ECONNRESET);
  } else {
    CHECK(says(connection.error(), "read: the peer ended the stream without close_notify: data may be missing"));
  }
  CHECK(clean(hear(connection)).end == heard.end);
}

/// Sooner or later a write tells that the peer is gone; the kernel may take one before.
template <typename Side>
void check_writes_fail(Side& client) {
  IoStatus status = IoStatus::done;
  for (int writes = 0; writes != 3 && status == IoStatus::done; ++writes) {
    status = client.put("is anybody there?");
    if (status == IoStatus::done) await(client.descriptor, 0);
  }
  CHECK(status == IoStatus::failed);
  CHECK(says_gone(client.connection.error()));
}

}  // namespace

TEST_CASE("a peer that goes before the handshake begins ends it") {
  for (const Scene& scene : scenes()) {
    INFO(scene.text());
    PeerProcess process{scene, [](Peer&) {}};
    Client client{process.descriptor, scene.version};
    process.await_report();
    process.end();
    const IoStatus status = clean(client.connection.handshake());
    if (status == IoStatus::failed) {
      CHECK(scene.ending == Ending::reset);
      CHECK(says_gone(client.connection.error()));
    } else {
      CHECK(status == IoStatus::truncated);
      CHECK(says(client.connection.error(), "handshake: the peer ended the stream during the handshake"));
    }
    CHECK(clean(client.connection.handshake()) == status);
    CHECK(client.put("hello") == status);
  }
}

TEST_CASE("a peer that goes without having read the first flight resets the connection") {
  for (const Scene& scene : scenes()) {
    INFO(scene.text());
    PeerProcess process{scene, [](Peer& peer) { await(peer.descriptor(), POLLIN); }};
    Client client{process.descriptor, scene.version};
    process.accompany([&] {
      REQUIRE(clean(client.connection.handshake()) == IoStatus::want_read);
      return true;
    });
    process.end();
    CHECK(clean(client.connection.handshake()) == IoStatus::failed);
    CHECK(says_gone(client.connection.error()));
    CHECK(says(client.connection.error(), "handshake: "));
    CHECK(clean(client.connection.handshake()) == IoStatus::failed);
  }
}

TEST_CASE("a peer that goes after any part of its flight ends the handshake") {
  for (const Scene& scene : scenes()) {
    for (const std::size_t part : {std::size_t{1}, std::size_t{5}, std::size_t{6}, std::size_t{130}, unlimited}) {
      INFO(scene.text() << ", " << part << " bytes");
      Beside beside{scene, [=](Peer& peer) {
                      static_cast<void>(peer.hear_flight());
                      peer.give(part == unlimited ? peer.waiting() - 1 : part);
                    }};
      beside.process.end();
      const IoStatus status = clean(beside.client.connection.handshake());
      CHECK(status == (scene.ending == Ending::reset ? IoStatus::failed : IoStatus::truncated));
      CHECK(says(beside.client.connection.error(), status == IoStatus::failed
                                                       ? "handshake: the transport failed; Connection reset by peer"
                                                       : "handshake: the peer ended the stream during the handshake"));
    }
  }
}

TEST_CASE("a peer that goes before its last flight of TLS 1.2 ends the handshake") {
  for (const Scene& scene : scenes()) {
    if (scene.version != TLS1_2_VERSION) continue;
    for (const std::size_t part : {std::size_t{0}, std::size_t{1}, std::size_t{100}}) {
      INFO(scene.text() << ", " << part << " bytes");
      Beside beside{scene, [=](Peer& peer) {
                      static_cast<void>(peer.hear_flight());
                      peer.give();
                      static_cast<void>(peer.hear_flight());
                      peer.give(part);
                    }};
      beside.process.end();
      const IoStatus status = clean(beside.client.connection.handshake());
      CHECK(status == (scene.ending == Ending::reset ? IoStatus::failed : IoStatus::truncated));
    }
  }
}

TEST_CASE("an idle connection whose peer goes is truncated, and a write tells that the peer is gone") {
  for (const Scene& scene : scenes()) {
    INFO(scene.text());
    Beside beside{scene, [](Peer& peer) { peer.shake_hands(); }};
    beside.process.end();
    check_end(beside.client.connection, scene.ending == Ending::reset);
    check_writes_fail(beside.client);
  }
}

TEST_CASE("a write is what tells of a peer that is gone, if nobody reads") {
  for (const Scene& scene : scenes()) {
    INFO(scene.text());
    Beside beside{scene, [](Peer& peer) { peer.shake_hands(); }};
    beside.process.end();
    check_writes_fail(beside.client);
    const Heard heard = clean(hear(beside.client.connection));
    CHECK(heard.text.empty());
    CHECK((heard.end == IoStatus::truncated || heard.end == IoStatus::failed));
  }
}

TEST_CASE("of a record that is cut in two nothing is read, and all that came before is") {
  for (const Scene& scene : scenes()) {
    for (const std::size_t part : {std::size_t{1}, std::size_t{5}, std::size_t{6}, unlimited}) {
      INFO(scene.text() << ", " << part << " bytes");
      Beside beside{scene, [=](Peer& peer) {
                      peer.shake_hands();
                      peer.say("the first");
                      peer.give();
                      peer.say("the second");
                      peer.give(part == unlimited ? peer.waiting() - 1 : part);
                    }};
      beside.process.end();
      char buffer[100];
      const tlsmode::ReadResult first = clean(beside.client.connection.read(buffer));
      CHECK(first.status == IoStatus::done);
      CHECK(std::string_view{buffer, first.bytes} == "the first");
      check_end(beside.client.connection, scene.ending == Ending::reset);
    }
  }
}

TEST_CASE("a peer that has said close_notify has closed, however it went after that") {
  for (const Scene& scene : scenes()) {
    INFO(scene.text());
    Beside beside{scene, [](Peer& peer) {
                    peer.shake_hands();
                    peer.say("goodbye");
                    static_cast<void>(peer.connection.shutdown());
                    peer.give();
                  }};
    beside.process.end();
    const Heard heard = clean(hear(beside.client.connection));
    CHECK(heard.text == "goodbye");
    CHECK(heard.end == IoStatus::closed);
    check_writes_fail(beside.client);
    CHECK(clean(hear(beside.client.connection)).end == IoStatus::closed);
  }
}

TEST_CASE("a peer that has got our close_notify and goes without its own is truncated") {
  for (const Scene& scene : scenes()) {
    INFO(scene.text());
    PeerProcess process{scene, [](Peer& peer) {
                          peer.shake_hands();
                          static_cast<void>(peer.hear_end());
                        }};
    Client client{process.descriptor, scene.version};
    process.accompany([&] {
      const IoStatus status = clean(client.connection.shutdown());
      REQUIRE((status == IoStatus::done || status == IoStatus::want_read));
      return status == IoStatus::done;
    });
    process.end();
    check_end(client.connection, scene.ending == Ending::reset);
    const IoStatus again = clean(client.connection.shutdown());  // ours has left; after a reset nothing is certain
    CHECK(again == (scene.ending == Ending::reset ? IoStatus::failed : IoStatus::done));
  }
}
