// SPDX-License-Identifier: MIT
// What a caller may do after a write has blocked, and what is refused without harm: retries, other writes, cancelling.
#include <cstddef>
#include <string>
#include <string_view>

#include <tlsmode/tlsmode.hpp>

#include "support/adopted.hpp"
#include "support/catch.hpp"

using namespace tlsmode_tests;
using tlsmode::ErrorKind;
using tlsmode::IoStatus;
using tlsmode::Operation;

namespace {

/// A connection whose write of `bytes` the wire has not taken at all.
template <typename Subject>
struct Blocked : Subject {
  explicit Blocked(std::string_view bytes) : Subject{any_version()} {
    this->outgoing().budget = 0;
    REQUIRE(this->connection.write(bytes) == wants_to_write);
  }
  void unblock() { this->outgoing().budget = unlimited; }
};

template <typename Subject>
bool is_refused(Subject& subject, tlsmode::WriteResult result, Operation operation) {
  return result == is_pending && subject.connection.error().kind() == ErrorKind::misuse &&
         subject.connection.error().operation() == operation && !subject.connection.error().remedy().empty();
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("a write while another is pending changes nothing, however often it is tried", "",
                        ManualSubjects) {
  const std::string bytes = pattern(1'000);
  Blocked<TestType> subject{bytes};
  for (const std::string_view other : {std::string_view{"x"}, std::string_view{bytes}, std::string_view{}}) {
    CHECK(is_refused(subject, subject.connection.write(other), Operation::write));
    CHECK(subject.connection.pending_write().length == bytes.size());
  }
  subject.unblock();
  CHECK(is_refused(subject, subject.connection.write(std::string_view{"x"}), Operation::write));
  CHECK(retry_with(subject.connection, bytes) == wrote(bytes.size()));
  CHECK(difference(subject.received(), bytes) == "");
}

TEMPLATE_LIST_TEST_CASE("a retry with nothing pending fails and does no harm", "", ManualSubjects) {
  TestType subject{any_version()};
  const std::string bytes = pattern(100);
  const tlsmode::WriteResult result = retry_with(subject.connection, bytes);
  CHECK(result == tlsmode::WriteResult{IoStatus::failed, 0});
  CHECK(subject.connection.error().kind() == ErrorKind::misuse);
  CHECK(subject.connection.write(bytes) == wrote(100));
  CHECK(retry_with(subject.connection, bytes).status == IoStatus::failed);  // it is done already
  CHECK(difference(subject.received(), bytes) == "");
}

TEMPLATE_LIST_TEST_CASE("a retry that still blocks can be repeated without end", "", ManualSubjects) {
  const std::string bytes = pattern(1'000);
  Blocked<TestType> subject{bytes};
  for (int attempt = 0; attempt != 100; ++attempt) {
    CHECK(retry_with(subject.connection, bytes) == wants_to_write);
    subject.outgoing().budget = attempt % 2 == 0 ? 1U : 0U;
  }
  subject.unblock();
  CHECK(retry_with(subject.connection, bytes) == wrote(bytes.size()));
  CHECK(difference(subject.received(), bytes) == "");
}

TEMPLATE_LIST_TEST_CASE("a moving retry may bring more bytes, and reports them too", "", MovingSubjects) {
  const std::string bytes = pattern(50'000);
  Blocked<TestType> subject{std::string_view{bytes}.substr(0, 1'000)};
  subject.unblock();
  std::size_t written = 0;
  tlsmode::WriteResult result = subject.connection.retry(std::string{bytes});
  while (result.status == IoStatus::done && (written += result.bytes) != bytes.size()) {
    result = subject.connection.write(std::string_view{bytes}.substr(written));
  }
  CHECK(written == bytes.size());
  CHECK(difference(subject.received(), bytes) == "");
}

TEMPLATE_LIST_TEST_CASE("a moving retry with fewer or with other bytes is refused before OpenSSL sees them", "",
                        MovingSubjects) {
  const std::string bytes = pattern(1'000);
  Blocked<TestType> subject{bytes};
  if (GENERATE(true, false)) subject.unblock();
  std::string other = bytes;
  other[GENERATE(as<std::size_t>{}, 0, 1, 500, 999)] ^= 1;
  const std::size_t calls = subject.outgoing().write_calls;
  CHECK(is_refused(subject, subject.connection.retry(other), Operation::retry));
  CHECK(is_refused(subject, subject.connection.retry(other + "and more"), Operation::retry));
  CHECK(is_refused(subject, subject.connection.retry(std::string_view{bytes}.substr(0, 999)), Operation::retry));
  CHECK(is_refused(subject, subject.connection.retry(std::string_view{bytes}.substr(1)), Operation::retry));
  CHECK(is_refused(subject, subject.connection.retry(std::string_view{}), Operation::retry));
  CHECK(subject.outgoing().write_calls == calls);
  subject.unblock();
  CHECK(subject.connection.retry(bytes) == wrote(bytes.size()));
  CHECK(difference(subject.received(), bytes) == "");
}

TEMPLATE_LIST_TEST_CASE("bytes that were edited in place are refused until they are restored", "", InPlaceSubjects) {
  const std::string original = pattern(1'000);
  std::string bytes = original;
  Blocked<TestType> subject{bytes};
  subject.unblock();
  bytes[GENERATE(as<std::size_t>{}, 0, 7, 998, 999)] ^= 1;
  CHECK(is_refused(subject, subject.connection.retry(), Operation::retry));
  CHECK(subject.received().empty());
  bytes = original;
  CHECK(subject.connection.retry() == wrote(bytes.size()));
  CHECK(difference(subject.received(), original) == "");
}

TEMPLATE_LIST_TEST_CASE("bytes that were not committed yet may be edited before the retry", "", MovingSubjects) {
  const std::string bytes = pattern(200'000);
  TestType subject{any_version()};
  subject.outgoing().budget = 10;
  REQUIRE(subject.connection.write(bytes) == wants_to_write);
  const std::size_t committed = subject.connection.pending_write().committed;
  REQUIRE(committed < bytes.size());
  subject.outgoing().budget = unlimited;
  std::string sent = bytes.substr(0, committed) + std::string(bytes.size() - committed, 'B');
  std::size_t written = 0;
  tlsmode::WriteResult result = subject.connection.retry(sent);
  while (result.status == IoStatus::done && (written += result.bytes) != sent.size()) {
    result = subject.connection.write(std::string_view{sent}.substr(written));
  }
  CHECK(difference(subject.received(), sent) == "");
}

TEMPLATE_LIST_TEST_CASE("after cancel_write the peer gets what was committed, and then the next write", "",
                        ManualSubjects) {
  const std::string first = pattern(GENERATE(as<std::size_t>{}, 1, 100, 16'384, 16'385, 40'000, 200'000), 1);
  const std::string next = pattern(GENERATE(as<std::size_t>{}, 1, 50'000), 2);
  TestType subject{any_version()};
  subject.outgoing().budget = GENERATE(as<std::size_t>{}, 0, 1, 100);
  tlsmode::WriteResult result = subject.connection.write(first);
  if (result.status == IoStatus::done) return;  // there is nothing to cancel
  REQUIRE(result == wants_to_write);
  const std::size_t committed = subject.connection.pending_write().committed;
  CHECK(committed <= first.size());
  CHECK(subject.connection.cancel_write() == committed);
  CHECK(subject.connection.pending_write().length == 0);
  CHECK(subject.connection.cancel_write() == 0);
  CHECK(retry_with(subject.connection, first).status == IoStatus::failed);  // nothing is pending

  result = subject.connection.write(next);  // still no way for it
  CHECK(result == wants_to_write);
  subject.outgoing().budget = unlimited;
  std::size_t written = 0;
  result = retry_with(subject.connection, next);
  while (result.status == IoStatus::done && (written += result.bytes) != next.size()) {
    result = subject.connection.write(std::string_view{next}.substr(written));
  }
  CHECK(difference(subject.received(), first.substr(0, committed) + next) == "");
}

TEMPLATE_LIST_TEST_CASE("after cancel_write flush sends what was committed", "", ManualSubjects) {
  const std::string bytes = pattern(100'000);
  TestType subject{any_version()};
  subject.outgoing().budget = 20;
  REQUIRE(subject.connection.write(bytes) == wants_to_write);
  const std::size_t committed = subject.connection.cancel_write();
  CHECK(subject.connection.wants_write());
  CHECK(subject.connection.flush() == IoStatus::want_write);
  subject.outgoing().budget = unlimited;
  CHECK(subject.connection.flush() == IoStatus::done);
  CHECK_FALSE(subject.connection.wants_write());
  CHECK(difference(subject.received(), bytes.substr(0, committed)) == "");
}

TEMPLATE_LIST_TEST_CASE(
    "after cancel_write a caller that only reads, and waits as it is told, sends what was committed", "",
    ManualSubjects) {
  const std::string bytes = pattern(1'000);
  Blocked<TestType> subject{bytes};
  REQUIRE(subject.connection.cancel_write() == bytes.size());
  CHECK(subject.heard().end == IoStatus::want_write);
  subject.unblock();  // what it waits for has come
  CHECK(subject.heard().end == IoStatus::want_read);
  CHECK(difference(subject.received(), bytes) == "");
}

TEMPLATE_LIST_TEST_CASE("an empty write is done with nothing, and never reaches OpenSSL", "", AllSubjects) {
  TestType subject{any_version()};
  const std::size_t calls = subject.outgoing().write_calls;
  CHECK(subject.connection.write(std::string_view{}) == wrote(0));
  subject.outgoing().budget = 0;
  CHECK(subject.connection.write(std::string_view{}) == wrote(0));
  CHECK(subject.connection.pending_write().length == 0);
  CHECK(subject.outgoing().write_calls == calls);
}
