// SPDX-License-Identifier: MIT
// How a connection ends, or changes its place, while a write is pending: goodbye, moving, destroying, a broken peer.
#include <cerrno>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <tlsmode/tlsmode.hpp>

#include "support/adopted.hpp"
#include "support/blocked.hpp"
#include "support/catch.hpp"
#include "support/raw_pair.hpp"

using namespace tlsmode_tests;
using tlsmode::ErrorKind;
using tlsmode::IoStatus;

namespace {

bool waits(IoStatus status) { return status == IoStatus::want_read || status == IoStatus::want_write; }

/// A goodbye that waits inside OpenSSL leaves first up to TLS 1.2: nothing else could be answered.
template <typename Subject>
bool reads_beside_goodbye(Subject& subject) {
  return !Subject::Policy::kernel_tls || subject.connection.version() == "TLSv1.3";
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("shutdown leaves bytes alone that only the caller has, and says so", "", ManualSubjects) {
  const std::string bytes = pattern(200'000);
  TestType subject{any_version()};
  subject.outgoing().budget = 10;
  REQUIRE(subject.connection.write(bytes) == wants_to_write);
  const std::size_t committed = subject.connection.pending_write().committed;
  REQUIRE(committed < bytes.size());
  subject.outgoing().budget = unlimited;
  std::string received;
  const std::size_t calls = subject.outgoing().write_calls;
  CHECK(subject.connection.shutdown() == IoStatus::write_pending);
  CHECK(subject.outgoing().write_calls == calls);
  CHECK(subject.connection.error().kind() == ErrorKind::misuse);
  CHECK(subject.connection.pending_write().length == bytes.size());
  CHECK(subject.connection.cancel_write() == committed);
  CHECK(subject.connection.shutdown() == IoStatus::done);
  CHECK(read_all(subject.peer(), received).error == SSL_ERROR_ZERO_RETURN);
  CHECK(difference(received, std::string_view{bytes}.substr(0, committed)) == "");
}

TEMPLATE_LIST_TEST_CASE("a polite end after a write was given up touches none of its bytes", "", ManualSubjects) {
  std::string bytes = pattern(200'000);
  const std::string meant = bytes;
  TestType subject{any_version()};
  subject.outgoing().budget = 20'000;
  const tlsmode::WriteResult first = subject.connection.write(bytes);
  std::size_t got = first.bytes;
  std::string_view rest = std::string_view{bytes}.substr(got);
  if (got != 0) REQUIRE(waits(subject.connection.write(rest).status));
  bytes.assign(bytes.size(), 'F');  // the owner has other use for them
  CHECK(subject.connection.shutdown() == IoStatus::write_pending);
  got += subject.connection.cancel_write();
  subject.outgoing().budget = unlimited;
  CHECK(subject.connection.shutdown() == IoStatus::done);
  std::string received;
  CHECK(read_all(subject.peer(), received).error == SSL_ERROR_ZERO_RETURN);
  CHECK(difference(received, std::string_view{meant}.substr(0, got)) == "");
}

TEMPLATE_LIST_TEST_CASE("a goodbye that blocks is finished by calling shutdown again, and writes are refused meanwhile",
                        "", AllSubjects) {
  TestType subject{any_version()};
  CHECK(subject.connection.write(message).status == IoStatus::done);
  CHECK(subject.connection.flush() == IoStatus::done);
  subject.outgoing().budget = GENERATE(as<std::size_t>{}, 0, 1, 10);
  CHECK(subject.connection.shutdown() == IoStatus::want_write);
  CHECK(subject.connection.write(message).status == IoStatus::failed);
  CHECK(subject.connection.error().kind() == ErrorKind::misuse);
  CHECK(subject.connection.update_keys() == IoStatus::failed);
  CHECK(subject.connection.shutdown() == IoStatus::want_write);
  REQUIRE(write(subject.peer(), "hello").result == 5);
  const Heard heard = subject.heard();
  CHECK(heard.text == (reads_beside_goodbye<TestType>(subject) ? "hello" : ""));
  CHECK(waits(heard.end));
  subject.outgoing().budget = unlimited;
  CHECK(subject.connection.shutdown() == IoStatus::done);
  CHECK(subject.connection.shutdown() == IoStatus::done);
  std::string received;
  CHECK(read_all(subject.peer(), received).error == SSL_ERROR_ZERO_RETURN);
  CHECK(received == message);
  ::SSL_shutdown(subject.peer());
  const Heard rest = subject.heard();
  CHECK(heard.text + rest.text == "hello");
  CHECK(rest.end == IoStatus::closed);
}

TEMPLATE_LIST_TEST_CASE("a connection moves while a write is pending, and what it was moved from is inert", "",
                        AllSubjects) {
  Blocked<TestType> subject{any_version(), GENERATE(as<std::size_t>{}, 0, 11)};
  using Connection = typename TestType::Connection;
  Connection moved = std::move(subject.connection);
  CHECK(subject.connection.pending_write().length == 0);
  CHECK(subject.connection.write(message) == tlsmode::WriteResult{IoStatus::failed, 0});
  CHECK(subject.connection.error().kind() == ErrorKind::misuse);
  CHECK(subject.connection.cancel_write() == 0);
  CHECK(finish(subject.connection) == IoStatus::failed);
  CHECK(subject.connection.shutdown() == IoStatus::failed);
  CHECK(subject.connection.update_keys() == IoStatus::failed);
  CHECK(subject.heard().end == IoStatus::failed);
  CHECK_FALSE(subject.connection.wants_write());
  CHECK(waits(finish(moved)));
  subject.connection = std::move(moved);  // and back
  subject.outgoing().budget = unlimited;
  CHECK(finish(subject.connection) == IoStatus::done);
  CHECK(subject.received() == message);
}

TEMPLATE_LIST_TEST_CASE("a connection is destroyed or replaced while a write is pending", "", AllSubjects) {
  std::optional<typename TestType::Connection> other;
  {
    Blocked<TestType> subject{any_version(), 3};
    Blocked<TestType> second{any_version(), 5};
    subject.connection = std::move(second.connection);
    second.outgoing().budget = unlimited;
    CHECK(finish(subject.connection) == IoStatus::done);
    CHECK(second.received() == message);
  }
  CHECK(::ERR_peek_error() == 0);
}

TEMPLATE_LIST_TEST_CASE("a peer that breaks the protocol while a write is pending ends the connection for good", "",
                        ManualSubjects) {
  Blocked<TestType> subject{any_version()};
  subject.incoming().delivered += std::string(100, 'x');  // no TLS record
  const IoStatus end = subject.heard().end;
  if (waits(end)) {  // reading waits for the write
    subject.outgoing().budget = unlimited;
    CHECK(finish(subject.connection) == IoStatus::done);
    CHECK(subject.heard().end == IoStatus::failed);
  } else {
    CHECK(end == IoStatus::failed);
    CHECK(subject.connection.error().kind() == ErrorKind::protocol);
    CHECK(finish(subject.connection) == IoStatus::failed);
    const tlsmode::PendingWrite pending = subject.connection.pending_write();  // what the peer may have got
    CHECK(pending.length == message.size());
    CHECK(subject.connection.cancel_write() == pending.committed);
    CHECK(subject.connection.pending_write().length == 0);
  }
  CHECK(subject.connection.write(message).status == IoStatus::failed);  // not write_pending: nothing can finish it
  CHECK(subject.connection.shutdown() == IoStatus::failed);
  CHECK(subject.heard().end == IoStatus::failed);
}

TEMPLATE_LIST_TEST_CASE("a write that fails is over: nothing is pending", "", ManualSubjects) {
  Blocked<TestType> subject{any_version(), 3};
  subject.outgoing().write_errno = ECONNRESET;
  REQUIRE(finish(subject.connection) == IoStatus::failed);
  CHECK(subject.connection.pending_write().length == 0);
  CHECK(subject.connection.cancel_write() == 0);
}

TEMPLATE_LIST_TEST_CASE(
    "after the input has ended, a write that cannot be sent fails for that reason, and so does what follows", "",
    ManualSubjects) {
  TestType subject{any_version()};
  subject.incoming().ended = true;
  REQUIRE(subject.heard().end == IoStatus::truncated);
  REQUIRE(subject.connection.write(message).status == IoStatus::done);  // the output has not ended
  subject.outgoing().write_errno = EPIPE;
  CHECK(subject.connection.write(message).status == IoStatus::failed);
  for (int call = 0; call != 3; ++call) {
    CHECK(subject.connection.error().kind() == ErrorKind::system);
    CHECK(subject.connection.error().system_error() == EPIPE);
    CHECK(subject.connection.write(message).status == IoStatus::failed);
  }
  CHECK(subject.heard().end == IoStatus::truncated);
}

TEMPLATE_LIST_TEST_CASE("a write that a renegotiation holds up, and that the peer then spoils, says what the peer did",
                        "", AllSubjects) {
  TestType subject{TLS1_2_VERSION};
  ::SSL* const asking = subject.peer();
  REQUIRE(::SSL_renegotiate(asking) == 1);
  static_cast<void>(::SSL_do_handshake(asking));
  static_cast<void>(subject.heard());
  subject.incoming().delivered += std::string(100, 'x');  // no TLS record
  const std::size_t size = TestType::Policy::batch_size;
  const std::string much = pattern(size);
  IoStatus status = subject.connection.write(much).status;
  if (status == IoStatus::done) status = subject.connection.flush();
  CHECK(status == IoStatus::failed);
  CHECK(subject.connection.error().kind() == ErrorKind::protocol);
  CHECK_FALSE(subject.connection.error().queue().empty());  // OpenSSL's own words
}
