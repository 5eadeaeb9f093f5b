// SPDX-License-Identifier: MIT
// BufferedWrites: what is gathered, when it leaves, and how much is held.
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

namespace {

constexpr std::size_t record = 16'384;

/// A connection, and the records it has sent since.
template <typename Subject>
struct Watched : Subject {
  Watched() : Subject{any_version()}, before{this->outgoing().delivered.size()} {}
  [[nodiscard]] std::size_t records() {
    return records_in(std::string_view{this->outgoing().delivered}.substr(before)).size();
  }
  std::size_t before;
};

}  // namespace

TEMPLATE_LIST_TEST_CASE("small writes are gathered into one record until flush", "", BufferedSubjects) {
  Watched<TestType> subject;
  std::string expected;
  for (int i = 0; i != 100; ++i) {
    const std::string bytes = pattern(100, static_cast<unsigned>(i));
    CHECK(subject.connection.write(bytes) == wrote(100));
    expected += bytes;
  }
  CHECK(subject.records() == 0);
  CHECK(subject.connection.wants_write());
  CHECK(subject.connection.flush() == IoStatus::done);
  CHECK(subject.records() == 1);
  CHECK_FALSE(subject.connection.wants_write());
  CHECK(subject.received() == expected);
  CHECK(subject.connection.flush() == IoStatus::done);
  CHECK(subject.records() == 1);
}

TEMPLATE_LIST_TEST_CASE("a full record leaves without flush", "", BufferedSubjects) {
  Watched<TestType> subject;
  const std::string bytes = pattern(record + 100);
  CHECK(subject.connection.write(std::string_view{bytes}.substr(0, 10'000)) == wrote(10'000));
  CHECK(subject.records() == 0);
  CHECK(subject.connection.write(std::string_view{bytes}.substr(10'000)) == wrote(record + 100 - 10'000));
  CHECK(subject.records() == 1);
  CHECK(subject.received() == bytes.substr(0, record));
  CHECK(subject.connection.flush() == IoStatus::done);
  CHECK(subject.received() == bytes.substr(record));
}

TEMPLATE_LIST_TEST_CASE("whole records follow what is gathered", "", BufferedSubjects) {
  Watched<TestType> subject;
  const std::string bytes = pattern(3 * record);
  CHECK(subject.connection.write(std::string_view{bytes}.substr(0, 100)) == wrote(100));
  CHECK(subject.connection.write(std::string_view{bytes}.substr(100)) == wrote(bytes.size() - 100));
  CHECK(subject.connection.flush() == IoStatus::done);
  CHECK(difference(subject.received(), bytes) == "");
}

TEMPLATE_LIST_TEST_CASE("what follows whole records is gathered", "", BufferedSubjects) {
  Watched<TestType> subject;
  const std::string bytes = pattern(2 * record + 100);
  CHECK(subject.connection.write(bytes) == wrote(bytes.size()));
  CHECK(subject.records() == 2);
  CHECK(subject.connection.flush() == IoStatus::done);
  CHECK(subject.records() == 3);
  CHECK(difference(subject.received(), bytes) == "");
}

TEMPLATE_LIST_TEST_CASE("the write that fills a record to the last byte sends it", "", BufferedSubjects) {
  Watched<TestType> subject;
  CHECK(subject.connection.write(pattern(record - 10)) == wrote(record - 10));
  CHECK(subject.connection.write(pattern(9)) == wrote(9));
  CHECK(subject.records() == 0);
  CHECK(subject.connection.write(pattern(1)) == wrote(1));
  CHECK(subject.records() == 1);
  CHECK_FALSE(subject.connection.wants_write());
}

namespace {

/// A transport that says that it waits for input.
struct Blocking : WireTransport {
  using WireTransport::WireTransport;
  [[nodiscard]] bool blocking() const noexcept { return true; }
};

}  // namespace

TEST_CASE("a read that may wait for the answer sends what is gathered first") {
  RawPair pair{{.version = any_version()}};
  tlsmode::Connection<WithRule<tlsmode::Client, tlsmode::BufferedWrites>, Blocking> connection{
      pair.release_client().release(), Blocking{pair.to_client, pair.to_server}, tlsmode::PeerName{"server.example"}};
  for (int round = 0; round != 3; ++round) {
    static_cast<void>(connection.handshake());
    static_cast<void>(call(pair.server(), [&] { return ::SSL_do_handshake(pair.server()); }));
  }
  CHECK(connection.write(std::string_view{"question"}) == wrote(8));
  REQUIRE(write(pair.server(), "news").result == 4);
  char to[100];
  CHECK(connection.read(to) == tlsmode::ReadResult{IoStatus::done, 4});
  std::string received;
  read_all(pair.server(), received);
  CHECK(received == "question");
}

TEMPLATE_LIST_TEST_CASE("a read that finds nothing sends what is gathered, and one that finds something does not", "",
                        BufferedSubjects) {
  Watched<TestType> subject;
  CHECK(subject.connection.write(std::string_view{"question"}) == wrote(8));
  REQUIRE(write(subject.peer(), "news").result == 4);
  char buffer[100];
  CHECK(subject.connection.read(buffer) == tlsmode::ReadResult{IoStatus::done, 4});
  CHECK(subject.records() == 0);
  CHECK(subject.connection.read(buffer) == nothing_to_read);
  CHECK(subject.records() == 1);
  CHECK(subject.received() == "question");
}

TEMPLATE_LIST_TEST_CASE("a read that finds nothing and cannot send what is gathered wants to write", "",
                        BufferedSubjects) {
  Watched<TestType> subject;
  subject.outgoing().budget = 3;
  CHECK(subject.connection.write(std::string_view{"question"}) == wrote(8));
  CHECK(subject.heard().end == IoStatus::want_write);
  subject.outgoing().budget = unlimited;
  CHECK(subject.heard().end == IoStatus::want_read);
  CHECK(subject.received() == "question");
}

TEMPLATE_LIST_TEST_CASE("shutdown sends what is gathered first", "", BufferedSubjects) {
  Watched<TestType> subject;
  CHECK(subject.connection.write(std::string_view{"the last words"}) == wrote(14));
  CHECK(subject.connection.shutdown() == IoStatus::done);
  std::string received;
  CHECK(read_all(subject.peer(), received).error == SSL_ERROR_ZERO_RETURN);
  CHECK(received == "the last words");
}

TEMPLATE_LIST_TEST_CASE("update_keys sends what is gathered first", "", BufferedSubjects) {
  TestType subject{TLS1_3_VERSION};
  CHECK(subject.connection.write(std::string_view{"old keys"}) == wrote(8));
  CHECK(subject.connection.update_keys() == IoStatus::done);
  CHECK(subject.received() == "old keys");
  CHECK(subject.connection.write(std::string_view{", new keys"}) == wrote(10));
  CHECK(subject.connection.flush() == IoStatus::done);
  CHECK(subject.received() == ", new keys");
}

TEMPLATE_LIST_TEST_CASE("over a wire that takes nothing only so much is taken, and none of it is lost", "",
                        BufferedSubjects) {
  Watched<TestType> subject;
  subject.outgoing().budget = 0;
  const std::string bytes = pattern(1'000'000);
  const std::size_t piece = GENERATE(as<std::size_t>{}, 1'000, record, 100'000, 1'000'000);
  std::size_t taken = 0;
  tlsmode::WriteResult result{};
  while ((result = subject.connection.write(std::string_view{bytes}.substr(taken, piece))).status == IoStatus::done) {
    REQUIRE(result.bytes > 0);
    taken += result.bytes;
    REQUIRE(taken < 200'000);
  }
  CHECK(result == wants_to_write);
  CHECK(taken >= record);
  CHECK(subject.connection.write(std::string_view{bytes}.substr(taken, piece)) == wants_to_write);  // and again
  CHECK(subject.connection.pending_write().length == 0);  // the caller owes nothing
  CHECK(subject.connection.cancel_write() == 0);
  subject.outgoing().budget = unlimited;
  CHECK(subject.connection.flush() == IoStatus::done);
  CHECK(difference(subject.received(), std::string_view{bytes}.substr(0, taken)) == "");
}

TEMPLATE_LIST_TEST_CASE("a large write leaves at once, in records that are full", "", BufferedSubjects) {
  Watched<TestType> subject;
  const std::string bytes = pattern(10 * record);
  std::size_t written = 0;
  while (written != bytes.size()) {
    const tlsmode::WriteResult step = subject.connection.write(std::string_view{bytes}.substr(written));
    REQUIRE(step.status == IoStatus::done);
    written += step.bytes;
  }
  CHECK(subject.records() == 10);
  CHECK_FALSE(subject.connection.wants_write());
  CHECK(difference(subject.received(), bytes) == "");
}

TEMPLATE_LIST_TEST_CASE("temporaries and buffers that are reused may be written while the wire takes nothing", "",
                        BufferedSubjects) {
  Watched<TestType> subject;
  subject.outgoing().budget = 0;
  std::string scratch(100, 'A');
  CHECK(subject.connection.write(scratch) == wrote(100));
  scratch.assign(100, 'B');
  CHECK(subject.connection.write(std::string(100, 'C')) == wrote(100));
  CHECK(subject.connection.flush() == IoStatus::want_write);
  subject.outgoing().budget = unlimited;
  CHECK(subject.connection.flush() == IoStatus::done);
  CHECK(subject.received() == std::string(100, 'A') + std::string(100, 'C'));
}
