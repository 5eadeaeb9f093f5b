// SPDX-License-Identifier: MIT
// Bugs that public projects shipped, first shown with the C API, then with tlsmode: writing meets reading, new keys and
// goodbye.
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

const std::string message(1'000, 'A');

void block(RawPair& raw) {
  REQUIRE(raw.handshake());
  raw.to_server.budget = 0;
  REQUIRE(write(raw.client(), message).error == SSL_ERROR_WANT_WRITE);
}

/// Blocks `message` in a connection, gathered bytes included.
template <typename Subject>
void block(Subject& subject) {
  subject.outgoing().budget = 0;
  if constexpr (tlsmode::BuffersWrites<typename Subject::Policy>) {
    REQUIRE(subject.connection.write(message) == wrote(message.size()));
    REQUIRE(subject.connection.flush() == IoStatus::want_write);
  } else {
    REQUIRE(subject.connection.write(message) == wants_to_write);
  }
}

/// Finishes the write that block() began.
template <typename Subject>
void unblock(Subject& subject) {
  subject.outgoing().budget = unlimited;
  if constexpr (tlsmode::BuffersWrites<typename Subject::Policy>) {
    CHECK(subject.connection.flush() == IoStatus::done);
  } else {
    CHECK(retry_with(subject.connection, message) == wrote(message.size()));
  }
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("B7: in the middle of a renegotiation a write waits for input, and says so", "", AllSubjects) {
  {
    RawPair raw{{.version = TLS1_2_VERSION}};
    REQUIRE(raw.handshake());
    request_renegotiation(raw.server());
    std::string nothing;
    REQUIRE(read(raw.client(), nothing).error == SSL_ERROR_WANT_READ);
    for (int attempt = 0; attempt != 100; ++attempt) {  // the wire is writable all the time
      REQUIRE(write(raw.client(), message).error == SSL_ERROR_WANT_READ);
    }
  }
  TestType subject{TLS1_2_VERSION};
  request_renegotiation(subject.peer());
  CHECK(subject.heard().end == IoStatus::want_read);
  tlsmode::WriteResult result = subject.connection.write(message);
  if constexpr (tlsmode::BuffersWrites<typename TestType::Policy>) {
    CHECK(result == wrote(message.size()));
    CHECK(subject.connection.flush() == IoStatus::want_read);
  } else {
    CHECK(result == tlsmode::WriteResult{IoStatus::want_read, 0});
  }
  std::string received = subject.received();  // the peer goes on with the handshake
  CHECK(subject.heard().end == IoStatus::want_read);
  received += subject.received();
  unblock(subject);
  CHECK(received + subject.received() == message);
  CHECK(::SSL_is_init_finished(subject.peer()) == 1);
}

TEMPLATE_LIST_TEST_CASE("B8: keys are updated while a write is pending", "", AllSubjects) {
  {
    RawPair raw;
    block(raw);
    const Outcome update = call(raw.client(), [&] { return ::SSL_key_update(raw.client(), SSL_KEY_UPDATE_REQUESTED); });
    CHECK(update.result == 0);
    CHECK(update.reason == SSL_R_BAD_WRITE_RETRY);
  }
  TestType subject{TLS1_3_VERSION};
  block(subject);
  const IoStatus update = subject.connection.update_keys();
  CHECK(update == (tlsmode::BuffersWrites<typename TestType::Policy> ? IoStatus::want_write : IoStatus::write_pending));
  unblock(subject);
  CHECK(subject.connection.update_keys() == IoStatus::done);
  CHECK(subject.connection.write(message) == wrote(message.size()));
  CHECK(subject.connection.flush() == IoStatus::done);
  CHECK(subject.received() == message + message);
}

TEMPLATE_LIST_TEST_CASE("B8: the peer updates keys again and again while a write is pending", "", AllSubjects) {
  {
    RawPair raw;
    block(raw);
    request_key_update(raw.server());
    request_key_update(raw.server());
    std::string nothing;
    Outcome outcome;
    for (int attempt = 0; attempt != 3 && outcome.error != SSL_ERROR_SSL; ++attempt) {
      outcome = read(raw.client(), nothing);
    }
    CHECK(outcome.error == SSL_ERROR_SSL);
  }
  TestType subject{TLS1_3_VERSION};
  block(subject);
  for (int update = 0; update != 3; ++update) {
    request_key_update(subject.peer());
    REQUIRE(write(subject.peer(), "hello").result == 5);
  }
  Heard heard = subject.heard();
  CHECK((heard.end == IoStatus::want_read || heard.end == IoStatus::want_write));
  unblock(subject);
  heard.text += subject.heard().text;
  CHECK(heard.text == "hellohellohello");
  CHECK(subject.connection.flush() == IoStatus::done);
  CHECK(subject.received() == message);
}

TEMPLATE_LIST_TEST_CASE("B8: the peer updates keys several times at once while a write is pending", "", AllSubjects) {
  TestType subject{TLS1_3_VERSION};
  block(subject);
  for (int update = 0; update != 3; ++update) request_key_update(subject.peer());
  REQUIRE(write(subject.peer(), "hello").result == 5);
  Heard heard = subject.heard();
  CHECK((heard.end == IoStatus::want_read || heard.end == IoStatus::want_write));
  unblock(subject);
  heard.text += subject.heard().text;
  CHECK(heard.text == "hello");
  CHECK(subject.connection.flush() == IoStatus::done);
  CHECK(subject.received() == message);
}

TEMPLATE_LIST_TEST_CASE("B12: goodbye is said while a write is pending", "", AllSubjects) {
  {
    RawPair raw{{.version = any_version()}};
    block(raw);
    for (int attempt = 0; attempt != 2; ++attempt) {
      call(raw.client(), [&] { return ::SSL_shutdown(raw.client()); });
    }
    raw.to_server.budget = unlimited;
    CHECK(write(raw.client(), message).result == -1);
    std::string received;
    CHECK(read_all(raw.server(), received).error == SSL_ERROR_WANT_READ);  // no close_notify
    CHECK(received.empty());
  }
  TestType subject{any_version()};
  block(subject);
  CHECK(subject.connection.shutdown() == IoStatus::want_write);
  subject.outgoing().budget = unlimited;
  CHECK(subject.connection.shutdown() == IoStatus::done);
  std::string received;
  CHECK(read_all(subject.peer(), received).error == SSL_ERROR_ZERO_RETURN);
  CHECK(received == message);
  CHECK(subject.connection.pending_write().length == 0);
}
