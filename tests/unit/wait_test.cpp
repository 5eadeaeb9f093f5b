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

/// Does not wait.
struct Stopping {
  WaitStatus status;
  [[nodiscard]] WaitStatus wait(tlsmode::Readiness) const noexcept { return status; }
  [[nodiscard]] static tlsmode::Error error() noexcept {
    return tlsmode::Error{{.kind = tlsmode::ErrorKind::system, .system_error = EBADF}};
  }
};

const std::string text = pattern(40'000);

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

TEMPLATE_TEST_CASE("a timeout of write_all leaves no write pending, and says what the peer will get", "",
                   tlsmode::StrictWrites, tlsmode::PartialWrites, tlsmode::MovingWrites, tlsmode::PartialMovingWrites,
                   tlsmode::BufferedWrites) {
  PairOf<TestType> pair;
  REQUIRE(shake_hands(pair).done());
  const std::size_t budget = GENERATE(std::size_t{0}, std::size_t{5}, std::size_t{17'000}, std::size_t{35'000});
  pair.wire.to_server.budget = budget;
  const auto nothing = [] {};
  std::string lent = text;
  const tlsmode::WaitResult first = tlsmode::write_all(pair.client, lent, ActingWaiter{0, nothing});
  lent.assign(lent.size(), '?');  // nobody looks at them any more
  CHECK(first.status == WaitStatus::timeout);
  CHECK(first.bytes <= text.size());
  CHECK(pair.client.pending_write().length == 0);
  pair.wire.to_server.budget = unlimited;
  const bool goes_on = GENERATE(true, false);
  if (goes_on) {
    const std::string_view rest = std::string_view{text}.substr(first.bytes);
    CHECK(tlsmode::write_all(pair.client, rest, ActingWaiter{0, nothing}) ==
          tlsmode::WaitResult{WaitStatus::done, rest.size()});
  }
  CHECK(tlsmode::shutdown(pair.client, ActingWaiter{0, nothing}) == WaitStatus::done);
  const Heard heard = hear(pair.server);
  CHECK(heard.text == (goes_on ? text : text.substr(0, first.bytes)));
  CHECK(heard.end == IoStatus::closed);
}

TEST_CASE("an operation that was driven until the waiter gave up is over, and leaves no write pending") {
  TlsPair<> pair;
  REQUIRE(shake_hands(pair).done());
  pair.wire.to_server.budget = 0;
  tlsmode::WriteAllOperation write{pair.client, text};
  CHECK(tlsmode::complete(write, ActingWaiter{0, [] {}}) == WaitStatus::timeout);
  CHECK(write.finished());
  CHECK(pair.client.pending_write().length == 0);
}

TEST_CASE("write_all refuses bytes while a write of the caller's own is pending") {
  TlsPair<> pair;
  REQUIRE(shake_hands(pair).done());
  pair.wire.to_server.budget = 0;
  REQUIRE(pair.client.write(text).status == IoStatus::want_write);
  CHECK(tlsmode::write_all(pair.client, text, ActingWaiter{0, [] {}}) ==
        tlsmode::WaitResult{WaitStatus::write_pending, 0});
  CHECK(pair.client.pending_write().length == text.size());
  pair.wire.to_server.budget = unlimited;
  CHECK(pair.client.retry() == tlsmode::WriteResult{IoStatus::done, text.size()});
}

TEST_CASE("after what was given up, error() says the operation, what it waited for, and whom for") {
  TlsPair<> pair;
  CHECK(tlsmode::handshake(pair.client, ActingWaiter{0, [] {}}) == WaitStatus::timeout);
  CHECK(pair.client.error().kind() == tlsmode::ErrorKind::timeout);
  CHECK(pair.client.error().operation() == tlsmode::Operation::handshake);
  CHECK(std::string_view{pair.client.error().what()}.find(
            "handshake: the deadline passed while waiting for input from \"server.example\"") == 0);
  CHECK(tlsmode::handshake(pair.server, ActingWaiter{0, [] {}}) == WaitStatus::timeout);
  CHECK(std::string_view{pair.server.error().what()}.find(
            "handshake: the deadline passed while waiting for input from the peer") == 0);

  TlsPair<> other;
  REQUIRE(shake_hands(other).done());
  other.wire.to_server.budget = 0;
  CHECK(tlsmode::write_all(other.client, text, Stopping{WaitStatus::interrupted}).status == WaitStatus::interrupted);
  CHECK(other.client.error().kind() == tlsmode::ErrorKind::interrupted);
  CHECK(std::string_view{other.client.error().what()}.find(
            "write: interrupted while waiting for room to send to \"server.example\"") == 0);
  char byte = 0;
  CHECK(tlsmode::read_some(other.server, std::span{&byte, 1}, Stopping{WaitStatus::wait_failed}).status ==
        WaitStatus::wait_failed);
  CHECK(other.server.error().kind() == tlsmode::ErrorKind::system);
  CHECK(other.server.error().system_error() == EBADF);
  CHECK(std::string_view{other.server.error().what()}.find("read: could not go on waiting while waiting for input") ==
        0);
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
  CHECK(std::string_view{pair.client.error().what()}.find("read: the peer has ended its side with close_notify") == 0);
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
        WaitStatus::interrupted, WaitStatus::want_decision, WaitStatus::failed, WaitStatus::wait_failed}) {
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

TEMPLATE_TEST_CASE("close ends a connection so that the peer has everything, and drops what comes", "",
                   tlsmode::StrictWrites, tlsmode::PartialWrites, tlsmode::MovingWrites, tlsmode::PartialMovingWrites,
                   tlsmode::BufferedWrites) {
  PairOf<TestType> pair;
  REQUIRE(shake_hands(pair).done());
  REQUIRE(pair.server.write(std::string_view{"nobody reads this"}).status == IoStatus::done);
  REQUIRE(pair.client.write(std::string_view{"last words"}).status == IoStatus::done);
  pair.wire.to_server.budget = 3;
  std::string heard;
  const auto answer = [&] {
    pair.wire.to_server.budget = 20;
    const Heard now = hear(pair.server);
    heard += now.text;
    if (now.end == IoStatus::closed) REQUIRE(pair.server.shutdown() == IoStatus::done);
  };
  CHECK(tlsmode::close(pair.client, ActingWaiter{20, answer}) == tlsmode::WaitResult{WaitStatus::done, 17});
  CHECK(heard == "last words");
}

TEST_CASE("close says when the peer has not answered: gone, silent, or sending without end") {
  TlsPair<> pair;
  REQUIRE(shake_hands(pair).done());
  const auto say_more = [&] { REQUIRE(pair.server.write(std::string_view{"more"}).status == IoStatus::done); };
  SECTION("gone") {
    pair.wire.to_client.ended = true;
    CHECK(tlsmode::close(pair.client, ActingWaiter{0, [] {}}).status == WaitStatus::truncated);
  }
  SECTION("silent") {
    CHECK(tlsmode::close(pair.client, ActingWaiter{3, say_more}) == tlsmode::WaitResult{WaitStatus::timeout, 12});
    CHECK(pair.client.error().operation() == tlsmode::Operation::shutdown);
    REQUIRE(pair.server.shutdown() == IoStatus::done);
    CHECK(tlsmode::close(pair.client, ActingWaiter{0, [] {}}) == tlsmode::WaitResult{WaitStatus::done, 0});
  }
  SECTION("sending") {
    CHECK(tlsmode::close(pair.client, ActingWaiter{100, say_more}, 39).status == WaitStatus::failed);
    CHECK(std::string_view{pair.client.error().what()}.find("shutdown: the peer goes on sending") == 0);
  }
}

TEST_CASE("close reads while there is no room for its close_notify, and waits for room alone once the peer has ended") {
  TlsPair<> pair;
  REQUIRE(shake_hands(pair).done());
  pair.wire.to_server.budget = 0;
  REQUIRE(pair.server.write(std::string_view{"more"}).status == IoStatus::done);
  ActingWaiter congested{0, [] {}};
  CHECK(tlsmode::close(pair.client, congested) == tlsmode::WaitResult{WaitStatus::timeout, 4});
  CHECK(congested.last == tlsmode::Readiness::either);
  REQUIRE(pair.server.shutdown() == IoStatus::done);
  ActingWaiter ended{0, [] {}};
  CHECK(tlsmode::close(pair.client, ended) == tlsmode::WaitResult{WaitStatus::timeout, 0});
  CHECK(ended.last == tlsmode::Readiness::write);
  pair.wire.to_server.budget = unlimited;
  CHECK(tlsmode::close(pair.client, ended) == tlsmode::WaitResult{WaitStatus::done, 0});
  CHECK(hear(pair.server).end == IoStatus::closed);
}

TEST_CASE("a callback that has not decided yet ends what waits, and the same call goes on once it has") {
  int asked = 0;
  TlsPair<> pair{{.configure = [&](::SSL_CTX*, ::SSL_CTX* server) {
    ::SSL_CTX_set_cert_cb(server, [](SSL*, void* count) { return ++*static_cast<int*>(count) == 1 ? -1 : 1; }, &asked);
  }}};
  REQUIRE(pair.client.handshake() == IoStatus::want_read);
  CHECK(tlsmode::handshake(pair.server, ActingWaiter{0, [] {}}) == WaitStatus::want_decision);
  CHECK(pair.server.error().kind() == tlsmode::ErrorKind::interrupted);
  CHECK(pair.server.error().operation() == tlsmode::Operation::handshake);
  CHECK(tlsmode::handshake(pair.server, ActingWaiter{9, [&] { static_cast<void>(pair.client.handshake()); }}) ==
        WaitStatus::done);
  CHECK(asked == 2);
}

TEST_CASE("a certificate that is refused while write_all waits is told of the write, which is what was called") {
  TlsPair<> pair{{.peer = "other.example"}};
  const std::string lent = "text";
  CHECK(write_all(pair.client, lent, ActingWaiter{9, [&] { static_cast<void>(pair.server.handshake()); }}).status ==
        WaitStatus::failed);
  CHECK(pair.client.error().operation() == tlsmode::Operation::write);
  CHECK(pair.client.error().kind() == tlsmode::ErrorKind::verification);
}

TEST_CASE("a deadline is seen although input and room never run out") {
  struct Impatient {
    [[nodiscard]] WaitStatus wait(tlsmode::Readiness) const noexcept { return WaitStatus::wait_failed; }  // not asked
    [[nodiscard]] WaitStatus check() noexcept { return ++checks == 3 ? WaitStatus::timeout : WaitStatus::done; }
    int checks = 0;
  };
  TlsPair<> pair;
  REQUIRE(shake_hands(pair).done());
  for (int i = 0; i != 200; ++i) REQUIRE(pair.server.write(std::string_view{"x"}).status == IoStatus::done);
  std::string to(100, '\0');
  CHECK(tlsmode::read_exactly(pair.client, to, Impatient{}) == tlsmode::WaitResult{WaitStatus::timeout, 48});
  const std::string large = pattern(std::size_t{4} << 20U);
  const tlsmode::WaitResult written = tlsmode::write_all(pair.client, large, Impatient{});
  CHECK(written == tlsmode::WaitResult{WaitStatus::timeout, std::size_t{3} << 20U});
  CHECK(pair.client.pending_write().length == 0);
  CHECK(hear(pair.server).text == large.substr(0, written.bytes));
  CHECK(tlsmode::close(pair.client, Impatient{}) == tlsmode::WaitResult{WaitStatus::timeout, 48});
}
