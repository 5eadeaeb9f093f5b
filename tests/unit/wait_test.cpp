// SPDX-License-Identifier: MIT
#include <cerrno>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <tlsmode/wait.hpp>

#include "support/catch.hpp"
#include "support/tls_pair.hpp"

using namespace tlsmode_tests;
using tlsmode::IoStatus;
using tlsmode::WaitStatus;

namespace {

/// Instead of waiting, lets the other side act; times out after `rounds` of that.
template <typename Act>
class ActingWaiter {
 public:
  ActingWaiter(int rounds, Act act) : rounds_{rounds}, act_{act} {}
  [[nodiscard]] WaitStatus wait(tlsmode::Readiness readiness) noexcept {
    last = readiness;
    if (rounds_-- == 0) return WaitStatus::timeout;
    act_();
    return WaitStatus::done;
  }
  tlsmode::Readiness last = tlsmode::Readiness::either;

 private:
  int rounds_;
  Act act_;
};

const std::string text(40'000, 'w');

template <typename Rule>
using PairOf = TlsPair<WithRule<tlsmode::Client, Rule>>;

}  // namespace

TEMPLATE_TEST_CASE("write_all writes everything, by every rule", "", tlsmode::StrictWrites, tlsmode::PartialWrites,
                   tlsmode::MovingWrites, tlsmode::PartialMovingWrites, tlsmode::BufferedWrites) {
  PairOf<TestType> pair;
  std::string heard;
  const auto hear_more = [&] {
    static_cast<void>(pair.server.handshake());
    heard += hear(pair.server).text;
    pair.wire.to_server.budget = 7000;
  };
  REQUIRE(tlsmode::handshake(pair.client, ActingWaiter{20, hear_more}) == WaitStatus::done);
  pair.wire.to_server.budget = 0;
  CHECK(tlsmode::write_all(pair.client, text, ActingWaiter{20, hear_more}) ==
        tlsmode::WaitResult{WaitStatus::done, text.size()});
  hear_more();
  CHECK(heard == text);
}

TEMPLATE_TEST_CASE("a timeout of write_all is reported as one, and the same call continues with what is left", "",
                   tlsmode::StrictWrites, tlsmode::PartialWrites, tlsmode::MovingWrites, tlsmode::PartialMovingWrites,
                   tlsmode::BufferedWrites) {
  PairOf<TestType> pair;
  REQUIRE(shake_hands(pair).done());
  pair.wire.to_server.budget = 17'000;
  const auto nothing = [] {};
  const tlsmode::WaitResult first = tlsmode::write_all(pair.client, text, ActingWaiter{0, nothing});
  CHECK(first.status == WaitStatus::timeout);
  CHECK(first.bytes <= text.size());
  pair.wire.to_server.budget = unlimited;
  const std::string_view rest = std::string_view{text}.substr(first.bytes);
  const tlsmode::WaitResult second = tlsmode::write_all(pair.client, rest, ActingWaiter{0, nothing});
  CHECK(second == tlsmode::WaitResult{WaitStatus::done, rest.size()});
  CHECK(hear(pair.server).text == text);
}

TEST_CASE("write_all refuses other bytes while a write is pending") {
  TlsPair<> pair;
  REQUIRE(shake_hands(pair).done());
  pair.wire.to_server.budget = 0;
  const auto nothing = [] {};
  CHECK(tlsmode::write_all(pair.client, text, ActingWaiter{0, nothing}).status == WaitStatus::timeout);
  const std::string other(50'000, 'x');
  CHECK(tlsmode::write_all(pair.client, other, ActingWaiter{0, nothing}) ==
        tlsmode::WaitResult{WaitStatus::write_pending, 0});
}

TEST_CASE("read_exactly gathers what comes in pieces, and says how much came before a timeout or the end") {
  TlsPair<> pair;
  REQUIRE(shake_hands(pair).done());
  const auto say_three = [&] { REQUIRE(pair.server.write(std::string_view{"abc"}).status == IoStatus::done); };
  std::string to(9, '\0');
  CHECK(tlsmode::read_exactly(pair.client, to, ActingWaiter{3, say_three}) == tlsmode::WaitResult{WaitStatus::done, 9});
  CHECK(to == "abcabcabc");
  CHECK(tlsmode::read_exactly(pair.client, to, ActingWaiter{1, say_three}) ==
        tlsmode::WaitResult{WaitStatus::timeout, 3});
  REQUIRE(pair.server.write(std::string_view{"de"}).status == IoStatus::done);
  REQUIRE(pair.server.shutdown() == IoStatus::done);
  CHECK(tlsmode::read_exactly(pair.client, to, ActingWaiter{9, [] {}}) == tlsmode::WaitResult{WaitStatus::closed, 2});
}

TEST_CASE("read_some waits for input, and for either direction when output has to leave first") {
  using Pair = PairOf<tlsmode::BufferedWrites>;
  Pair pair;
  REQUIRE(shake_hands(pair).done());
  REQUIRE(hear(pair.client).end == IoStatus::want_read);
  char buffer[16];
  ActingWaiter idle{0, [] {}};
  CHECK(tlsmode::read_some(pair.client, buffer, idle) == tlsmode::WaitResult{WaitStatus::timeout, 0});
  CHECK(idle.last == tlsmode::Readiness::read);
  pair.wire.to_server.budget = 0;
  REQUIRE(pair.client.write(std::string_view{"question"}).status == IoStatus::done);
  ActingWaiter congested{0, [] {}};
  CHECK(tlsmode::read_some(pair.client, buffer, congested).status == WaitStatus::timeout);
  CHECK(congested.last == tlsmode::Readiness::either);
}

TEST_CASE("shutdown with a waiter sends what is held, and then close_notify") {
  PairOf<tlsmode::BufferedWrites> pair;
  REQUIRE(shake_hands(pair).done());
  pair.wire.to_server.budget = 0;
  REQUIRE(pair.client.write(std::string_view{"goodbye"}).status == IoStatus::done);
  CHECK(tlsmode::shutdown(pair.client, ActingWaiter{3, [&] { pair.wire.to_server.budget = unlimited; }}) ==
        WaitStatus::done);
  const Heard heard = hear(pair.server);
  CHECK(heard.text == "goodbye");
  CHECK(heard.end == IoStatus::closed);
}

TEST_CASE("a write that waits for the handshake does not ask for room") {
  TlsPair<> pair;
  REQUIRE(pair.client.write(text).status == IoStatus::want_read);
  CHECK_FALSE(pair.client.wants_write());
  CHECK(pair.client.pending_write().length == text.size());
}

TEST_CASE("every WaitStatus has a name") {
  for (const WaitStatus status :
       {WaitStatus::done, WaitStatus::closed, WaitStatus::truncated, WaitStatus::write_pending, WaitStatus::timeout,
        WaitStatus::failed, WaitStatus::wait_failed}) {
    CHECK_FALSE(tlsmode::name(status).empty());
  }
}

TEST_CASE("the end without close_notify is told apart from a close, also by what waits") {
  TlsPair<> pair;
  REQUIRE(shake_hands(pair).done());
  pair.wire.to_client.ended = true;
  char byte = 0;
  CHECK(tlsmode::read_some(pair.client, std::span{&byte, 1}, ActingWaiter{0, [] {}}) ==
        tlsmode::WaitResult{WaitStatus::truncated, 0});
}

TEST_CASE("what fails is not waited for") {
  TlsPair<> pair;
  REQUIRE(shake_hands(pair).done());
  pair.wire.to_server.send_error = EPIPE;
  CHECK(tlsmode::write_all(pair.client, text, ActingWaiter{0, [] {}}).status == WaitStatus::failed);
  CHECK(pair.client.error().system_error() == EPIPE);
}

TEST_CASE("a pending write is continued by its own bytes only: from where they are, and all of them") {
  TlsPair<> pair;
  REQUIRE(shake_hands(pair).done());
  pair.wire.to_server.budget = 0;
  const auto nothing = [] {};
  REQUIRE(tlsmode::write_all(pair.client, text, ActingWaiter{0, nothing}).status == WaitStatus::timeout);
  const auto fewer = std::string_view{text}.substr(0, 10);
  CHECK(tlsmode::write_all(pair.client, fewer, ActingWaiter{0, nothing}).status == WaitStatus::write_pending);
  const auto others = std::string_view{text}.substr(1);
  CHECK(tlsmode::write_all(pair.client, others, ActingWaiter{0, nothing}).status == WaitStatus::write_pending);
  pair.wire.to_server.budget = unlimited;
  CHECK(tlsmode::write_all(pair.client, text, ActingWaiter{0, nothing}).status == WaitStatus::done);
  CHECK(hear(pair.server).text == text);
}
