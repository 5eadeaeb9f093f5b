// SPDX-License-Identifier: MIT
#include <tlsmode/engine/outgoing.hpp>

#include <cerrno>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "support/catch.hpp"
#include "support/heap_memory.hpp"
#include "support/wire.hpp"

using namespace tlsmode_tests;
using tlsmode::IoStatus;
using tlsmode::engine::Outgoing;

namespace {

/// A transport whose short sends mean that it is full, and which takes two spans at once, as a socket does.
class SocketLike : public WireEnd {
 public:
  static constexpr bool short_send_means_full = true;
  explicit SocketLike(Wire& wire) : WireEnd{WireEnd::client(wire)} {}
  using WireEnd::send;
  [[nodiscard]] tlsmode::WriteResult send(std::span<const std::byte> first,
                                          std::span<const std::byte> second) noexcept {
    const std::string both = text(first) + text(second);
    return WireEnd::send(std::as_bytes(std::span{both}));
  }

 private:
  static std::string text(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
};

struct Sender {
  Wire wire;
  SocketLike end{wire};
  Outgoing outgoing;

  void take(std::string_view record) { outgoing.take(end, std::as_bytes(std::span{record})); }
  [[nodiscard]] std::string arrived() const {
    return {reinterpret_cast<const char*>(wire.to_server.bytes.data()), wire.to_server.bytes.size()};
  }
  [[nodiscard]] std::size_t calls() const { return wire.to_server.send_calls; }
};

}  // namespace

TEST_CASE("a record leaves at once and whole") {
  Sender sender;
  sender.take("first");
  sender.take("second");
  CHECK(sender.arrived() == "firstsecond");
  CHECK(sender.calls() == 2);
  CHECK(sender.outgoing.size() == 0);
  CHECK(sender.outgoing.sent() == 11);
}

TEST_CASE("corked records leave together, with the one after the cork") {
  Sender sender;
  sender.outgoing.cork(10);
  sender.take("first");
  sender.take("second");
  CHECK(sender.calls() == 0);
  sender.outgoing.uncork();
  sender.take("third");
  CHECK(sender.calls() == 1);
  CHECK(sender.arrived() == "firstsecondthird");
}

TEST_CASE("what the transport does not take waits, and leaves in order") {
  Sender sender;
  sender.wire.to_server.budget = 3;
  sender.take("first");
  CHECK(sender.outgoing.size() == 2);
  CHECK(sender.outgoing.refusal() == IoStatus::want_write);
  CHECK(sender.outgoing.send_all(sender.end) == IoStatus::want_write);
  sender.wire.to_server.budget = unlimited;
  sender.take("second");
  CHECK(sender.arrived() == "firstsecond");
  CHECK(sender.outgoing.refusal() == IoStatus::done);
  CHECK(sender.outgoing.send_all(sender.end) == IoStatus::done);
}

TEST_CASE("once a transport has blocked, a short send is not followed by another in vain") {
  Sender sender;
  sender.wire.to_server.budget = 3;
  sender.take("first");
  CHECK(sender.calls() == 2);  // it has to be learned that this transport does not wait
  sender.wire.to_server.budget = 4;
  CHECK(sender.outgoing.send_all(sender.end) == IoStatus::done);
  sender.take("second");
  CHECK(sender.calls() == 4);
  CHECK(sender.outgoing.refusal() == IoStatus::want_write);
  CHECK(sender.arrived() == "firstse");
}

TEST_CASE("a transport that takes two records in part gets every byte once and in order") {
  Sender sender;
  sender.wire.to_server.most_sent = GENERATE(as<std::size_t>{}, 1, 3, 5, 7, 10);
  sender.outgoing.cork(5);
  sender.take("first");
  sender.outgoing.uncork();
  sender.take("second");
  CHECK(sender.outgoing.sent() + sender.outgoing.size() == 11);
  sender.take("third");
  CHECK(sender.outgoing.send_all(sender.end) == IoStatus::done);
  CHECK(sender.arrived() == "firstsecondthird");
}

TEST_CASE("two records of which the second is cut short are not followed by a send in vain") {
  Sender sender;
  sender.wire.to_server.budget = 0;
  sender.take("-");  // it has to be learned that this transport does not wait
  sender.wire.to_server.budget = 8;
  sender.outgoing.cork(5);
  sender.take("first");
  sender.outgoing.uncork();
  const std::size_t before = sender.calls();
  sender.take("second");
  CHECK(sender.calls() == before + 1);
  CHECK(sender.outgoing.refusal() == IoStatus::want_write);
  CHECK(sender.arrived() == "-firstse");
}

TEST_CASE("a short send of a transport that does not say what it means is followed by another") {
  Wire wire;
  WireEnd end = WireEnd::client(wire);
  Outgoing outgoing;
  wire.to_server.budget = 0;
  outgoing.take(end, std::as_bytes(std::span{std::string_view{"first"}}));
  CHECK(outgoing.refusal() == IoStatus::want_write);
  wire.to_server.budget = unlimited;
  wire.to_server.most_sent = 2;
  outgoing.take(end, std::as_bytes(std::span{std::string_view{"second"}}));
  CHECK(outgoing.size() == 0);
  CHECK(outgoing.refusal() == IoStatus::done);
  CHECK(wire.to_server.bytes.size() == 11);
}

TEST_CASE("output has memory only while it waits") {
  Sender sender;
  const std::string record(50'000, 'r');
  const std::size_t before = heap_bytes_in_use();
  sender.wire.to_server.bytes.reserve(200'000);
  const std::size_t with_wire = heap_bytes_in_use();
  sender.wire.to_server.budget = 10;
  sender.take(record);
  CHECK(sender.outgoing.size() == 49'990);
  sender.wire.to_server.budget = unlimited;
  SECTION("when the rest is sent") { CHECK(sender.outgoing.send_all(sender.end) == IoStatus::done); }
  SECTION("when it is sent with the next") {
    sender.take("next");
    CHECK(sender.outgoing.size() == 0);
  }
  SECTION("when sending fails") {
    sender.wire.to_server.send_error = EPIPE;
    CHECK(sender.outgoing.send_all(sender.end) == IoStatus::failed);
  }
  SECTION("when nothing is gathered after all") {
    CHECK(sender.outgoing.send_all(sender.end) == IoStatus::done);
    sender.outgoing.cork(50'000);
    sender.outgoing.uncork();
  }
  CHECK(heap_bytes_in_use() < with_wire + 10'000);
  CHECK(with_wire >= before);
}

TEST_CASE("a failure is kept, and what waited is dropped") {
  Sender sender;
  sender.wire.to_server.budget = 3;
  sender.take("first");
  sender.wire.to_server.send_error = EPIPE;
  CHECK(sender.outgoing.send_all(sender.end) == IoStatus::failed);
  CHECK(sender.outgoing.error() == EPIPE);
  CHECK(sender.outgoing.size() == 0);
  sender.wire.to_server.send_error = 0;
  sender.take("second");
  CHECK(sender.arrived() == "fir");
  CHECK(sender.outgoing.send_all(sender.end) == IoStatus::failed);
}
