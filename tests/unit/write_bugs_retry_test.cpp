// SPDX-License-Identifier: MIT
// Bugs that public projects shipped, first shown with the C API, then with tlsmode: wrong retries, and writes that were
// mixed up, cut short or cancelled.
#include <cstddef>
#include <string>
#include <string_view>

#include <openssl/ssl.h>

#include <tlsmode/tlsmode.hpp>

#include "support/adopted.hpp"
#include "support/catch.hpp"
#include "support/raw_pair.hpp"

using namespace tlsmode_tests;
using tlsmode::IoStatus;
using tlsmode::NativeBio;

namespace {

constexpr std::uint64_t moving = SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER;
constexpr std::uint64_t partial = SSL_MODE_ENABLE_PARTIAL_WRITE;

template <typename Connection>
concept RetriesFromElsewhere = requires(Connection& connection, std::string_view bytes) { connection.retry(bytes); };
template <typename Connection>
concept RetriesInPlace = requires(Connection& connection) { connection.retry(); };
template <typename Connection>
concept WritesTemporaries = requires(Connection& connection) { connection.write(std::string{}); };

/// A raw client whose write of `bytes` the wire has not taken, or not beyond `budget`.
struct RawBlocked : RawPair {
  RawBlocked(std::uint64_t modes, std::string_view bytes, std::size_t budget = 0)
      : RawPair{{.version = any_version(), .modes = modes}} {
    REQUIRE(handshake());
    to_server.budget = budget;
    REQUIRE(write(client(), bytes).error == SSL_ERROR_WANT_WRITE);
    to_server.budget = unlimited;
  }
  [[nodiscard]] std::string received() const {
    std::string bytes;
    read_all(server(), bytes);
    return bytes;
  }
};

/// A connection whose write of `bytes` the wire has not taken, or not beyond `budget`.
template <typename Subject>
struct Blocked : Subject {
  explicit Blocked(std::string_view bytes, std::size_t budget = 0) : Subject{any_version()} {
    this->outgoing().budget = budget;
    REQUIRE(this->connection.write(bytes) == wants_to_write);
    this->outgoing().budget = unlimited;
  }
};

}  // namespace

TEMPLATE_LIST_TEST_CASE("B1: a blocked write is retried from a buffer that has moved", "", MovingSubjects) {
  const std::string bytes(1'000, 'A');
  const std::string copy = bytes;
  {
    RawBlocked raw{0, bytes};
    CHECK(write(raw.client(), copy).reason == SSL_R_BAD_WRITE_RETRY);
    CHECK(write(raw.client(), bytes).result == -1);  // now even the right retry fails
    CHECK(raw.received().empty());
  }
  Blocked<TestType> subject{bytes};
  CHECK(subject.connection.retry(copy) == wrote(1'000));
  CHECK(subject.received() == bytes);
}

TEMPLATE_LIST_TEST_CASE("B1: where the address matters, a retry takes no bytes", "", InPlaceSubjects) {
  STATIC_REQUIRE(!RetriesFromElsewhere<typename TestType::Connection>);
  STATIC_REQUIRE(RetriesInPlace<typename TestType::Connection>);
  const std::string bytes(1'000, 'A');
  Blocked<TestType> subject{bytes};
  CHECK(subject.connection.retry() == wrote(1'000));
  CHECK(subject.received() == bytes);
}

TEMPLATE_LIST_TEST_CASE("B2: a blocked write is retried with fewer bytes", "", MovingSubjects) {
  STATIC_REQUIRE(!RetriesInPlace<typename TestType::Connection>);
  const std::string bytes(5'000, 'A');
  const std::string_view fewer = std::string_view{bytes}.substr(0, 1'400);
  {
    RawBlocked raw{moving, bytes};
    CHECK(write(raw.client(), fewer).reason == SSL_R_BAD_LENGTH);
    CHECK(write(raw.client(), bytes).result == -1);
    CHECK(raw.received().empty());
  }
  Blocked<TestType> subject{bytes};
  CHECK(subject.connection.retry(fewer) == is_pending);
  CHECK(subject.connection.error().kind() == tlsmode::ErrorKind::misuse);
  CHECK(subject.connection.retry(bytes) == wrote(5'000));
  CHECK(subject.received() == bytes);
}

TEMPLATE_LIST_TEST_CASE("B3: a control frame is written while a write is pending", "", ManualSubjects) {
  const std::string data(100, 'A');
  const std::string control(100, 'B');
  {
    RawBlocked raw{moving, data};
    CHECK(write(raw.client(), control).result == 100);  // reported, and lost
    CHECK(write(raw.client(), data).result == 100);
    CHECK(raw.received() == data + data);
  }
  Blocked<TestType> subject{data};
  CHECK(subject.connection.write(control) == is_pending);
  CHECK(retry_with(subject.connection, data) == wrote(100));
  CHECK(subject.connection.write(control) == wrote(100));
  CHECK(subject.received() == data + control);
}

TEMPLATE_LIST_TEST_CASE("B3: under BufferedWrites a control frame follows what waits", "", BufferedSubjects) {
  const std::string data(100, 'A');
  const std::string control(100, 'B');
  TestType subject{any_version()};
  subject.outgoing().budget = 0;
  CHECK(subject.connection.write(data) == wrote(100));
  CHECK(subject.connection.flush() == IoStatus::want_write);
  const std::size_t taken_while_blocked = subject.connection.write(control).bytes;
  subject.outgoing().budget = unlimited;
  CHECK(subject.connection.flush() == IoStatus::done);
  if (taken_while_blocked == 0) CHECK(subject.connection.write(control) == wrote(100));
  CHECK(subject.connection.flush() == IoStatus::done);
  CHECK(subject.received() == data + control);
}

TEMPLATE_LIST_TEST_CASE("B4: the buffer of a blocked write is filled with something else, and retried", "",
                        ManualSubjects) {
  {
    std::string scratch(100, 'A');
    RawBlocked raw{0, scratch};
    scratch.assign(100, 'B');
    CHECK(write(raw.client(), scratch).result == 100);  // what was reported is B
    CHECK(raw.received() == std::string(100, 'A'));
  }
  std::string scratch(100, 'A');
  Blocked<TestType> subject{scratch};
  scratch.assign(100, 'B');
  CHECK(retry_with(subject.connection, scratch) == is_pending);
  CHECK(subject.connection.error().kind() == tlsmode::ErrorKind::misuse);
  CHECK(subject.received().empty());
  scratch.assign(100, 'A');
  CHECK(retry_with(subject.connection, scratch) == wrote(100));
  CHECK(subject.received() == std::string(100, 'A'));
}

TEMPLATE_LIST_TEST_CASE("B4: under BufferedWrites the buffer is the caller's again at once", "", BufferedSubjects) {
  TestType subject{any_version()};
  std::string scratch(100, 'A');
  subject.outgoing().budget = 0;
  CHECK(subject.connection.write(scratch) == wrote(100));
  CHECK(subject.connection.flush() == IoStatus::want_write);
  scratch.assign(100, 'B');
  subject.outgoing().budget = unlimited;
  CHECK(subject.connection.flush() == IoStatus::done);
  CHECK(subject.received() == std::string(100, 'A'));
}

TEST_CASE("B4: a temporary is not written where its bytes have to stay") {
  STATIC_REQUIRE(!WritesTemporaries<Ruled<tlsmode::StrictWrites, WireTransport>::Connection>);
  STATIC_REQUIRE(!WritesTemporaries<Ruled<tlsmode::PartialWrites, NativeBio>::Connection>);
  STATIC_REQUIRE(WritesTemporaries<Ruled<tlsmode::MovingWrites, WireTransport>::Connection>);
  STATIC_REQUIRE(WritesTemporaries<Ruled<tlsmode::BufferedWrites, NativeBio>::Connection>);
}

TEMPLATE_LIST_TEST_CASE("B5: a blocked write is dropped, and another one written", "", ManualSubjects) {
  const std::string first(40'000, 'A');
  const std::string longer(41'000, 'B');
  constexpr std::size_t budget = 17'000;
  {
    RawBlocked raw{moving, first, budget};
    CHECK(write(raw.client(), longer).result == 41'000);
    CHECK(raw.received() == std::string(32'768, 'A') + std::string(8'232, 'B'));
  }
  {
    RawBlocked raw{moving, first, budget};
    CHECK(write(raw.client(), "BBBBB").reason == SSL_R_BAD_LENGTH);
  }
  TestType subject{any_version()};
  subject.outgoing().budget = budget;
  const tlsmode::WriteResult result = subject.connection.write(first);
  REQUIRE((result == wants_to_write || result.status == IoStatus::done));  // a partial rule tells of the first record
  std::size_t committed = result.bytes;
  if (result == wants_to_write) {
    const tlsmode::PendingWrite pending = subject.connection.pending_write();
    CHECK(pending.length == first.size());
    committed = subject.connection.cancel_write();
    CHECK(committed == pending.committed);
  }
  CHECK(committed >= 16'384);
  subject.outgoing().budget = unlimited;
  const std::string_view second = GENERATE(as<std::string_view>{}, "BBBBB", "", "B");
  const std::string next = second.empty() ? longer : std::string{second};
  std::size_t written = 0;
  while (written != next.size()) {
    const tlsmode::WriteResult step = subject.connection.write(std::string_view{next}.substr(written));
    REQUIRE(step.status == IoStatus::done);
    written += step.bytes;
  }
  CHECK(difference(subject.received(), std::string(committed, 'A') + next) == "");
}

TEMPLATE_LIST_TEST_CASE("B6: a write that reports a part is finished with the rest", "", PartialSubjects) {
  const std::string bytes = pattern(40'000);
  {
    RawPair raw{{.version = any_version(), .modes = partial}};
    REQUIRE(raw.handshake());
    raw.to_server.budget = 17'000;
    CHECK(write(raw.client(), bytes).result == 16'384);  // and a caller that looks no further has lost the rest
    std::string received;
    read_all(raw.server(), received);
    CHECK(received.size() == 16'384);
  }
  TestType subject{any_version()};
  std::string received;
  const IoStatus said = say(subject.connection, bytes, [&] {
    received += subject.received();
    subject.outgoing().budget = 17'000;
  });
  CHECK(said == IoStatus::done);
  CHECK(difference(received + subject.received(), bytes) == "");
  STATIC_REQUIRE(!std::is_convertible_v<tlsmode::WriteResult, int>);  // and dropping one is a warning: [[nodiscard]]
}
